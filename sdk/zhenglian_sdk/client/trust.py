"""TrustStore: where trust begins, how far it has come, and that it never goes back (SPEC 8.1).

Trust begins with a trust file that was handed over out of band and is never learned on first use. It moves
only by headers that verify, and is kept on disk, so that a restart neither forgets it nor accepts an older
ledger. Whoever asks several things at once compares each answer with the trust it had when asking: answers
may arrive out of order. Two trusted headers of one height end all trust, with the evidence kept beside it.
"""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NoReturn

from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft import light
from zhenglian_ledger.cometbft.light import TrustedState, build_era_start, is_genesis_anchor, is_header_of
from zhenglian_ledger.errors import InvalidInput, VerificationFailed
from zhenglian_ledger.trustfile import TrustFile, parse_trust_file
from zhenglian_ledger.verify.anchor import AnchorOptions, Proven, verify_anchor, verify_same_block
from zhenglian_proto.v1.cometbft_pb2 import LightBlock
from zhenglian_proto.v1.proof_pb2 import Anchor
from zhenglian_sdk.civil_time import compute_now_ms
from zhenglian_sdk.client.evidence import Fork, Shown, read_evidence, write_evidence
from zhenglian_sdk.client.trust_state import StoredTrust, format_stored_trust, parse_stored_trust
from zhenglian_sdk.files import read_text, write_atomically

SAVE_INTERVAL_MS: Final = 1_000
"""Trust is written to disk at most this often, and when it is closed: what a crash may forget."""

PRIVATE: Final = 0o600

MAX_HELD: Final = 16
"""Newest trusted headers that are kept as they were shown: by so many may answers overtake each other."""


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
        is not overwritten, for then an older ledger could be shown again. TRUST_NOT_CONTINUED where the trust
        file is of another era than that file, and does not go on from there.
        """
        self.options = options or AnchorOptions()
        self._now_ms = now_ms
        self._trust = trust
        self._path = path
        self._evidence = path and path.with_name(f"{trust.anchor.chain_id}.fork.json")
        self._passed_over: tuple[int, ...] = ()
        self._saved_ms = 0
        self._is_changed = False
        self._state = build_start(trust)
        self._held: dict[int, Shown] = {}
        self._fork: VerificationFailed | None = None
        self._seen_height = 0
        self._take_stored()

    @property
    def trust_file(self) -> TrustFile:
        """Where trust began."""
        return self._trust

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

    @property
    def light_block(self) -> LightBlock | None:
        """The newest trusted header with its commit and validators; None at the start of an era."""
        held = self._held.get(self.height)
        return None if held is None else held.light_block

    @property
    def shown_by(self) -> str:
        """The node that showed the newest trusted header; empty where an earlier run met it."""
        held = self._held.get(self.height)
        return "" if held is None else held.shown_by

    def begin(self, light_block: LightBlock, shown_by: str = "") -> None:
        """Trust begins at the block that the trust file names; raises as `light.verify_trusted_block`."""
        self.verify_one_history()
        if self._state is None:
            self._advance(light.verify_trusted_block(self._trust.anchor, light_block), light_block, shown_by)

    def verify(self, anchor: Anchor, since: TrustedState, shown_by: str = "") -> Proven:
        """What `anchor` proves to whoever held `since` when asking; the newest trust moves with it.

        Raises what `verify_anchor` raises, PROOF_ROLLED_BACK below the greatest height seen by an earlier
        run, PROOF_FORK where two trusted headers of one height differ, and from then on always.
        """
        self.verify_one_history()
        newest, header = self._state, anchor.light_block.signed_header.header
        if newest is not None and since.height < newest.height and is_header_of(newest, header):
            since = newest  # another answer has brought this header: it needs no second look
        with self._stopping_at_fork(since, anchor.light_block, shown_by):
            proven = verify_anchor(since, anchor, self._now_ms(), self.options)
        if proven.trusted.height < self._seen_height:
            raise VerificationFailed(Code.PROOF_ROLLED_BACK)
        self._advance(proven.trusted, anchor.light_block, shown_by)
        return proven

    def follow(self, light_block: LightBlock, since: TrustedState, shown_by: str = "") -> TrustedState:
        """The trust in a block on the way from `since`, which need not be recent; raises as `verify`."""
        self.verify_one_history()
        state = light.verify_light_block(since, light_block, self._now_ms(), self.options.light)
        self._advance(state, light_block, shown_by)
        return state

    def compare(self, light_block: LightBlock, since: TrustedState, shown_by: str = "") -> None:
        """The block of the height of `since` is the trusted one; raises PROOF_FORK, or why it is false."""
        self.verify_one_history()
        light.verify_complete(light_block)
        with self._stopping_at_fork(since, light_block, shown_by):
            verify_same_block(since, light_block)

    def verify_one_history(self) -> None:
        """No fork was met, by this process or another one under the same trust file; raises PROOF_FORK."""
        if self._fork is None:
            fork = self._read_evidence()
            if fork is None:
                return
            self._fork = fork.build_error(self._evidence)
        raise VerificationFailed(self._fork.code, **self._fork.fields)

    def save(self) -> None:
        """The newest trust is on disk, unless another process has already brought it further.

        Raises PROOF_FORK where that process trusts another header of the same height.
        """
        if self._path is None or self._state is None or not self._is_changed:
            return
        with _locked(self._path):
            stored = _read(self._path, self.chain_id)
            self._verify_same_history(stored)
            if stored is None or not self._is_grown_here(stored) or stored.state.height <= self._state.height:
                seen = max(self._seen_height, self._state.height, stored.seen_height if stored else 0)
                root = self._trust.anchor.header_hash
                text = format_stored_trust(StoredTrust(root, self._state, seen, self.light_block))
                write_atomically(self._path, text.encode(), mode=PRIVATE)
        self._is_changed = False
        self._saved_ms = self._now_ms()

    def _take_stored(self) -> None:
        stored = None if self._path is None else _read(self._path, self.chain_id)
        if stored is None:
            return
        self._seen_height = stored.seen_height
        self._verify_continues(stored.state)
        if self._is_grown_here(stored):
            self._state = stored.state
            if stored.light_block is not None:
                self._held[stored.state.height] = Shown(stored.light_block)

    def _verify_continues(self, seen: TrustedState) -> None:
        """A trust file of a later era begins where the former was left, or after it; none leads back.

        Raises InvalidInput(TRUST_NOT_CONTINUED).
        """
        anchor = self._trust.anchor
        if anchor.era < seen.era:
            raise InvalidInput(Code.TRUST_NOT_CONTINUED, what=f"era {anchor.era} < {seen.era}")
        if anchor.era == seen.era or seen.height < anchor.height:
            return
        if seen.height > anchor.height:
            raise InvalidInput(Code.TRUST_NOT_CONTINUED, what=f"height {anchor.height} < {seen.height}")
        if seen.header_hash != anchor.header_hash:
            raise InvalidInput(Code.TRUST_NOT_CONTINUED, what=f"header {anchor.height}")

    def _is_grown_here(self, stored: StoredTrust) -> bool:
        return stored.grown_from == self._trust.anchor.header_hash

    def _advance(self, state: TrustedState, light_block: LightBlock, shown_by: str) -> None:
        newest = self._state
        if newest is not None and state.height <= newest.height:
            if state.height == newest.height and state.header_hash != newest.header_hash:
                self._stop(newest, light_block, shown_by)
            return
        self._state = state
        self._held[state.height] = _keep(light_block, shown_by)
        while len(self._held) > MAX_HELD:
            del self._held[next(iter(self._held))]
        self._is_changed = True
        if self._now_ms() - self._saved_ms >= SAVE_INTERVAL_MS:
            self.save()

    # forks

    @contextmanager
    def _stopping_at_fork(
        self, since: TrustedState, light_block: LightBlock, shown_by: str
    ) -> Iterator[None]:
        """That the validators of `since` signed two headers of its height ends all trust."""
        try:
            yield
        except VerificationFailed as error:
            if error.code != Code.NODES_DISAGREE:
                raise
            self._stop(since, light_block, shown_by)

    def _stop(self, trusted: TrustedState, other: LightBlock, shown_by: str) -> NoReturn:
        """Nothing is trusted any more; the evidence is on disk. Raises PROOF_FORK."""
        held, second = self._held.get(trusted.height), _keep(other, shown_by)
        if held is None or held.header_hash != trusted.header_hash:
            self._fork = VerificationFailed(Code.PROOF_FORK, height=trusted.height)
            raise self._fork
        fork = Fork(self.chain_id, self._trust.anchor.header_hash, held, second, self._now_ms())
        if self._evidence is not None and self._read_evidence() is None:
            write_evidence(self._evidence, fork)
        self._fork = fork.build_error(self._evidence)
        raise self._fork

    def _verify_same_history(self, stored: StoredTrust | None) -> None:
        """Another process trusts the same header where it stands at the same height; raises PROOF_FORK."""
        newest = self._state
        if stored is None or newest is None or not self._is_grown_here(stored):
            return
        other = stored.state
        if other.height == newest.height and other.header_hash != newest.header_hash:
            if stored.light_block is not None:
                self._stop(newest, stored.light_block, "")
            self._fork = VerificationFailed(Code.PROOF_FORK, height=newest.height)
            raise self._fork

    def _read_evidence(self) -> Fork | None:
        """The fork that stopped trust under this very trust file; a newer one begins anew.

        The file is looked for every time: another process may have written it. It is read again only once it
        is another one than that of an earlier trust file, which was passed over.
        """
        if self._evidence is None:
            return None
        try:
            found = self._evidence.stat()
        except FileNotFoundError:
            return None
        mark = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        if mark == self._passed_over:
            return None
        fork = read_evidence(self._evidence)
        if fork.grown_from == self._trust.anchor.header_hash:
            return fork
        self._passed_over = mark
        return None


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
    """The trust before a network's or an era's first block; None where the trust file names a later block."""
    if is_genesis_anchor(trust.anchor) or trust.app_hash:
        return build_era_start(trust.anchor, trust.time_ms, trust.app_hash)
    return None


def _keep(light_block: LightBlock, shown_by: str) -> Shown:
    """A copy: a part of a received message would keep all of it in memory."""
    copy = LightBlock()
    copy.CopyFrom(light_block)
    return Shown(copy, shown_by)


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
