"""TrustStore: where trust begins, how far it has come, and that it never goes back (SPEC 8.1).

Trust begins with a trust file that was handed over out of band and is never learned on first use. It moves
only by headers that verify, and is kept on disk, so that a restart neither forgets it nor accepts an older
ledger. Whoever asks several things at once compares each answer with the trust it had when asking: answers
may arrive out of order.
"""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft import light
from zhenglian_ledger.cometbft.light import TrustedState, build_era_start, is_genesis_anchor
from zhenglian_ledger.errors import InvalidInput, VerificationFailed
from zhenglian_ledger.trustfile import TrustFile, parse_trust_file
from zhenglian_ledger.verify.anchor import AnchorOptions, Proven, verify_anchor
from zhenglian_proto.v1.cometbft_pb2 import LightBlock
from zhenglian_proto.v1.proof_pb2 import Anchor
from zhenglian_sdk.civil_time import compute_now_ms
from zhenglian_sdk.client.trust_state import StoredTrust, format_stored_trust, parse_stored_trust
from zhenglian_sdk.files import read_text, write_atomically

SAVE_INTERVAL_MS: Final = 1_000
"""Trust is written to disk at most this often, and when it is closed: what a crash may forget."""

PRIVATE: Final = 0o600


class TrustStore:
    """The trust of one client in one chain, in memory and, where a path is given, on disk."""

    def __init__(
        self,
        trust: TrustFile,
        path: Path | None = None,
        *,
        options: AnchorOptions | None = None,
        now_ms: Callable[[], int] = compute_now_ms,
    ) -> None:
        """Begin with the trust file, or with what an earlier run under the same trust file left at `path`.

        Raises InvalidInput(TRUST_FILE_INVALID) for a file at `path` that is damaged or of another chain: it
        is not overwritten, for then an older ledger could be shown again.
        """
        self.options = options or AnchorOptions()
        self._now_ms = now_ms
        self._trust = trust
        self._path = path
        self._saved_ms = 0
        self._is_changed = False
        self._state = build_start(trust)
        self._seen_height = 0
        self._take_stored()

    @property
    def chain_id(self) -> str:
        """The chain that is trusted."""
        return self._trust.anchor.chain_id

    @property
    def state(self) -> TrustedState | None:
        """The newest trusted header; None until the block that the trust file names has been shown."""
        return self._state

    @property
    def height(self) -> int:
        """From which height on a node should show the way."""
        return self._state.height if self._state else self._trust.anchor.height

    @property
    def time_ms(self) -> int:
        """Ledger time as far as it is trusted, 0 where unknown."""
        return self._state.time_ms if self._state else 0

    def begin(self, light_block: LightBlock) -> None:
        """Trust begins at the block that the trust file names; raises as `light.verify_trusted_block`."""
        if self._state is None:
            self._advance(light.verify_trusted_block(self._trust.anchor, light_block))

    def verify(self, anchor: Anchor, since: TrustedState) -> Proven:
        """What `anchor` proves to whoever held `since` when asking; the newest trust moves with it.

        Raises what `verify_anchor` raises, PROOF_ROLLED_BACK below the greatest height seen by an earlier
        run, NODES_DISAGREE where two trusted headers of one height differ.
        """
        height = anchor.light_block.signed_header.header.height
        if self._state is not None and since.height < height == self._state.height:
            since = self._state  # another answer has brought this header: it is compared, not verified again
        proven = verify_anchor(since, anchor, self._now_ms(), self.options)
        if proven.trusted.height < self._seen_height:
            raise VerificationFailed(Code.PROOF_ROLLED_BACK)
        self._advance(proven.trusted)
        return proven

    def save(self) -> None:
        """The newest trust is on disk, unless another process has already brought it further."""
        if self._path is None or self._state is None or not self._is_changed:
            return
        with _locked(self._path):
            stored = _read(self._path, self.chain_id)
            if stored is None or not self._is_grown_here(stored) or stored.state.height <= self._state.height:
                seen = max(self._seen_height, self._state.height, stored.seen_height if stored else 0)
                text = format_stored_trust(StoredTrust(self._trust.anchor.header_hash, self._state, seen))
                write_atomically(self._path, text.encode(), mode=PRIVATE)
        self._is_changed = False
        self._saved_ms = self._now_ms()

    def _take_stored(self) -> None:
        stored = None if self._path is None else _read(self._path, self.chain_id)
        if stored is None:
            return
        self._seen_height = stored.seen_height
        if self._is_grown_here(stored):
            self._state = stored.state

    def _is_grown_here(self, stored: StoredTrust) -> bool:
        return stored.grown_from == self._trust.anchor.header_hash

    def _advance(self, state: TrustedState) -> None:
        if self._state is not None and state.height <= self._state.height:
            is_fork = state.height == self._state.height and state.header_hash != self._state.header_hash
            if is_fork:
                raise VerificationFailed(Code.NODES_DISAGREE, height=state.height)
            return
        self._state = state
        self._is_changed = True
        if self._now_ms() - self._saved_ms >= SAVE_INTERVAL_MS:
            self.save()


def read_trust_store(
    trust_file: Path, state_dir: Path | None, *, options: AnchorOptions | None = None
) -> TrustStore:
    """The trust that begins with the file at `trust_file` and is kept in `state_dir`, made if missing.

    Raises InvalidInput: FILE_NOT_FOUND, TRUST_FILE_INVALID.
    """
    trust = parse_trust_file(read_text(trust_file, Code.TRUST_FILE_INVALID))
    if state_dir is None:
        return TrustStore(trust, options=options)
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return TrustStore(trust, state_dir / f"{trust.anchor.chain_id}.trust.json", options=options)


def build_start(trust: TrustFile) -> TrustedState | None:
    """The trust before a network's first block; None where the trust file names a later block."""
    if is_genesis_anchor(trust.anchor):
        return build_era_start(trust.anchor, trust.time_ms)
    return None


def _read(path: Path, chain_id: str) -> StoredTrust | None:
    if not path.exists():
        return None
    stored = parse_stored_trust(read_text(path, Code.TRUST_FILE_INVALID))
    if stored.state.chain_id != chain_id:
        raise InvalidInput(Code.TRUST_FILE_INVALID, field="chain_id")
    return stored


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """No other process writes the file at `path` meanwhile."""
    lock = path.with_name(path.name + ".lock")
    with lock.open("a") as file:
        lock.chmod(PRIVATE)
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
