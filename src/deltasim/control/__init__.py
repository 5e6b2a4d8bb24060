"""Control: the rule language, and the rules, controllers and schedules of a run."""

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

__all__ = ["Action", "Control", "Expression", "Instruction", "Op", "Pid", "Quantity", "Rule", "Schedule"]
