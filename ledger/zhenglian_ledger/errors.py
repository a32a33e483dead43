"""The one error tree. A class says whose fault it is; the code says what happened.

`Refused` and `InvalidBatch` carry result codes (below 1000), which are deterministic on every node.
Everything a caller can meet is a `ZhenglianError`; anything else escaping is a bug.

A field that is a noun is written in both languages, `"证照 licence"`; each sentence shows its half. Where a
field is not known (a result on the ledger is only a code), the part that names it is left out.
"""

import re
from typing import Final

from zhenglian_ledger.codes import Code

_DETAIL: Final = re.compile(r"(：|: |（| \()[^：（(]*\{(\w+)\}[^：（(）)]*(）|\))?")
"""The part of a sentence that a field fills: behind a colon or in brackets."""

_NOUN: Final = re.compile(r"(?P<zh>[^ -~]\S*) (?P<en>[ -~]+)")


class ZhenglianError(Exception):
    """Root of the tree: a stable `code` and the typed `fields` its sentences name."""

    def __init__(self, code: Code, **fields: object) -> None:
        """Keep `code` and `fields`; sentences are made when they are read, for most errors never are."""
        self.code = code
        self.fields = fields
        super().__init__(code)

    def __str__(self) -> str:
        """The sentence in English."""
        return self.en

    @property
    def zh(self) -> str:
        """The sentence in Chinese."""
        return _fill(self.code.zh, self.fields, "zh")

    @property
    def en(self) -> str:
        """The sentence in English."""
        return _fill(self.code.en, self.fields, "en")

    def __reduce__(self) -> tuple[object, ...]:
        """Survive pickling with code and fields."""
        return (_rebuild, (type(self), self.code, self.fields))


class InvalidEncoding(ZhenglianError):
    """Bytes are not a canonical message of the expected type (SPEC 1)."""


class InvalidIdentifier(InvalidEncoding):
    """An identifier, code or date has a wrong form or check digit."""


class InvalidBatch(ZhenglianError):
    """A batch is not accepted: it consumes no nonce and gets no leaf (SPEC 2.3)."""


class Refused(ZhenglianError):
    """A rule refused one operation of an accepted batch (SPEC 2.4)."""


class VerificationFailed(ZhenglianError):
    """A proof does not hold: the answer is not shown as true (SPEC 8)."""


class Unreachable(ZhenglianError):
    """A node, vault or gateway could not be asked; says nothing about any record."""


class Denied(ZhenglianError):
    """A service understood the request and will not serve it."""


class StoreError(ZhenglianError):
    """A store, genesis or configuration cannot be used as it is."""


class InvalidInput(ZhenglianError):
    """What the caller handed in locally (file, passphrase, argument) cannot be used."""


class _Shown(dict[str, object]):
    """Fields for a sentence; one that was not given and cannot be left out shows as dots."""

    def __missing__(self, key: str) -> str:
        return "…"


def _fill(sentence: str, fields: dict[str, object], language: str) -> str:
    known = _DETAIL.sub(lambda part: part[0] if part[2] in fields else "", sentence)
    return known.format_map(_Shown({name: _choose(value, language) for name, value in fields.items()}))


def _choose(value: object, language: str) -> object:
    noun = _NOUN.fullmatch(value) if isinstance(value, str) else None
    return value if noun is None else noun[language]


def _rebuild(kind: type[ZhenglianError], code: Code, fields: dict[str, object]) -> ZhenglianError:
    return kind(code, **fields)
