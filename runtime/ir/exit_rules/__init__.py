"""Exit rules: one module a rule, registered here; the order is that of their codes in files (ir/spec.py)."""

from __future__ import annotations

from snnrt.ir.exit_rules.base import ExitRule, Moment
from snnrt.ir.exit_rules.budget import Budget
from snnrt.ir.exit_rules.confidence import Confidence
from snnrt.ir.exit_rules.entropy import Entropy
from snnrt.ir.exit_rules.margin import Margin
from snnrt.ir.exit_rules.never import Never
from snnrt.ir.exit_rules.patience import Patience

__all__ = ["RULES", "ExitRule", "Moment"]

RULES: dict[str, ExitRule] = {
    rule.name: rule for rule in (Never(), Entropy(), Confidence(), Margin(), Patience(), Budget())
}
