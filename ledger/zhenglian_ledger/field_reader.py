"""Reading what others wrote, field by field: each is taken once by name and type, and nothing is left over.

Key files, trust files, sidecars and configurations are read this way, so none of them can carry a field that
its reader silently ignores. Bytes are written as lower-case hex; numbers are whole.
"""

from collections.abc import Collection, Mapping
from typing import Final, TypeVar

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput, ZhenglianError

T = TypeVar("T")

_DIGITS: Final = frozenset("0123456789")
_HEX_DIGITS: Final = frozenset("0123456789abcdef")
_IPV6_CHARACTERS: Final = frozenset("0123456789abcdefABCDEF:.")
_NAME_CHARACTERS: Final = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-_")


class FieldReader:
    """The fields of one object, each taken once by name and type.

    Every complaint is an error of `kind` with the reader's `code` and the `field`'s full name.
    """

    def __init__(
        self,
        fields: Mapping[str, object],
        code: Code,
        *,
        path: str = "",
        kind: type[ZhenglianError] = InvalidInput,
    ) -> None:
        """Read from `fields`; `path` is the name of the object itself, for nested ones ending in a dot."""
        self._fields = dict(fields)
        self._code = code
        self._path = path
        self._kind = kind

    def wrong(self, name: str) -> ZhenglianError:
        """The error that says field `name` cannot be used."""
        return self._kind(self._code, field=self._path + name)

    def take_text(self, name: str, max_size: int) -> str:
        """A string of 1 to `max_size` characters, none of them a control character."""
        value = self._take(name, str)
        if not 1 <= len(value) <= max_size or any(
            ord(character) < 0x20 or ord(character) == 0x7F for character in value
        ):
            raise self.wrong(name)
        return value

    def take_address(self, name: str, max_size: int) -> str:
        """A text as `take_text` has it that is an address, host:port."""
        address = self.take_text(name, max_size)
        if not is_address(address):
            raise self.wrong(name)
        return address

    def take_constant(self, name: str, expected: str | int) -> None:
        """The field is exactly `expected`."""
        if self._take(name, type(expected)) != expected:
            raise self.wrong(name)

    def take_integer(self, name: str, least: int, greatest: int) -> int:
        """A whole number from `least` to `greatest`."""
        value = self._take(name, int)
        if not least <= value <= greatest:
            raise self.wrong(name)
        return value

    def take_flag(self, name: str) -> bool:
        """True or false."""
        return self._take(name, bool)

    def take_bytes(self, name: str, sizes: Collection[int]) -> bytes:
        """Bytes written as lower-case hex, of one of `sizes`."""
        value = self._take(name, str)
        if len(value) % 2 or len(value) // 2 not in sizes or not _HEX_DIGITS.issuperset(value):
            raise self.wrong(name)
        return bytes.fromhex(value)

    def take_object(self, name: str) -> "FieldReader":
        """A nested object, with its own reader."""
        value = self._take(name, dict)
        return self._nested(value, name)

    def take_objects(self, name: str, most: int) -> list["FieldReader"]:
        """A list of at most `most` objects, each with its own reader."""
        values = self._take(name, list)
        if len(values) > most or not all(type(value) is dict for value in values):
            raise self.wrong(name)
        return [self._nested(value, f"{name}[{n}]") for n, value in enumerate(values)]

    def take_texts(self, name: str, most: int, max_size: int) -> list[str]:
        """A list of at most `most` strings, each as `take_text` has it."""
        values = self._take(name, list)
        if len(values) > most:
            raise self.wrong(name)
        items = self._nested({str(n): value for n, value in enumerate(values)}, name)
        return [items.take_text(str(n), max_size) for n in range(len(values))]

    def has(self, name: str) -> bool:
        """Whether the field is there and not yet taken."""
        return name in self._fields

    @property
    def names(self) -> list[str]:
        """The names of the fields that were not taken yet, for a table whose names are data."""
        return sorted(self._fields)

    def finish(self) -> None:
        """Nothing is left over; an unknown field is refused, for it may mean more than this reader knows."""
        for name in sorted(self._fields):
            raise self.wrong(name)

    def _nested(self, fields: Mapping[str, object], name: str) -> "FieldReader":
        return FieldReader(fields, self._code, path=f"{self._path}{name}.", kind=self._kind)

    def _take(self, name: str, kind: type[T]) -> T:
        value = self._fields.pop(name, None)
        if not isinstance(value, kind) or type(value) is not kind:  # exact: True is no number here
            raise self.wrong(name)
        return value


def is_address(text: str) -> bool:
    """Whether it is one host:port: a name or an IPv4 address, or an IPv6 address in brackets.

    Nothing else may stand in it: addresses are listed in other programs' files, with separators of theirs.
    """
    host, _, port = text.rpartition(":")
    if not 0 < len(port) <= 5 or not _DIGITS.issuperset(port) or int(port) > 65_535:
        return False
    if host[:1] == "[" and host[-1:] == "]":
        return ":" in host and _IPV6_CHARACTERS.issuperset(host[1:-1])
    return bool(host) and _NAME_CHARACTERS.issuperset(host)
