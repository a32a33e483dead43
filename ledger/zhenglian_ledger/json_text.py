"""Local files as canonical JSON text: one content has exactly one text, and reading refuses every other.

Key files, trust files and sidecars are read by people and compared by digest, so they are text with one form:
UTF-8, keys sorted, two spaces of indentation, one final newline. Bytes are lower-case hex. Numbers are whole.
"""

import json
from collections.abc import Mapping
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput
from zhenglian_ledger.field_reader import FieldReader

MAX_TEXT: Final = 1 << 20
"""Most characters of a file read here."""


def encode_json(fields: Mapping[str, object]) -> str:
    """The canonical text of `fields`, which hold only strings, whole numbers, lists and objects."""
    return json.dumps(fields, ensure_ascii=False, sort_keys=True, indent=2, allow_nan=False) + "\n"


def parse_json(text: str, code: Code) -> FieldReader:
    """A reader of the object in canonical `text`; any other text raises InvalidInput(code, field="form")."""
    malformed = InvalidInput(code, field="form")
    if len(text) > MAX_TEXT:
        raise malformed
    try:
        fields = json.loads(text)
        is_canonical = isinstance(fields, dict) and encode_json(fields) == text
    except (ValueError, RecursionError) as error:
        raise malformed from error
    if not is_canonical:
        raise malformed
    return FieldReader(fields, code)
