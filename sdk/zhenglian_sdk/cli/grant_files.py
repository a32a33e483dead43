"""A signed grant as a file: the body byte for byte, and the attestation over its id.

It is what `grant sign` hands to `grant give`, which may run on another machine, for another system. Reading
it checks that body and id agree and that the attestation is its subject's; whether its key may sign is for
the ledger.
"""

from pathlib import Path
from typing import Final

from google.protobuf.message import DecodeError

from zhenglian_ledger.attestation import compute_grant_id
from zhenglian_ledger.canonical import parse_canonical, serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidEncoding
from zhenglian_ledger.json_text import encode_json, parse_json
from zhenglian_proto.v1.grants_pb2 import GrantBody
from zhenglian_proto.v1.types_pb2 import Attestation
from zhenglian_sdk.files import read_text, write_atomically
from zhenglian_sdk.plan import describe_grant, load_draft

FORMAT: Final = "zhenglian-signed-grant"
VERSION: Final = 1

_PRIVATE: Final = 0o600
_MAX_BODY: Final = 60 * 1024
_MAX_ATTESTATION: Final = 1024


def save_signed(path: Path, body: GrantBody, attestation: Attestation) -> None:
    """The signed grant is at `path`."""
    fields: dict[str, object] = {
        "format": FORMAT,
        "version": VERSION,
        "grant": compute_grant_id(body).hex(),
        "shown": describe_grant(body),
        "body": serialise(body).hex(),
        "attestation": serialise(attestation).hex(),
    }
    write_atomically(path, encode_json(fields).encode(), mode=_PRIVATE)


def load_grant(path: Path) -> tuple[GrantBody, Attestation | None]:
    """The grant in a signed file, or in a draft, which has no attestation.

    Raises InvalidInput: FILE_NOT_FOUND, INPUT_INVALID naming the field.
    """
    text = read_text(path, Code.INPUT_INVALID)
    if f'"format": "{FORMAT}"' not in text:
        return load_draft(path), None
    reader = parse_json(text, Code.INPUT_INVALID)
    reader.take_constant("format", FORMAT)
    reader.take_constant("version", VERSION)
    try:
        body = parse_canonical(GrantBody, reader.take_bytes("body", range(1, _MAX_BODY)))
        attestation = parse_canonical(
            Attestation, reader.take_bytes("attestation", range(1, _MAX_ATTESTATION))
        )
    except (InvalidEncoding, DecodeError) as error:
        raise reader.wrong("body") from error
    reader.take_constant("grant", compute_grant_id(body).hex())
    reader.take_constant("shown", describe_grant(body))
    reader.finish()
    if attestation.subject != body.grantor.subject:
        raise reader.wrong("attestation")
    return body, attestation
