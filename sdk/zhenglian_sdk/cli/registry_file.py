"""A file of registry objects, TOML or JSON: sections of objects, each with the arguments of its builder.

    [[matters]]
    id = "M.RESTAURANT"
    promised_days = 10          # version is counted by itself where it is left out
    [[matters.rows]]
    …

An interval is `since` and `until` (a last day, left out for no end); a duration is a number of days. A field
that the builder does not know is refused, and so is a value of another type: nothing is silently ignored.
"""

import inspect
import json
import tomllib
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput, ZhenglianError
from zhenglian_ledger.objects import OBJECTS
from zhenglian_ledger.verify.sentences import Sentence
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.types_pb2 import (
    KIND_LICENCE_TYPE,
    KIND_MANDATE,
    KIND_MATERIAL_TYPE,
    KIND_MATTER,
    KIND_RECOGNITION_LIST,
    KIND_REGION,
    KIND_RULE,
    KIND_SYSTEM,
    KIND_UNIT,
    Kind,
)
from zhenglian_sdk import builders
from zhenglian_sdk.files import read_text

Builder = Callable[..., Operation]

SECTIONS: Final[dict[str, tuple[Kind, Builder, Sentence]]] = {
    "regions": (KIND_REGION, builders.put_region, Sentence("行政区划", "region")),
    "rules": (KIND_RULE, builders.put_rule, Sentence("法律依据", "rule")),
    "units": (KIND_UNIT, builders.put_unit, Sentence("单位", "unit")),
    "systems": (KIND_SYSTEM, builders.put_system, Sentence("信息系统", "system")),
    "licence_types": (KIND_LICENCE_TYPE, builders.put_licence_type, Sentence("证照类型", "licence type")),
    "material_types": (KIND_MATERIAL_TYPE, builders.put_material_type, Sentence("材料类型", "material type")),
    "lists": (KIND_RECOGNITION_LIST, builders.put_recognition_list, Sentence("互认清单", "recognition list")),
    "mandates": (KIND_MANDATE, builders.put_mandate, Sentence("代归集委托", "mandate")),
    "matters": (KIND_MATTER, builders.put_matter, Sentence("事项", "matter")),
}
"""Section → what it holds, in the order in which later objects may name earlier ones."""

_DURATIONS: Final = {"promised": "promised_days", "max_age": "max_age_days"}
_FIRST_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class RegistryObject:
    """One object of the file: the operation that puts it, and whether its version is to be counted."""

    section: str
    id: str
    operation: Operation
    is_version_open: bool = False

    @property
    def kind(self) -> Kind:
        """The kind of object."""
        return SECTIONS[self.section][0]

    @property
    def message(self) -> Any:  # noqa: ANN401  the message of its kind
        """The operation's own message."""
        return getattr(self.operation, OBJECTS[self.kind].field)


def read_registry_file(path: Path) -> list[RegistryObject]:
    """The objects in the file, section by section; raises InvalidInput(FILE_NOT_FOUND, INPUT_INVALID)."""
    sections = _parse(path)
    unknown = sorted(set(sections) - set(SECTIONS))
    if unknown:
        raise _invalid(unknown[0], f"({', '.join(SECTIONS)})")
    objects = []
    for section in SECTIONS:
        values = sections.get(section, [])
        if not isinstance(values, list):
            raise _invalid(section)
        objects += [_build_object(section, f"{section}[{n}]", value) for n, value in enumerate(values)]
    _verify_distinct(objects)
    return objects


def _parse(path: Path) -> Mapping[str, Any]:
    text = read_text(path, Code.INPUT_INVALID)
    try:
        sections = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise _invalid(path.name, f": {error}") from error
    if not isinstance(sections, dict):
        raise _invalid(path.name)
    return sections


def _build_object(section: str, where: str, fields: object) -> RegistryObject:
    builder = SECTIONS[section][1]
    if not isinstance(fields, dict):
        raise _invalid(where)
    given = dict(fields)
    is_version_open = section == "matters" and "version" not in given
    if is_version_open:
        given["version"] = _FIRST_VERSION
    operation = _call(builder, where, given)
    return RegistryObject(section, str(given["id"]), operation, is_version_open)


def _call(builder: Callable[..., Any], where: str, fields: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """What `builder` makes of `fields`; every complaint says where in the file it is about."""
    given = dict(fields)
    arguments = {}
    hints = typing.get_type_hints(builder)
    for name, parameter in inspect.signature(builder).parameters.items():
        value = _take(name, f"{where}.{name}", hints[name], given)
        if value is not None:
            arguments[name] = value
        elif parameter.default is inspect.Parameter.empty:
            raise _invalid(f"{where}.{_DURATIONS.get(name, 'since' if name == 'valid' else name)}")
    if given:
        raise _invalid(f"{where}.{min(given)}")
    return _make(where, builder, **arguments)


def _make(where: str, make: Callable[..., Any], *arguments: Any, **fields: Any) -> Any:  # noqa: ANN401
    """What `make` returns; its complaint says where in the file it is about."""
    try:
        return make(*arguments, **fields)
    except ZhenglianError as error:
        raise _invalid(where, f": {error.zh} / {error.en}") from error
    except (TypeError, ValueError) as error:
        raise _invalid(where, f": {error}") from error


def _take(name: str, where: str, hint: Any, given: dict[str, Any]) -> Any:  # noqa: ANN401
    """The value of one argument out of `given`, or None where it is not there."""
    if name == "valid":
        since, until = given.pop("since", None), given.pop("until", None)
        if since is None:
            return None
        _verify_value(
            where, (since, until), all(isinstance(each, str | date) for each in (since, until or ""))
        )
        return _make(where, builders.interval, since, until)
    if name in _DURATIONS:
        days = given.pop(_DURATIONS[name], None)
        _verify_value(where, days, days is None or type(days) is int)
        return None if days is None else timedelta(days=days)
    value = given.pop(name, None)
    if value is None:
        return None
    if name == "rows":
        _verify_value(where, value, isinstance(value, list) and all(isinstance(each, dict) for each in value))
        return [_call(builders.material_row, f"{where}[{n}]", row) for n, row in enumerate(value)]
    _verify_value(where, value, _is_of(hint, value))
    return value


def _is_of(hint: Any, value: object) -> bool:  # noqa: ANN401
    if typing.get_origin(hint) is Iterable:
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    return type(value) is (hint if hint in (bool, int) else str)


def _verify_value(where: str, value: object, is_right: bool) -> None:
    if not is_right:
        raise _invalid(where, f" = {value!r}")


def _verify_distinct(objects: Iterable[RegistryObject]) -> None:
    seen = set()
    for each in objects:
        if (each.kind, each.id) in seen:
            raise _invalid(f"{each.section} {each.id}", "（重复 twice）")
        seen.add((each.kind, each.id))


def _invalid(where: str, why: str = "") -> InvalidInput:
    return InvalidInput(Code.INPUT_INVALID, what=where + why)
