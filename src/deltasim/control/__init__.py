"""Control: the rule language, and the rules, controllers and schedules of a run."""

from deltasim.control.expression import Compiled, compile_condition, compile_number
from deltasim.control.names import Names
from deltasim.control.program import (
    Action,
    Control,
    Expression,
    Instruction,
    Op,
    Pid,
    Quantity,
    Rule,
    Schedule,
)

__all__ = [
    "Action",
    "Compiled",
    "Control",
    "Expression",
    "Instruction",
    "Names",
    "Op",
    "Pid",
    "Quantity",
    "Rule",
    "Schedule",
    "compile_condition",
    "compile_number",
]
