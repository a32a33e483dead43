"""fsck: does a store hold what it should? Findings are sentences; none means it does (SPEC 4.8).

- *quick* follows the hashes: logs to tiles to frontiers, statuses and traces to their roots, all to the app
hash and to the newest header, and the standing of records and grants to their nibbles;
- *full* also folds the logs again under the very rules and compares every logical and derived row.

Both read one snapshot, so a node may run on; neither repairs (`rebuild` does).
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Final

from zhenglian_ledger import rows
from zhenglian_ledger.app_hash import compute_app_hash
from zhenglian_ledger.errors import StoreError, ZhenglianError
from zhenglian_ledger.head import Head
from zhenglian_ledger.leaves import decode_batch_leaf
from zhenglian_ledger.state import LOGS
from zhenglian_node.app.fold import fold
from zhenglian_node.app.format import get_genesis, get_head, get_initial_height, verify_format
from zhenglian_node.app.fsck_logs import check_log
from zhenglian_node.app.fsck_trees import check_statuses, check_traces
from zhenglian_node.storage.memory import MemoryStore
from zhenglian_node.storage.port import Snapshot, Store
from zhenglian_proto.v1.cometbft_pb2 import Header

COMPARED: Final = tuple(bytes([table]) for table in range(0x10, 0x40))
"""Tables of logical and derived rows."""

MAX_FINDINGS: Final = 100

_END: Final = (b"\xff", b"")  # above every table

Check = Callable[[], Iterator[str]]


def check_quick(store: Store, header: Header | None = None) -> list[str]:
    """What is wrong, in at most 100 sentences; `header` is the newest block's, if an engine has one."""
    view = store.snapshot()
    head = _find_head(view)
    if isinstance(head, str):
        return [head]
    checks: list[Check] = [
        lambda: _check_app_hash(head),
        *(partial(check_log, view, head, log) for log in LOGS),
        lambda: check_statuses(view, head),
        lambda: check_traces(view),
        lambda: _check_header(view, head, header),
        lambda: _check_engine_rows(view),
    ]
    return [sentence for check in checks for sentence in _collect(check)][:MAX_FINDINGS]


def check_full(store: Store, header: Header | None = None, scratch: Store | None = None) -> list[str]:
    """As `check_quick`, and every row against the fold of the logs, made in `scratch` (or in memory)."""
    found = check_quick(store, header)
    if len(found) < MAX_FINDINGS:
        view = store.snapshot()
        found += _collect(lambda: _check_fold(view, scratch or MemoryStore()))
    return found[:MAX_FINDINGS]


def _find_head(view: Snapshot) -> Head | str:
    try:
        verify_format(view)
        get_genesis(view)
        get_initial_height(view)
        head = get_head(view)
    except StoreError as error:
        return error.en
    return head or "the head is missing"


def _collect(check: Check) -> list[str]:
    """The findings of `check`, its last one being the error that ended it, if one did."""
    found: list[str] = []
    try:
        found += islice(check(), MAX_FINDINGS)
    except ZhenglianError as error:
        found.append(error.en)
    except Exception as error:  # noqa: BLE001  damaged bytes may break any parser: that is the finding
        found.append(f"a row cannot be read: {error!r}")
    return found


def _check_app_hash(head: Head) -> Iterator[str]:
    if compute_app_hash(head.parts()) != head.app_hash:
        yield "the head's parts do not give its app hash"


def _check_header(view: Snapshot, head: Head, header: Header | None) -> Iterator[str]:
    """The newest header is of the head's height and carries the app hash before its block."""
    if header is None:
        return
    if header.height != head.height:
        yield f"the newest header is of height {header.height}, the head of {head.height}"
        return
    newest = (
        view.get(rows.entry_key(rows.BATCH, head.sizes[rows.BATCH] - 1)) if head.sizes[rows.BATCH] else None
    )
    leaf = newest and decode_batch_leaf(newest)
    expected = leaf.prev_app_hash if leaf and leaf.height == head.height else head.app_hash
    if header.app_hash != expected:
        yield f"header {header.height} carries another app hash than the batches say"


def _check_engine_rows(view: Snapshot) -> Iterator[str]:
    """An engine's rows follow from nothing that is known here, but all of them can be read."""
    for _row in view.scan(rows.ENGINE):
        pass
    return iter(())


def _check_fold(view: Snapshot, scratch: Store) -> Iterator[str]:
    head = fold(view, scratch)
    stored = get_head(view)
    if stored is None or head.app_hash != stored.app_hash:
        yield "the logs do not lead to the head's app hash"
    for table in COMPARED:
        for found, expected in _compare(view.scan(table), scratch.scan(table)):
            yield f"row {(found or expected or b'').hex()} {_say(found, expected)}"


def _say(found: bytes | None, expected: bytes | None) -> str:
    if found is None:
        return "is missing"
    return "should not exist" if expected is None else "has another value than the logs give"


def _compare(
    found: Iterator[tuple[bytes, bytes]], expected: Iterator[tuple[bytes, bytes]]
) -> Iterator[tuple[bytes | None, bytes | None]]:
    """Keys on which two ordered row sequences differ, as (found, expected); None where it is not."""
    mine, theirs = next(found, _END), next(expected, _END)
    while mine != theirs or mine != _END:
        if mine[0] < theirs[0]:
            yield mine[0], None
            mine = next(found, _END)
        elif theirs[0] < mine[0]:
            yield None, theirs[0]
            theirs = next(expected, _END)
        else:
            if mine[1] != theirs[1]:
                yield mine[0], theirs[0]
            mine, theirs = next(found, _END), next(expected, _END)
