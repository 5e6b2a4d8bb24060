"""Control: the rule language, and the rules, controllers and schedules of a run."""

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

__all__ = ["Action", "BuiltIn", "Control", "Expression", "Instruction", "Op", "Pid", "Quantity", "Rule", "Schedule"]
