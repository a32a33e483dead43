"""The vault's log: plain lines on standard error in which no id can be read, whoever wrote the line.

Every run of 12 or more hexadecimal digits, also in a path or a stack, is cut to its first four: enough to
follow one use through the log, not to look it up.
"""

import logging
import re
import sys
from typing import Final

_ID: Final = re.compile(r"(?<![0-9A-Za-z])([0-9a-fA-F]{4})[0-9a-fA-F]{8,}")
_BYTES: Final = re.compile(r"b(['\"])(?:\\.|(?!\1).)*\1")


class MaskingFormatter(logging.Formatter):
    """Formats a record, then masks all of it."""

    def format(self, record: logging.LogRecord) -> str:
        """The masked line, with its stack if it has one."""
        return mask_text(super().format(record))


def mask_text(text: str) -> str:
    """`text` with every id and every bytes literal cut short."""
    return _ID.sub(r"\1…", _BYTES.sub("b'…'", text))


def configure_log() -> None:
    """Every line of this process leaves masked."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(MaskingFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
