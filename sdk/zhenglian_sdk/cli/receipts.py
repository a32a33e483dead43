"""Submitting what one command does, and what is said of its receipt: where it is on the ledger."""

from collections.abc import Sequence
from typing import Annotated

import typer

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.verify.sentences import Sentence
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_sdk.civil_time import format_moment
from zhenglian_sdk.cli.screen import Screen
from zhenglian_sdk.client.client import AsyncClient
from zhenglian_sdk.client.receipts import Receipt

RequestId = Annotated[
    str | None,
    typer.Option(
        "--request-id",
        metavar="TEXT",
        help="请求号：重复执行只生效一次 / repeated, it still happens only once",
    ),
]


async def submit_together(
    client: AsyncClient, operations: Sequence[Operation], request_id: str | None = None
) -> Receipt:
    """All operations took effect, or none did; raises Refused with the code of the one that was at fault."""
    receipt = await client.submit(operations, request_id=request_id, atomic=len(operations) > 1)
    if receipt.identical:
        for refusal in receipt.refusals:
            if refusal.code != Code.ATOMIC_SIBLING_REFUSED:
                raise Refused(refusal.code, ordinal=refusal.ordinal)
    return receipt.raise_for_refusals()


def show_receipt(screen: Screen, receipt: Receipt, **fields: object) -> None:
    """Where and since when it is on the ledger; `fields` are what a program reads besides."""
    screen.facts(
        {
            Sentence("账本高度", "height"): receipt.height,
            Sentence("账本时间", "ledger time"): format_moment(receipt.time_ms),
        }
    )
    screen.json(
        {**fields, "height": receipt.height, "time_ms": receipt.time_ms, "batch": receipt.batch_index}
    )
