"""Control: the rule language, and the rules, controllers and schedules of a run."""

from deltasim.control.expression import Compiled, compile_condition, compile_number
from deltasim.control.models import CONTROLS
from deltasim.control.names import Names
from deltasim.control.program import (
    Action,
    BuiltIn,
    Control,
    Expression,
    Instruction,
    Op,
    Pid,
    Quantity,
    Rule,
    Schedule,
)
from deltasim.control.read import ControlReader

__all__ = [
    "CONTROLS",
    "Action",
    "BuiltIn",
    "Compiled",
    "Control",
    "ControlReader",
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
