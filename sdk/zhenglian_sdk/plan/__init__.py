"""The reuse plan 免交方案 as an agency reads it: proven where it can be, in words, with drafts to sign.

`verify_plan` turns a node's answer into a Plan. That a row names no record is only stated: a node may leave
out what exists, but it cannot leave out a row of the list, add one, or name a record that does not serve.
"""

from zhenglian_sdk.plan.answered import Plan, PlanRow
from zhenglian_sdk.plan.drafts import load_draft, save_draft
from zhenglian_sdk.plan.grant_words import describe_grant
from zhenglian_sdk.plan.verified import verify_plan
from zhenglian_sdk.plan.words import Verdict

__all__ = ["Plan", "PlanRow", "Verdict", "describe_grant", "load_draft", "save_draft", "verify_plan"]
