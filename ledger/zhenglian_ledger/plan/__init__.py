"""The reuse plan: for a case, what need not be submitted, why, from whom, what is missing (SPEC 7.4)."""

from zhenglian_ledger.plan.answer import compute_plan

__all__ = ["compute_plan"]
