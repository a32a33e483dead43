"""The application an engine drives, in ABCI's order (SPEC 10.1).

    Info → InitChain → CheckTx → PrepareProposal → ProcessProposal → FinalizeBlock → Commit

FinalizeBlock writes nothing durable and may be repeated; Commit writes one batch and only then moves what
is in memory. InitChain is repeated until the first block is committed. The calls from PrepareProposal to
Commit come one at a time, as an engine's one consensus connection makes them; CheckTx and reads of
`provable` come from any thread.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from zhenglian_ledger import rows
from zhenglian_ledger.batch import Malformed
from zhenglian_ledger.block import Outcome, apply_block
from zhenglian_ledger.codes import Code
from zhenglian_ledger.eras import build_era_batch, compute_era_digest
from zhenglian_ledger.errors import InvalidBatch, StoreError
from zhenglian_ledger.genesis import apply_genesis, compute_chain_id, compute_genesis_digest, parse_genesis
from zhenglian_ledger.head import Head, load_trees
from zhenglian_ledger.leaves import decode_batch_leaf
from zhenglian_ledger.state import State
from zhenglian_ledger.transition import BatchResult
from zhenglian_node.app.admission import Admission, Checked
from zhenglian_node.app.caches import Verdicts
from zhenglian_node.app.engine_port import Fate
from zhenglian_node.app.format import (
    build_era_row,
    build_format_rows,
    get_era,
    get_genesis,
    get_head,
    get_initial_height,
    verify_format,
)
from zhenglian_node.app.limits import BlockBudget
from zhenglian_node.app.provable import CommittedState, Provable, VersionedTrees
from zhenglian_node.app.transactions import (
    Batches,
    Nonce,
    TransactionReader,
    build_result,
    find_accepted,
)
from zhenglian_node.app.warm_view import WarmView, build_entries
from zhenglian_node.storage.port import Store
from zhenglian_proto.v1.cometbft_pb2 import ExecTxResult, LightBlock
from zhenglian_proto.v1.eras_pb2 import BeginEra
from zhenglian_proto.v1.types_pb2 import KIND_NODE


class Info(NamedTuple):
    """The committed height, 0 before an era's first block, and its app hash, empty before InitChain."""

    height: int
    app_hash: bytes


@dataclass(frozen=True, slots=True)
class FinalizedBlock:
    """What a block does, still nowhere but in memory."""

    transactions: Sequence[bytes]
    tx_results: list[ExecTxResult]
    app_hash: bytes
    outcome: Outcome
    accepted: list[Nonce]


class Application:
    """One ledger on one store."""

    _trees: VersionedTrees
    _admission: Admission
    _initial_height: int

    def __init__(self, store: Store, genesis_bytes: bytes) -> None:
        """Open the ledger that `genesis_bytes` begins.

        Raises StoreError: GENESIS_INVALID; GENESIS_MISMATCH, STORE_OTHER_RULES or STORE_CORRUPTED if the
        store holds another ledger, another format, or a damaged one.
        """
        self.genesis_bytes = genesis_bytes
        self.genesis = parse_genesis(genesis_bytes)
        self.genesis_digest = compute_genesis_digest(genesis_bytes)
        self.chain_id = compute_chain_id(self.genesis.name, self.genesis_digest)
        self.provable: Provable | None = None
        self.era: BeginEra | None = None  # of the newest block or the next; None: of genesis
        self._store = store
        self._reader = TransactionReader()
        self._verdicts = Verdicts()
        self._current: CommittedState | None = None
        self._previous: CommittedState | None = None
        self._finalized: FinalizedBlock | None = None
        self._is_failed = False
        head = get_head(store)
        if head is not None:
            self._load(head)

    def _load(self, head: Head) -> None:
        """Memory holds what the store holds; no state is provable yet."""
        view = WarmView(self._store.snapshot(), build_entries())
        verify_format(view)
        if get_genesis(view) != self.genesis_bytes:
            raise StoreError(Code.GENESIS_MISMATCH)
        self.era = get_era(view)
        self._initial_height = self.era.first_height if self.era else get_initial_height(view)
        self._trees = VersionedTrees(load_trees(view, head, self.genesis.parameters.trace_bits))
        if (self._trees.trees.status.root, self._trees.trees.trace.root) != (
            head.status_root,
            head.trace_root,
        ):
            raise StoreError(
                Code.STORE_CORRUPTED, what="the status or trace rows do not give the head's roots"
            )
        self._current = CommittedState(head, view, self._trees.version)
        state = self._build_state()
        self._admission = Admission(self._reader, self._verdicts, self.chain_id, state, head.time_ms)

    @property
    def committed(self) -> CommittedState:
        """The state after the newest committed block; raises StoreError(STORE_FAILED) before InitChain."""
        if self._current is None:
            raise StoreError(Code.STORE_FAILED, what="the ledger has no genesis yet")
        return self._current

    def info(self) -> Info:
        """Where the application stands, for the engine to agree with."""
        if self._current is None:
            return Info(0, b"")
        head = self._current.head
        return Info(head.height if head.height >= self._initial_height else 0, head.app_hash)

    def init_chain(self, initial_height: int = 1) -> bytes:
        """Genesis is committed as the state before `initial_height`; returns its app hash. Repeatable."""
        if self._current is None:
            outcome, _ = apply_genesis(self._store, self.genesis_bytes, initial_height=initial_height)
            self._write({**outcome.writes, **build_format_rows(initial_height)})
            self._load(outcome.head)
        return self.committed.head.app_hash

    @property
    def is_era_pending(self) -> bool:
        """Whether the next block is to begin an era."""
        return self.era is not None and self.committed.head.height < self.era.first_height

    @property
    def era_digest(self) -> bytes:
        """Digest of what began the era, empty in that of genesis."""
        return b"" if self.era is None else compute_era_digest(self.era)

    def begin_era(self, era: BeginEra) -> None:
        """The next block begins the era, and no other block may follow. Repeatable.

        Raises StoreError(ERA_INVALID) naming what does not follow from this ledger; nothing is written then.
        """
        head = self.committed.head
        if self.is_era_pending and era == self.era:
            return
        if self.is_era_pending or era.time_ms <= head.time_ms:
            raise StoreError(Code.ERA_INVALID, field="era" if self.is_era_pending else "time_ms")
        self._apply((), head.height + 1, era.time_ms, era)
        self._write(build_era_row(era))
        self._load(head)

    def check_transaction(self, transaction: bytes, time_ms: int | None = None) -> Checked:
        """Whether the transaction may wait, judged at `time_ms` (by default the newest block's time)."""
        return self._admission.check(transaction, self.committed.head.time_ms if time_ms is None else time_ms)

    def recheck_transaction(self, transaction: bytes) -> Checked:
        """Whether a transaction that was checked before may go on waiting: by look-up alone."""
        return self._admission.recheck(transaction)

    def get_next_height(self) -> int:
        """The height of the block that comes next."""
        return 1 if self._current is None else self._current.head.height + 1

    def get_validators(self) -> dict[bytes, int]:
        """Public key → power of each validator by the newest block; of genesis, or of a pending era."""
        if self._current is None:
            return {validator.public_key: 1 for validator in self.genesis.validators}
        if self.era is not None and self.is_era_pending:
            return {validator.public_key: 1 for validator in self.era.validators}
        return {validator.public_key: validator.power for validator in self._build_state().get_validators()}

    def is_node_allowed(self, node_id: bytes, configured: frozenset[bytes] = frozenset()) -> bool:
        """Whether the newest block's list of nodes lets the node of that id connect.

        So does its being `configured` here where the ledger does not know it: a node that catches up judges
        by an old state. One that was let in once and then removed is refused all the same.
        """
        state = self._build_state()
        is_known = state.get_index(KIND_NODE, node_id) is not None
        return state.is_node_allowed(node_id) or (not is_known and node_id in configured)

    def get_nonce(self, transaction: bytes) -> Nonce:
        """System and nonce of a transaction's first batch; raises InvalidBatch if it cannot be read."""
        batches = self._reader.read(transaction)
        if batches is None:
            raise InvalidBatch(Code.UNPARSABLE)
        if isinstance(batches[0], Malformed):
            raise InvalidBatch(batches[0].code)
        return batches[0].nonce

    def prepare_proposal(self, transactions: Sequence[bytes], max_bytes: int | None = None) -> list[bytes]:
        """Those of `transactions`, in order, that fit into one block."""
        budget = self._build_budget(max_bytes)
        return [transaction for transaction in transactions if self._take(budget, transaction)]

    def process_proposal(self, transactions: Sequence[bytes]) -> bool:
        """Whether a proposal may be voted for: every transaction is a bundle, and together they fit.

        Nothing behind the first that does not is looked at.
        """
        budget = self._build_budget()
        return all(self._take(budget, transaction) for transaction in transactions)

    def _take(self, budget: BlockBudget, transaction: bytes) -> bool:
        """Whether it is a bundle and fits; one whose very bytes do not fit is not parsed."""
        if not budget.has_bytes(transaction):
            return False
        batches = self._reader.read(transaction)
        return batches is not None and budget.take(transaction, batches)

    def finalize_block(self, transactions: Sequence[bytes], height: int, time_ms: int) -> FinalizedBlock:
        """What the block does. Nothing durable or readable has changed; a repeated call starts anew."""
        self._verify_usable()
        parsed = [self._reader.read(transaction) for transaction in transactions]
        era = self.era if self.is_era_pending else None
        outcome = self._apply([batches or () for batches in parsed], height, time_ms, era)
        results = list(zip(parsed, outcome.results, strict=True))
        self._finalized = FinalizedBlock(
            transactions=transactions,
            tx_results=[build_result(None if bundle is None else fates) for bundle, fates in results],
            app_hash=outcome.head.app_hash,
            outcome=outcome,
            accepted=[nonce for bundle, fates in results for nonce in find_accepted(bundle or (), fates)],
        )
        return self._finalized

    def commit(
        self, engine_rows: Mapping[bytes, bytes] | None = None, light_block: LightBlock | None = None
    ) -> None:
        """The finalized block and the engine's rows are stored in one synced batch; then memory follows.

        `light_block`, if at hand, is the block's own header: it makes the state before the block provable.
        Raises StoreError; the application is of no use then, and must be opened anew.
        """
        finalized = self._finalized
        if finalized is None:
            raise StoreError(Code.STORE_FAILED, what="Commit came without FinalizeBlock")
        outcome = finalized.outcome
        self._write({**outcome.writes, **(engine_rows or {})})
        version = self._trees.version + outcome.is_changed
        if outcome.is_changed:
            self._previous = self._current
        view = self.committed.view.advance(self._store.snapshot(), outcome.writes)
        self._current = CommittedState(outcome.head, view, version)
        if light_block is not None:
            self.set_light_block(light_block)
        self._trees.commit(outcome)
        self._finalized = None
        self._admission.advance(self._build_state(), outcome.head.time_ms, finalized.accepted)
        for transaction in finalized.transactions:
            self._reader.forget(transaction)

    def set_light_block(self, light_block: LightBlock) -> None:
        """The state whose app hash stands in this header is the provable one.

        A header of a state that is no longer held changes nothing. Raises StoreError(APP_HASH_DIFFERS) if the
        header is of this very state's height and has another app hash: this node went astray.
        """
        header = light_block.signed_header.header
        for state in (self._current, self._previous):
            if state is not None and state.head.app_hash == header.app_hash:
                self.provable = Provable(state.head, state.view, light_block, state.version, self._trees)
                return
        if header.height > self.committed.head.height:
            raise StoreError(Code.APP_HASH_DIFFERS, what=f"header {header.height}")

    def get_fate(self, system: str, nonce: bytes) -> Fate | None:
        """What the batch with that nonce became by the newest block; None if it was not accepted."""
        view = self.committed.view
        value = view.get(rows.nonce_key(system, nonce))
        if value is None:
            return None
        index = int.from_bytes(value, "big")
        leaf = view.get(rows.entry_key(rows.BATCH, index))
        if leaf is None:
            raise StoreError(Code.STORE_CORRUPTED, what=f"batch leaf {index} is missing")
        return Fate(decode_batch_leaf(leaf).height, BatchResult(Code.OK, index))

    def close(self) -> None:
        """The store is given back."""
        self._store.close()

    def _apply(
        self, transactions: Sequence[Batches], height: int, time_ms: int, era: BeginEra | None
    ) -> Outcome:
        current = self.committed
        return apply_block(
            current.view,
            current.head,
            self._trees.trees,
            transactions,
            chain_id=self.chain_id,
            height=height,
            time_ms=time_ms,
            is_signature_valid=self._verdicts.is_signature_valid,
            era=None if era is None else build_era_batch(era),
        )

    def _build_budget(self, max_bytes: int | None = None) -> BlockBudget:
        """Of a block on the newest committed state, which every node that votes on it has too."""
        time_ms = self.committed.head.time_ms
        is_valid = self._verdicts.is_signature_valid
        return BlockBudget(self._build_state(), self.chain_id, time_ms, is_valid, max_bytes)

    def _build_state(self) -> State:
        return State(self.committed.view, self.committed.head.sizes)

    def _write(self, writes: Mapping[bytes, bytes]) -> None:
        self._verify_usable()
        self._is_failed = True
        self._store.commit(writes)
        self._is_failed = False

    def _verify_usable(self) -> None:
        """After a failed commit only the store knows whether it happened; raises STORE_FAILED."""
        if self._is_failed:
            raise StoreError(Code.STORE_FAILED, what="an earlier commit failed")
