"""Making a block, in one thread: the application's calls in ABCI's order, around one signed header.

recover once: Info → InitChain;  a block: PrepareProposal → ProcessProposal → FinalizeBlock → sign → Commit
"""

from collections.abc import Sequence
from typing import NamedTuple

from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.signed_header import BlockDraft, Signer, build_signed_block
from zhenglian_ledger.cometbft.validators import build_validator_set
from zhenglian_ledger.errors import StoreError
from zhenglian_ledger.transition import BatchResult
from zhenglian_node.app.application import Application
from zhenglian_node.engines.signed_headers import get_signed_header
from zhenglian_node.engines.solo.history import LastBlock, build_history_rows, get_last_block
from zhenglian_proto.v1.cometbft_pb2 import LightBlock, SignedHeader


class SoloValidator(NamedTuple):
    """The one validator: its Ed25519 public key, and what signs with it."""

    public_key: bytes
    sign: Signer


class MadeBlock(NamedTuple):
    """A committed block: its transactions, and the fate of each one's batches."""

    height: int
    transactions: Sequence[bytes]
    results: list[list[BatchResult]]


class BlockMaker:
    """Makes one block after another on one application."""

    def __init__(self, application: Application, validator: SoloValidator) -> None:
        """Nothing is made yet; `recover` comes first."""
        self._application = application
        self._validator = validator
        self._validators = build_validator_set([(validator.public_key, 1)])
        self._last: LastBlock | None = None

    def recover(self) -> None:
        """The maker stands where the store does, with genesis applied if it was not.

        Raises StoreError: CONFIG_INVALID (the ledger's validator is another one), STORE_CORRUPTED.
        """
        application = self._application
        height = application.info().height
        if height == 0:
            application.init_chain()
        self._verify_validator()
        if height:
            self._last = get_last_block(application.committed.view, height)
            application.set_light_block(self._build_light_block(self._last.signed_header))

    @property
    def needs_proof(self) -> bool:
        """Whether a block is missing whose header would prove the newest state."""
        provable = self._application.provable
        return provable is None or provable.head.app_hash != self._application.committed.head.app_hash

    def make_block(self, waiting: Sequence[bytes], now_ms: int) -> MadeBlock:
        """The next block is committed, with what fits of `waiting`; raises StoreError: the node must end."""
        application = self._application
        head = application.committed.head
        transactions = application.prepare_proposal(waiting)
        if not application.process_proposal(transactions):
            raise StoreError(Code.STORE_FAILED, what="the node rejects its own proposal")
        height, time_ms = head.height + 1, max(head.time_ms + 1, now_ms)
        finalized = application.finalize_block(transactions, height, time_ms)
        draft = self._draft(height, time_ms, transactions, head.app_hash)
        block = build_signed_block(draft, {self._validator.public_key: self._validator.sign})
        application.commit(build_history_rows(block, finalized.tx_results), block.light_block)
        self._last = LastBlock(block.light_block.signed_header, finalized.tx_results)
        return MadeBlock(height, transactions, finalized.outcome.results)

    def get_light_block(self, height: int) -> LightBlock | None:
        """The committed header of `height` with commit and validators, or None."""
        signed_header = get_signed_header(self._application.committed.view, height)
        return None if signed_header is None else self._build_light_block(signed_header)

    def _build_light_block(self, signed_header: SignedHeader) -> LightBlock:
        return LightBlock(signed_header=signed_header, validator_set=self._validators)

    def _draft(self, height: int, time_ms: int, transactions: Sequence[bytes], app_hash: bytes) -> BlockDraft:
        last = self._last
        return BlockDraft(
            chain_id=self._application.chain_id,
            height=height,
            time_ms=time_ms,
            transactions=transactions,
            previous_results=last.results if last else (),
            app_hash=app_hash,
            validators=self._validators,
            last_block_id=last.signed_header.commit.block_id if last else None,
            last_commit=last.signed_header.commit if last else None,
        )

    def _verify_validator(self) -> None:
        if self._application.get_validators() != {self._validator.public_key: 1}:
            raise StoreError(Code.CONFIG_INVALID, field="validator key")
