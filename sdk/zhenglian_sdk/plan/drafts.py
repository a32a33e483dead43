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
from zhenglian_proto.v1.grants_pb2 import GrantBody, Party
from zhenglian_proto.v1.types_pb2 import Purpose
from zhenglian_sdk.civil_time import format_last_day, format_moment
from zhenglian_sdk.files import read_text, write_atomically

FORMAT: Final = "zhenglian-grant-draft"
VERSION: Final = 1
MAX_SHOWN: Final = 1000
"""Most characters that a gateway shows a holder."""

_MAX_BODY: Final = 60 * 1024
_PURPOSES: Final = {
    Purpose.PURPOSE_SERVICE: "政务服务",
    Purpose.PURPOSE_ENFORCEMENT: "监管执法",
    Purpose.PURPOSE_SOCIAL: "社会化应用",
}


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


def describe_grant(body: GrantBody) -> str:
    """What a holder is asked to confirm, in plain Chinese, one line, at most 1,000 characters."""
    scope = body.scope
    parts = [f"授权{_name(body.grantee)}"]
    if scope.case.number:
        parts.append(f"在办件{scope.case.number}中")
    parts.append(f"因{'、'.join(_PURPOSES.get(purpose, '未指明用途') for purpose in scope.purposes)}")
    if scope.matters:
        parts.append(f"办理事项{'、'.join(scope.matters)}")
    parts.append(f"使用{_describe_records(body)}")
    parts.append(f"至多{scope.uses}次")
    parts.append(f"自{format_moment(body.valid.from_ms)}起，有效至{format_last_day(body.valid.to_ms)}")
    if scope.depth:
        parts.append(f"可再授权{scope.depth}级")
    text = "，".join(parts) + "。"
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


def _describe_records(body: GrantBody) -> str:
    scope = body.scope
    named = [*scope.types] + [f"记录{record.hex()[:16]}" for record in scope.records]
    extent = "全文" if scope.whole_document else f"字段{'、'.join(scope.fields)}" if scope.fields else "状态"
    return f"{'、'.join(named)}的{extent}"


def _name(party: Party) -> str:
    return party.unit or f"主体{party.subject.hex()[:16]}"
