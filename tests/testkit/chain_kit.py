"""A sandbox ledger whose every block is proven: the rule tests' `Sandbox` under real trees and real headers.

    chain = ProvenChain()
    chain.accept(MARKET_OFFICE, issue_licence())
    answer = build_record_answer(chain.provable, identifier=compute_id("licence"))
    proven = chain.prove(answer.anchor)                    # from the trust file alone
    assert fails(lambda: verify_record_answer(proven, lie, ...)) is Code.PROOF_OTHER_RECORD

It has everything `Sandbox` has, so the builders of `ledger_objects` and `grant_objects` serve here too.
Header h+1 is made when block h+1 begins, or when somebody asks for the proof of h.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from hashlib import sha256
from typing import TypeVar

from google.protobuf.message import Message

from tests.testkit.ledger_kit import CHAIN_ID, MemoryView, Sandbox
from tests.testkit.ledger_objects import build_parameters
from zhenglian_ledger.batch import Batch
from zhenglian_ledger.block import seal_block
from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.encoding import compute_time_ms
from zhenglian_ledger.cometbft.light import TrustAnchor, TrustedState, build_era_start, verify_light_block
from zhenglian_ledger.cometbft.signed_header import BlockDraft, SignedBlock, build_signed_block
from zhenglian_ledger.cometbft.validators import build_validator_set, compute_validators_hash
from zhenglian_ledger.crypto import ed25519
from zhenglian_ledger.errors import VerificationFailed
from zhenglian_ledger.head import Head, Trees, compute_empty_head
from zhenglian_ledger.merkle.status import StatusTree
from zhenglian_ledger.merkle.trace import TraceTree
from zhenglian_ledger.rows import BATCH
from zhenglian_ledger.transition import Block, apply_transactions
from zhenglian_ledger.verify.anchor import DEFAULT_OPTIONS, AnchorOptions, Proven, verify_anchor
from zhenglian_node.app.answers import build_receipt
from zhenglian_node.app.provable import Provable, VersionedTrees
from zhenglian_node.storage.memory import MemoryStore
from zhenglian_proto.v1.cometbft_pb2 import LightBlock, ValidatorSet
from zhenglian_proto.v1.node_pb2 import Receipt
from zhenglian_proto.v1.proof_pb2 import Anchor

M = TypeVar("M", bound=Message)

VALIDATORS = ("one", "two", "three", "four")


def compute_validator_seed(name: str) -> bytes:
    """The Ed25519 seed of a validator."""
    return sha256(b"validator " + name.encode()).digest()


def build_validators(names: tuple[str, ...] = VALIDATORS) -> ValidatorSet:
    """The named validators, power 1 each."""
    return build_validator_set(
        (ed25519.compute_public_key(compute_validator_seed(name)), 1) for name in names
    )


class StoreView(MemoryView):
    """The sandbox's rows, also kept in a store that can be read as of every block."""

    def __init__(self) -> None:
        super().__init__()
        self.store = MemoryStore()

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        return self.store.scan(prefix)


class ProvenChain(Sandbox):
    """A sandbox with headers: what stands after each block can be proven, from genesis trust on."""

    view: StoreView

    def __init__(self, *extra: Message, chain_id: str = CHAIN_ID) -> None:
        self.trees = VersionedTrees(Trees(StatusTree(), TraceTree(build_parameters().trace_bits)))
        self.head: Head = compute_empty_head(0, self.trees.trees.trace.root)
        self.headers: dict[int, SignedBlock] = {}
        self.chain_id = chain_id
        self.validators = build_validators()
        self.changes: dict[int, tuple[str, ...]] = {}
        super().__init__(*extra)  # type: ignore[arg-type]

    # proving

    @property
    def trusted(self) -> TrustedState:
        """What a trust file made before the first block says."""
        validators_hash = compute_validators_hash(self.validators)
        return build_era_start(TrustAnchor(self.chain_id, 0, 0, sha256(b"genesis").digest(), validators_hash))

    @property
    def provable(self) -> Provable:
        """The newest state, under a header made now."""
        light_block = self.light_block(self.head.height + 1)
        return Provable(self.head, self.view.store.snapshot(), light_block, self.trees.version, self.trees)

    @property
    def now_ms(self) -> int:
        """What a client's clock shows when it asks now: a little after the newest header."""
        return max(self.time_ms, *(self._time_of(height) for height in self.headers)) + 100

    def prove(
        self, anchor: Anchor, trusted: TrustedState | None = None, options: AnchorOptions = DEFAULT_OPTIONS
    ) -> Proven:
        """The state that `anchor` proves now, to whoever holds the trust file, or `trusted`."""
        start = trusted or verify_first(self.trusted, self.light_block(1))
        return verify_anchor(start, anchor, self.now_ms, options)

    def light_block(self, height: int) -> LightBlock:
        """A copy of the light block of `height`, made now if it is the next."""
        if height not in self.headers:
            self._make_header(height, self.time_ms)
        copy = LightBlock()
        copy.CopyFrom(self.headers[height].light_block)
        return copy

    def get_names(self, height: int) -> tuple[str, ...]:
        """Who signs the header of `height`: a change in block c is in force at c + 2."""
        in_force = [change for change in self.changes if change + 2 <= height]
        return self.changes[max(in_force)] if in_force else VALIDATORS

    # blocks

    def pass_block(self) -> None:
        """A block without transactions."""
        self._commit(self._begin_block())

    def settle(self, batch: Batch) -> Receipt:
        """A block has accepted the signed batch; returns what a node shows of it."""
        block = self._begin_block()
        apply_transactions(block, [[batch]])
        index = block.results[0][0].batch_index
        self._commit(block)
        receipt = build_receipt(self.provable, index)
        assert receipt is not None
        return receipt

    def change_validators(self, *names: str) -> None:
        """A block that changes the set to `names`."""
        self.changes[self.height] = names
        self.pass_block()

    def draft_header(self, height: int, time_ms: int) -> BlockDraft:
        """What the header of `height`, the next one or one before, is made of."""
        last = self.headers.get(height - 1)
        return BlockDraft(
            chain_id=self.chain_id,
            height=height,
            time_ms=time_ms,
            transactions=(),
            previous_results=(),
            app_hash=self.head.app_hash,
            validators=build_validators(self.get_names(height)),
            next_validators=build_validators(self.get_names(height + 1)),
            last_block_id=last.block_id if last else None,
            last_commit=last.commit if last else None,
        )

    def _begin_block(self) -> Block:
        if (
            self.head.height == self.height == 0 and not self.sizes[BATCH]
        ):  # the sandbox has made a plain view
            plain, self.view = self.view, StoreView()
            self.view.rows.update(plain.rows)
            self.view.store.commit(plain.rows)
        if self.height and self.height not in self.headers:
            self._make_header(self.height, self.time_ms)
        block = super()._begin_block()
        block.chain_id = self.chain_id
        block.prev_app_hash = self.head.app_hash
        return block

    def _commit(self, block: Block) -> list[list[Code]]:
        outcome = seal_block(block, self.view, self.head, self.trees.trees)
        codes = super()._commit(block)
        self.view.rows.update(outcome.writes)
        self.view.store.commit(outcome.writes)
        self.trees.commit(outcome)
        self.head = outcome.head
        return codes

    def _make_header(self, height: int, time_ms: int) -> None:
        assert height == self.head.height + 1, "a header is made of the newest state"
        self.headers[height] = sign_draft(self.draft_header(height, time_ms), self.get_names(height))

    def _time_of(self, height: int) -> int:
        return compute_time_ms(self.headers[height].header.time)


def sign_draft(draft: BlockDraft, names: Iterable[str]) -> SignedBlock:
    """The block of `draft`, signed by `names`; whoever of its validators is not among them is absent."""
    seeds = [compute_validator_seed(name) for name in names]
    signers = {ed25519.compute_public_key(seed): partial(ed25519.sign, seed) for seed in seeds}
    return build_signed_block(draft, signers)


def verify_first(trusted: TrustedState, light_block: LightBlock) -> TrustedState:
    """The trust in the first block, as a client that was there at the time would hold it."""
    return verify_light_block(
        trusted, light_block, compute_time_ms(light_block.signed_header.header.time) + 1
    )


def fails(check: Callable[[], object]) -> Code | None:
    """The code with which `check` fails to verify, or None if it does not."""
    try:
        check()
    except VerificationFailed as error:
        return error.code
    return None


def altered(message: M, change: Callable[[M], object]) -> M:
    """A copy of `message` after `change`: a lie told with a true answer's means."""
    lie = type(message)()
    lie.CopyFrom(message)
    change(lie)
    return lie


def flip(data: bytes, position: int = 0) -> bytes:
    """`data` with one bit of the byte at `position` turned."""
    return data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]
