"""Drafts of grants as files: what a plan lacks, carried to whoever can have it attested.

A draft file is canonical JSON. It holds the body byte for byte and says in Chinese what would be granted; the
words are computed from the body again on reading, so that nobody is shown one thing and signs another.
"""

from pathlib import Path
from typing import Final

from zhenglian_ledger.attestation import compute_grant_id
from zhenglian_ledger.canonical import parse_canonical, serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidEncoding
from zhenglian_ledger.json_text import encode_json, parse_json
from zhenglian_proto.v1.grants_pb2 import GrantBody
from zhenglian_sdk.files import read_text, write_atomically
from zhenglian_sdk.plan.grant_words import describe_grant

FORMAT: Final = "zhenglian-grant-draft"
VERSION: Final = 1
_MAX_BODY: Final = 60 * 1024


def save_draft(path: Path | str, body: GrantBody) -> Path:
    """The draft file of a complete body (with chain id and nonce) is at `path`."""
    fields: dict[str, object] = {
        "format": FORMAT,
        "version": VERSION,
        "grant": compute_grant_id(body).hex(),
        "shown": describe_grant(body),
        "body": serialise(body).hex(),
    }
    write_atomically(Path(path), encode_json(fields).encode(), mode=0o600)
    return Path(path)


def load_draft(path: Path | str) -> GrantBody:
    """The body in a draft file; raises InvalidInput: FILE_NOT_FOUND, INPUT_INVALID where parts disagree."""
    reader = parse_json(read_text(Path(path), Code.INPUT_INVALID), Code.INPUT_INVALID)
    reader.take_constant("format", FORMAT)
    reader.take_constant("version", VERSION)
    encoded = reader.take_bytes("body", range(1, _MAX_BODY))
    try:
        body = parse_canonical(GrantBody, encoded)
    except InvalidEncoding as error:
        raise reader.wrong("body") from error
    reader.take_constant("grant", compute_grant_id(body).hex())
    reader.take_constant("shown", describe_grant(body))
    reader.finish()
    return body
