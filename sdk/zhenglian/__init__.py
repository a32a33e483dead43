"""The public face of zhenglian (证链): the few names a user needs, from the rooms behind it.

    import zhenglian
    from zhenglian import State, build

    with zhenglian.connect("agency.toml") as client:
        answer = client.verify(licence_id)                        # asked, proven, and left as a trace
        if answer.state is State.VALID: print(answer.zh, answer.assurance)
        receipt = client.submit([build.advance_case("2026-0001", "ACCEPT")], request_id="2026-0001/accept")
        receipt.raise_for_refusals()
        for line in client.plan("2026-0001").build_table(): print(*line, sep=" | ")
        trace = client.trace_subject(subject_id, "inspection 7")  # complete, or it raises

Every positive answer was verified against the trust file before it is returned. Whatever goes wrong is a
`ZhenglianError` with a stable `code` and a sentence in Chinese (`zh`) and English (`en`).
"""

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import ZhenglianError
from zhenglian_ledger.verify.sentences import AnswerState as State
from zhenglian_ledger.verify.sentences import Assurance
from zhenglian_sdk import builders as build
from zhenglian_sdk.client.answers import Answer
from zhenglian_sdk.client.client import AsyncClient, connect_async
from zhenglian_sdk.client.receipts import Receipt
from zhenglian_sdk.client.sync import Client, connect
from zhenglian_sdk.client.traces import Trace
from zhenglian_sdk.hashing import hash_file
from zhenglian_sdk.plan import Plan, Verdict

__all__ = [
    "Answer",
    "Assurance",
    "AsyncClient",
    "Client",
    "Code",
    "Plan",
    "Receipt",
    "State",
    "Trace",
    "Verdict",
    "ZhenglianError",
    "build",
    "connect",
    "connect_async",
    "hash_file",
]
