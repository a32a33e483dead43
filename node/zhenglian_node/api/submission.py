"""Writing: a batch goes to the engine, and its caller waits until it is provable; later its unit may ask.

A batch that is not accepted is no error of the call: its Rejection says why, and it consumed nothing. A
caller that lost the answer sends the same batch again, or asks by (system, nonce).
"""

from time import perf_counter
from typing import Final

from zhenglian_ledger.batch import parse_batch
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied, InvalidBatch
from zhenglian_ledger.rows import nonce_key
from zhenglian_node.api.channel_auth import Caller
from zhenglian_node.api.edge import Edge
from zhenglian_node.app.answers import build_receipt
from zhenglian_node.app.provable import Provable
from zhenglian_proto.v1 import members_pb2
from zhenglian_proto.v1.node_pb2 import ReceiptRequest, Rejection, SubmitReply, SubmitRequest
from zhenglian_proto.v1.types_pb2 import KIND_SYSTEM

NONCE_BYTES: Final = 16


async def submit(edge: Edge, caller: Caller, request: SubmitRequest) -> SubmitReply:
    """The batch's receipt, or why it was not accepted and whether that is final.

    Raises Denied: CHANNEL_NOT_SYSTEM, OVERLOADED, NODE_STOPPING.
    """
    started = perf_counter()
    try:
        batch = parse_batch(request.batch)
    except InvalidBatch as error:
        return _reject(edge, error.code, started, is_final=True)
    caller.verify_carries(batch.header.system)
    fate = await edge.engine.submit(batch.to_message())  # goes its way also when this caller has gone
    if fate.result.code:
        is_final = fate.is_final or _is_over(edge.application.provable, batch.header.valid_until_ms)
        return _reject(edge, fate.result.code, started, is_final=is_final)
    reply = await edge.answer(
        lambda provable: _build_receipt(provable, fate.result.batch_index), is_quick=True
    )
    edge.metrics.count_batch(Code.OK, perf_counter() - started)
    return reply


async def get_receipt(edge: Edge, caller: Caller, request: ReceiptRequest) -> SubmitReply:
    """The receipt of (system, nonce), or that it is unknown and whether it will stay so.

    Raises Denied: BAD_REQUEST, READ_NOT_PERMITTED unless the system is of the caller's unit, or it is a relay
    or an auditor.
    """
    if len(request.nonce) != NONCE_BYTES or not request.system:
        raise Denied(Code.BAD_REQUEST, field="nonce" if request.system else "system")
    return await edge.answer(lambda provable: _find_receipt(edge, provable, caller, request))


def _find_receipt(edge: Edge, provable: Provable, caller: Caller, request: ReceiptRequest) -> SubmitReply:
    _verify_concerned(edge, provable, caller, request.system)
    value = provable.view.get(nonce_key(request.system, request.nonce))
    if value is not None:
        return _build_receipt(provable, int.from_bytes(value, "big"))
    return SubmitReply(unknown=True, fate_is_final=_is_over(provable, request.valid_until_ms))


def _is_over(provable: Provable | None, valid_until_ms: int) -> bool:
    """Whether the validity, 0 if not known, has passed for every block after the provable state.

    Each has at least its header's time, and judges a batch by its own.
    """
    return provable is not None and 0 < valid_until_ms <= provable.time_ms


def _verify_concerned(edge: Edge, provable: Provable, caller: Caller, system: str) -> None:
    author = caller.author
    if caller.is_relay or author.system == system or members_pb2.ROLE_AUDITOR in author.roles:
        return
    found = edge.build_step(provable, author).state.get_object(KIND_SYSTEM, system.encode())
    if found is None or found.operation.put_system.unit != author.unit:
        raise Denied(Code.READ_NOT_PERMITTED)


def _build_receipt(provable: Provable, batch_index: int) -> SubmitReply:
    receipt = build_receipt(provable, batch_index)
    if receipt is None:
        raise Denied(Code.STATE_MOVED)  # told before it was provable: ask for the receipt again
    return SubmitReply(receipt=receipt)


def _reject(edge: Edge, code: int, started: float, *, is_final: bool) -> SubmitReply:
    edge.metrics.count_batch(code, perf_counter() - started)
    return SubmitReply(rejection=Rejection(code=code), fate_is_final=is_final)
