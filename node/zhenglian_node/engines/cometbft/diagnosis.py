"""Why CometBFT ended, or stopped its consensus: from what it wrote last to one typed error.

The table SIGNS is read from the top: the first row that fits a fatal line decides, else the first that fits
the last error line, else the error quotes the last complaint. Fatal lines are a consensus failure (it stops
consensus, but not CometBFT's process), and whatever CometBFT wrote that is no line of its log: `ERROR:`,
`panic:`, `fatal error:`. What a proposal of somebody else made it complain about is no reason for its end, so
error lines of the log count only where nothing fatal was written.
"""

import json
import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError

FAILURE: Final = "CONSENSUS FAILURE!!!"
"""What CometBFT writes when its consensus has stopped for good."""

MAX_REASON: Final = 300
"""Characters of a complaint that an error quotes."""


class Sign(NamedTuple):
    """A pattern in what CometBFT wrote; `field` of the error is what its first group caught, or all of it."""

    pattern: re.Pattern[str]
    code: Code
    field: str


def _sign(pattern: str, code: Code, field: str) -> Sign:
    return Sign(re.compile(pattern), code, field)


SIGNS: Final = (
    _sign(r"no space left on device", Code.DISK_LOW, ""),
    _sign(
        r"(?:block\.|state\.)AppHash does not match|LastAppHash \(\w*\) does not match"
        r"|wrong Block\.Header\.(?:AppHash|LastResultsHash)|app block hash \(\w*\) does not match",
        Code.APP_HASH_DIFFERS,
        "what",
    ),
    _sign(
        r"app block height \(\d+\) is (?:higher than core|too far below)"
        r"|(?:State|Store)BlockHeight \(\d+\) > |uncovered case! appHeight"
        r"|WAL does not contain #ENDHEIGHT|wal should not contain #ENDHEIGHT|could not find block #\d+",
        Code.ENGINE_DATA_INVALID,
        "what",
    ),
    _sign(r"listen tcp \S*:(\d+): bind: address already in use", Code.PORT_TAKEN, "port"),
    _sign(r"listen unix (\S+): bind: address already in use", Code.ENGINE_LEFT_OVER, "what"),
    _sign(r"resource temporarily unavailable", Code.ENGINE_LEFT_OVER, "what"),
    _sign(
        r"Error reading PrivValidator|priv_validator_state\.json: no such file"
        r"|(?:height|round|step) regression|conflicting data|no SignBytes found",
        Code.VALIDATOR_STATE_UNSAFE,
        "what",
    ),
    _sign(
        r"(\S+): (?:permission denied|read-only file system|operation not permitted)",
        Code.HOME_UNWRITABLE,
        "path",
    ),
    _sign(
        r"GenesisDoc|genesis doc|genesis file|wrong Block\.Header\.(?:ChainID|ConsensusHash)"
        r"|error calling InitChain|peer is on a different network",
        Code.GENESIS_MISMATCH,
        "",
    ),
    _sign(r"wrong Block\.Header\.Version\.\s+Expected (.*)", Code.ENGINE_OTHER_VERSION, "found"),
    _sign(
        r"decoding failed due to|While parsing config|error in config file|failed to load persistent peers|"
        r"is not a valid (?:peer|address)|invalid (?:log level|node ID)",
        Code.CONFIG_INVALID,
        "field",
    ),
    _sign(
        r"corrupt(?:ed|ion)|checksum mismatch|missing files|unmarshal to cmtproto|error reading block",
        Code.ENGINE_DATA_INVALID,
        "what",
    ),
)
"""What each complaint of CometBFT v0.39 means."""


class Entry(NamedTuple):
    """One line that CometBFT wrote: its level (empty if it is not of the log), its words and its error."""

    level: str
    message: str
    error: str = ""

    @property
    def complaint(self) -> str:
        """What went wrong, cut to MAX_REASON."""
        words = (self.error or self.message).strip()
        return words if len(words) <= MAX_REASON else words[:MAX_REASON] + "…"

    @property
    def is_fatal(self) -> bool:
        """Whether CometBFT, or its consensus, ends with it."""
        return FAILURE in self.message or not self.level


def diagnose(lines: Iterable[str]) -> StoreError:
    """The error that says why CometBFT ended or stopped, from its last `lines`, oldest first.

    Codes: those of SIGNS; CONSENSUS_FAILED and ENGINE_ENDED, with its own words, for what no row fits.
    """
    entries = _leave_out_stacks(parse_line(line) for line in lines if line.strip())
    fatal = [entry for entry in entries if entry.is_fatal]
    complaints = [entry for entry in entries if entry.level == "error" and not _is_about_others(entry)]
    for group in (fatal, complaints[-1:]):
        for sign in SIGNS:
            for entry in group:
                found = sign.pattern.search(f"{entry.message} {entry.error}")
                if found is not None:
                    return StoreError(sign.code, **_build_fields(sign, found, entry))
    failure = next((entry.complaint for entry in fatal if FAILURE in entry.message), None)
    if failure is not None:
        return StoreError(Code.CONSENSUS_FAILED, reason=failure)
    reasons = [*fatal[:1], *complaints[-1:], *entries[-1:]]
    return StoreError(Code.ENGINE_ENDED, **({"reason": reasons[0].complaint} if reasons else {}))


def find_failure(lines: Iterable[str]) -> str | None:
    """The reason of the first consensus failure in `lines`, or None if consensus did not fail."""
    return next((parse_line(line).complaint for line in lines if FAILURE in line), None)


def parse_line(line: str) -> Entry:
    """A line in either of CometBFT's log formats, or whatever else it wrote."""
    line = line.strip()
    if line.startswith("{"):
        try:
            fields = json.loads(line)
            return Entry(fields["level"], str(fields.get("_msg", "")), str(fields.get("err", "")))
        except (ValueError, KeyError, TypeError, AttributeError):
            return Entry("", line)
    logged = _LOGGED.match(line)
    if logged is None:
        return Entry("", _HEADING.sub("", line))
    quoted = _QUOTED.search(line)
    error = (quoted[1] or quoted[2] or "") if quoted is not None else ""
    level = "error" if logged[1] == "E" else "info"
    return Entry(level, logged[2].rstrip(), error.replace('\\"', '"'))


_LOGGED: Final = re.compile(r"([A-Z])\[\d{4}-\d\d-\d\d\|[^\]]*\]\s*(.*?)(?:\s+module=|$)")
_QUOTED: Final = re.compile(r'\berr(?:or)?=(?:"((?:[^"\\]|\\.)*)"|(\S+))')
_HEADING: Final = re.compile(r"^(?:ERROR|panic|fatal error): *")
_ABOUT_OTHERS: Final = re.compile(r"Stopped accept routine|prevote step|[Pp]eer|dialing")


def _is_about_others(entry: Entry) -> bool:
    """Complaints about peers and their proposals, and one that every stop makes."""
    return _ABOUT_OTHERS.search(entry.message) is not None


def _leave_out_stacks(entries: Iterable[Entry]) -> list[Entry]:
    """The entries without the Go stacks that follow a panic, up to the next line of the log."""
    kept, in_stack = [], False
    for entry in entries:
        in_stack = not entry.level and (in_stack or entry.message.startswith("goroutine "))
        if not in_stack:
            kept.append(entry)
    return kept


def _build_fields(sign: Sign, found: re.Match[str], entry: Entry) -> dict[str, object]:
    """What the error's sentence names."""
    if not sign.field:
        return {}
    value = found[1] if sign.pattern.groups and found[1] else entry.complaint
    return {sign.field: int(value) if sign.field == "port" else value}
