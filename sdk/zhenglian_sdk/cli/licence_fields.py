"""A licence as people write it, in options or in a line of a file, and the operation that it becomes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput
from zhenglian_proto.v1.identity_pb2 import ResolveReason
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_sdk import builders
from zhenglian_sdk.cli.arguments import is_id
from zhenglian_sdk.cli.recorded_files import RecordedFile, prepare_record_file
from zhenglian_sdk.cli.subjects import parse_number
from zhenglian_sdk.client.client import AsyncClient

_LISTS = frozenset({"holders", "parts"})
_FLAGS = frozenset({"sealed"})


@dataclass(frozen=True, slots=True)
class LicenceFields:
    """One licence; `file` is relative to the directory of the file that names it. Empty is not given."""

    id: str = ""
    identifier: str = ""
    type: str = ""
    holders: tuple[str, ...] = ()
    holder_rule: str = "any"
    file: str = ""
    sealed: bool = False
    issuing_unit: str = ""
    custodian: str = ""
    origin: str = "issued"
    since: str = ""
    until: str = ""
    supersedes: str = ""
    parts: tuple[str, ...] = ()
    paper_issued: str = ""
    case: str = ""

    @classmethod
    def from_options(cls, options: Any) -> "LicenceFields":  # noqa: ANN401  IssueOptions
        """What the options of `licence issue` say."""
        given = {
            each.name: getattr(options, each.name) for each in fields(cls) if hasattr(options, each.name)
        }
        given |= {"holders": tuple(options.holder or ()), "parts": tuple(options.part or ())}
        return cls(**{**given, "file": str(options.file or "")})

    def with_line(self, line: Mapping[str, object], base: Path) -> "LicenceFields":
        """These fields with what a line of a file says; raises INPUT_INVALID naming the field."""
        known = {each.name for each in fields(self)}
        given: dict[str, Any] = {}
        for name, value in line.items():
            if name not in known:
                raise InvalidInput(Code.INPUT_INVALID, what=str(name))
            if value not in (None, ""):
                given[name] = _read_value(name, value)
        if "file" in given:
            given["file"] = str(base / given["file"])
        return replace(self, **given)


async def resolve_licences(client: AsyncClient, licences: Sequence[LicenceFields]) -> list[LicenceFields]:
    """The same licences with every id in hex; the gateway is asked once a type, and only where it must be.

    Raises InvalidInput(INPUT_INVALID) naming what is missing, and what the gateway raises.
    """
    types = dict.fromkeys(licence.type for licence in licences)
    known: dict[tuple[str, str], str] = {}
    for type_id in types:
        of_type = [licence for licence in licences if licence.type == type_id]
        numbers = dict.fromkeys(name for each in of_type for name in each.holders if not is_id(name))
        identifiers = dict.fromkeys(each.identifier for each in of_type if each.identifier and not each.id)
        if numbers:
            reason = ResolveReason(licence_type=type_id)
            asked = [parse_number(name, is_line=True) for name in numbers]
            ids = await client.gateway.resolve_subjects(reason, asked)
            known |= {(type_id, name): found.hex() for name, found in zip(numbers, ids, strict=True)}
        if identifiers:
            ids = await client.gateway.resolve_licences(type_id, list(identifiers))
            known |= {(type_id, name): found.hex() for name, found in zip(identifiers, ids, strict=True)}
    return [_fill_in(licence, known) for licence in licences]


def build_licence(licence: LicenceFields, own_unit: str) -> tuple[Operation, RecordedFile]:
    """The operation and the hashed file, whose sidecar is on disk; units left out are the own one.

    Raises InvalidInput naming what is missing, FILE_NOT_FOUND, and what the builder raises.
    """
    for name in ("id", "type", "holders", "file", "since"):
        if not getattr(licence, name):
            raise InvalidInput(Code.INPUT_INVALID, what=f"{name}（未给出 missing）")
    recorded = prepare_record_file(Path(licence.file), _read_id(licence.id), is_sealed=licence.sealed)
    operation = builders.issue_licence(
        id=recorded.record,
        type=licence.type,
        holders=[_read_id(holder) for holder in licence.holders],
        holder_rule=licence.holder_rule,
        issuing_unit=licence.issuing_unit or own_unit,
        custodian=licence.custodian or own_unit,
        origin=licence.origin,
        valid=builders.interval(licence.since, licence.until or None),
        content=recorded.content,
        supersedes=_read_id(licence.supersedes) if licence.supersedes else b"",
        parts=[_read_id(part) for part in licence.parts],
        paper_issued=licence.paper_issued or None,
        case=(own_unit, licence.case) if licence.case else None,
    )
    return operation, recorded


def _fill_in(licence: LicenceFields, known: Mapping[tuple[str, str], str]) -> LicenceFields:
    holders = tuple(known.get((licence.type, name), name) for name in licence.holders)
    return replace(
        licence, id=licence.id or known.get((licence.type, licence.identifier), ""), holders=holders
    )


def _read_value(name: str, value: object) -> Any:  # noqa: ANN401  as the field has it
    if name in _LISTS:
        items = value.split(";") if isinstance(value, str) else value
        if isinstance(items, list) and all(isinstance(item, str) for item in items):
            return tuple(item.strip() for item in items)
    elif name in _FLAGS:
        if value in (True, "true", "1"):
            return True
        if value in (False, "false", "0"):
            return False
    elif isinstance(value, str):
        return value
    raise InvalidInput(Code.INPUT_INVALID, what=f"{name} = {value!r}")


def _read_id(text: str) -> bytes:
    if not is_id(text):
        raise InvalidInput(Code.INPUT_INVALID, what=f"id {text!r}（64 位十六进制 hexadecimal digits）")
    return bytes.fromhex(text)
