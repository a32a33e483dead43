"""Known answers that a node checks before it serves (SPEC 1.1).

A library that serialises, hashes or verifies differently on this machine would fork the chain, so it is found
out at start. Each case is a name, what this machine computes, and what every machine must.
"""

from collections.abc import Callable
from typing import Final

from zhenglian_ledger import tags
from zhenglian_ledger.app_hash import EMPTY_DELTA, compute_app_hash, compute_next_delta
from zhenglian_ledger.batch import compute_request_nonce
from zhenglian_ledger.canonical import parse_canonical, serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.crypto.ed25519 import is_signature_valid, sign
from zhenglian_ledger.errors import InvalidEncoding, StoreError
from zhenglian_ledger.merkle.hashing import compute_root, leaf_hash
from zhenglian_ledger.merkle.trace import TraceKind, compute_trace_key
from zhenglian_proto.v1 import operation_pb2, proof_pb2, uses_pb2

_OPERATION: Final = bytes.fromhex("0a240a20" + "11" * 32 + "1001" + "b204040a024131")
"""A plan query of case A1 at a window, by the actor 11…11."""

_MALFORMED: Final = {
    "unknown field": (_OPERATION + bytes.fromhex("f87f01"), Code.NOT_CANONICAL),
    "fields out of order": (_OPERATION[38:] + _OPERATION[:38], Code.NOT_CANONICAL),
    "field twice": (_OPERATION + _OPERATION[38:], Code.NOT_CANONICAL),
    "length not minimal": (bytes.fromhex("0aa400") + _OPERATION[2:], Code.NOT_CANONICAL),
    "undefined enum": (_OPERATION[:37] + b"\x63" + _OPERATION[38:], Code.UNDEFINED_ENUM),
    "truncated": (_OPERATION[:-1], Code.UNPARSABLE),
    "no kind": (_OPERATION[:38], Code.MISSING_FIELD),
}
_SEED: Final = bytes(range(32))
_EMPTY_LOG: Final = proof_pb2.LogHead(root=compute_root([]))


def verify_conformance() -> None:
    """This machine gives every known answer; raises StoreError(VECTORS_FAILED) naming the first it misses."""
    for name, (compute, expected) in _KNOWN.items():
        if compute() != bytes.fromhex(expected):
            raise StoreError(Code.VECTORS_FAILED, what=name)
    for name, (data, code) in _MALFORMED.items():
        if _compute_code(data) != code:
            raise StoreError(Code.VECTORS_FAILED, what=name)


def _compute_code(data: bytes) -> Code:
    try:
        parse_canonical(operation_pb2.Operation, data)
    except InvalidEncoding as error:
        return error.code
    return Code.OK


def _compute_operation() -> bytes:
    operation = operation_pb2.Operation(plan_query=uses_pb2.PlanQuery(case_number="A1"))
    operation.context.actor = b"\x11" * 32
    operation.context.channel = 1  # type: ignore[assignment]
    return serialise(operation) if _compute_code(_OPERATION) == Code.OK else b""


def _compute_signature_verdicts() -> bytes:
    """One byte a verdict: an honest signature, another message, a flipped bit."""
    public_key = bytes.fromhex("03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8")
    signature = sign(_SEED, b"zhenglian")
    flipped = bytes([signature[0] ^ 1]) + signature[1:]
    cases = ((b"zhenglian", signature), (b"zhengliao", signature), (b"zhenglian", flipped))
    return bytes(is_signature_valid(public_key, message, given) for message, given in cases)


def _compute_empty_app_hash() -> bytes:
    parts = proof_pb2.AppHashParts(
        batch=_EMPTY_LOG,
        registry=_EMPTY_LOG,
        access=_EMPTY_LOG,
        status_root=_EMPTY_LOG.root,
        trace_root=bytes(32),
        delta=EMPTY_DELTA,
    )
    return compute_app_hash(parts)


_KNOWN: Final[dict[str, tuple[Callable[[], bytes], str]]] = {
    "canonical operation": (_compute_operation, _OPERATION.hex()),
    "domain tag": (
        lambda: tags.tagged(tags.GENESIS, b"x"),
        "88d1686688c8cbd53d6c490101a192d5bd4a6dc0100ed860b0b5736d99358ee3",
    ),
    "RFC 6962 root of three": (
        lambda: compute_root([leaf_hash(bytes([n])) for n in range(3)]),
        "3b6cccd7e3e023ff393006f030315ee7ad9eb111b022b41fba7e5b7a3973f688",
    ),
    "Ed25519 signature": (
        lambda: sign(_SEED, b"zhenglian"),
        "9d89d02788633b397b9b07a60052aa9c9848db5a769d94150ea76c15a06d2a6b4a4b150785848c2cab7771e24c98573b947de667fa1cd7bf4e9d66fb7a4f3902",
    ),
    "Ed25519 verdicts": (_compute_signature_verdicts, "010000"),
    "request nonce": (lambda: compute_request_nonce("request-1"), "fc5c8d41dd899a6cdf3b67adcc54e673"),
    "trace key": (
        lambda: compute_trace_key(TraceKind.SUBJECT, bytes(32)),
        "7175df5979623a181c0db0bffc706a14b666c0205444a9c5ac009c7ce7e00141",
    ),
    "delta chain": (
        lambda: compute_next_delta(EMPTY_DELTA, {b"\x10a": b"1", b"\x20b": b"2"}),
        "4b35c9404b07bea8f882b8764bdde50cee330697cddc2ec8f81c3bbd2ae2d1f1",
    ),
    "app hash": (_compute_empty_app_hash, "92fde112f1771a8298b63692470c082d2b2efa89c34972a7ffd1ec52839090dc"),
}
