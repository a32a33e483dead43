"""Errors on the wire: the ErrorDetail that every service of zhenglian sends beside a failed call.

It travels in the trailing metadata under `METADATA_KEY`. The code says which class of error the caller meets,
so the wire carries no class; a table of code ranges does that once for all services.
"""

from typing import Final

from google.protobuf.message import DecodeError

from zhenglian_ledger.codes import CODES, Code
from zhenglian_ledger.errors import (
    Denied,
    InvalidBatch,
    InvalidIdentifier,
    InvalidInput,
    Refused,
    StoreError,
    Unreachable,
    VerificationFailed,
    ZhenglianError,
)
from zhenglian_proto.v1.node_pb2 import ErrorDetail

METADATA_KEY: Final = "zhenglian-error-bin"
MAX_FIELD: Final = 200
"""Most characters of a field that are sent or kept."""

_ARGUMENTS: Final = frozenset({"self", "code"})  # what no field of an error can be called
_UNREACHABLE: Final = frozenset(
    {Code.NODE_UNREACHABLE, Code.DEADLINE, Code.TLS_FAILED, Code.GATEWAY_UNREACHABLE, Code.VAULT_UNREACHABLE}
)
_KINDS: Final[tuple[tuple[int, type[ZhenglianError]], ...]] = (
    (60, InvalidBatch),
    (100, InvalidIdentifier),
    (1000, Refused),
    (2000, VerificationFailed),
    (3000, Denied),
    (4000, StoreError),
    (5000, Denied),
    (6000, InvalidInput),
)
"""Codes below the first number are of its class, else below the next."""


def build_error_detail(error: ZhenglianError) -> ErrorDetail:
    """The error as it travels: code, name, both sentences and its fields as text."""
    return ErrorDetail(
        code=error.code,
        name=error.code.name,
        zh=error.zh,
        en=error.en,
        fields={name: str(value)[:MAX_FIELD] for name, value in error.fields.items()},
    )


def parse_error_detail(data: bytes) -> ZhenglianError:
    """The error in a received detail; Denied(ANSWER_MALFORMED) for what is no detail of a known error."""
    malformed = Denied(Code.ANSWER_MALFORMED, field=METADATA_KEY)
    try:
        detail = ErrorDetail.FromString(data)
    except DecodeError:
        return malformed
    code = CODES.get(detail.code, Code.OK)
    if code == Code.OK:
        return malformed
    fields = {name: value[:MAX_FIELD] for name, value in detail.fields.items() if name not in _ARGUMENTS}
    return _get_kind(code)(code, **fields)


def _get_kind(code: Code) -> type[ZhenglianError]:
    if code in _UNREACHABLE:
        return Unreachable
    return next(kind for end, kind in _KINDS if code < end)
