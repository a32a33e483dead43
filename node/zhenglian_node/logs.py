"""Logs: one JSON object a line on standard error, and no identifier in any of them.

Masking is one processor that every line passes, whoever wrote it. Fields are masked unless their name is
known to carry none; in free text and stack traces, whatever looks like an identifier is cut to its first
characters, which suffices to follow one call through a log and not to look anybody up.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

OPEN_FIELDS: Final = frozenset(
    {
        "address", "chain_id", "code", "count", "engine", "height", "level", "logger", "method", "node_id",
        "pid", "port", "provable_height", "reasons", "seconds", "signal", "size", "timestamp", "version",
    }
)  # fmt: skip
"""Fields whose values name no person, record, case, system or unit."""

FREE_TEXT: Final = frozenset({"event", "exception", "path", "what"})
"""Fields that people and libraries write sentences into."""

KEPT: Final = 4
"""Characters of an identifier that are shown."""

_BYTES_LITERAL: Final = re.compile(r"b(['\"])(?:\\.|(?!\1).)*\1")
_DOTTED: Final = re.compile(r"\b\d+(?:\.[0-9A-Za-z]+){5,}")  # 电子证照标识 under its OID root
_RUN: Final = re.compile(r"[0-9A-Za-z]{8,}")
_LEAST_DIGITS: Final = 6


def mask_text(text: str) -> str:
    """`text` with byte strings, licence identifiers, and words with six or more digits cut short."""
    text = _BYTES_LITERAL.sub("b'…'", text)
    text = _DOTTED.sub(lambda found: _cut(found.group()), text)
    return _RUN.sub(lambda found: _mask_run(found.group()), text)


def mask_value(value: object) -> object:
    """The first characters of an identifier, as text; numbers, truth values and None stay as they are."""
    if value is None or isinstance(value, int | float):
        return value
    text = value.hex() if isinstance(value, bytes) else str(value)
    return _cut(text)


def mask_identifiers(
    _logger: object, _method: str, fields: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """The structlog processor that every line passes."""
    for name, value in fields.items():
        if name in FREE_TEXT:
            fields[name] = mask_text(str(value))
        elif name not in OPEN_FIELDS:
            fields[name] = mask_value(value)
    return fields


def configure_logs(level: str) -> None:
    """Every line of this process, also of its libraries, leaves masked and as JSON on standard error."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            mask_identifiers,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _cut(text: str) -> str:
    return text[:KEPT] + "…" if len(text) > KEPT else "…"


def _mask_run(run: str) -> str:
    digits = sum(character in "0123456789" for character in run)
    return _cut(run) if digits >= _LEAST_DIGITS or _is_hex(run) else run


def _is_hex(run: str) -> bool:
    """A long run of nothing but hexadecimal digits is a digest, however few decimal digits it has."""
    return len(run) >= 16 and set(run) <= set("0123456789abcdefABCDEF")
