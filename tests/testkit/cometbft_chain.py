"""A chain of real headers, grown block by block with real keys, for tests of whatever verifies headers."""

from collections.abc import Iterable, Sequence
from functools import partial
from hashlib import sha256

from zhenglian_ledger.cometbft.light import TrustAnchor
from zhenglian_ledger.cometbft.signed_header import BlockDraft, SignedBlock, build_signed_block
from zhenglian_ledger.cometbft.validators import build_validator_set, compute_validators_hash
from zhenglian_ledger.crypto.ed25519 import compute_public_key, sign
from zhenglian_proto.v1.cometbft_pb2 import ExecTxResult, LightBlock, ValidatorSet

GENESIS_TIME_MS = 1_700_000_000_000
GENESIS_DIGEST = sha256(b"a genesis").digest()
CHAIN_ID = "sandbox-" + GENESIS_DIGEST[:4].hex()
BLOCK_MS = 1000


def seed_of(name: str) -> bytes:
    """Return the key seed of the validator called `name`."""
    return sha256(b"validator " + name.encode()).digest()


def validators_of(names: Iterable[str]) -> ValidatorSet:
    """Return the set of the named validators, power 1 each."""
    return build_validator_set((compute_public_key(seed_of(name)), 1) for name in names)


class TestChain:
    """Blocks from height 1 on; `light_block(h)` is what a node would hand out."""

    __test__ = False

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self.blocks: list[SignedBlock] = []

    @property
    def anchor(self) -> TrustAnchor:
        """What a trust file made before the first block says."""
        first = self.blocks[0].header.validators_hash if self.blocks else self._hash_of(self.names)
        return TrustAnchor(CHAIN_ID, 1, 0, GENESIS_DIGEST, first)

    def light_block(self, height: int) -> LightBlock:
        """Return a copy of the light block at `height`, safe to tamper with."""
        copy = LightBlock()
        copy.CopyFrom(self.blocks[height - 1].light_block)
        return copy

    def grow(
        self,
        *,
        signed_by: Sequence[str] | None = None,
        next_names: Sequence[str] | None = None,
        time_ms: int | None = None,
        transactions: Sequence[bytes] = (),
        previous_results: Sequence[ExecTxResult] = (),
        fork: str = "",
    ) -> SignedBlock:
        """Append a block signed by `signed_by` (all by default), announcing `next_names` as the next set."""
        height = len(self.blocks) + 1
        last = self.blocks[-1] if self.blocks else None
        names_after = tuple(next_names) if next_names is not None else self.names
        draft = BlockDraft(
            chain_id=CHAIN_ID,
            height=height,
            time_ms=GENESIS_TIME_MS + (height - 1) * BLOCK_MS if time_ms is None else time_ms,
            transactions=transactions,
            previous_results=previous_results,
            app_hash=sha256(f"state {height} {fork}".encode()).digest(),
            validators=validators_of(self.names),
            next_validators=validators_of(names_after),
            last_block_id=last.block_id if last else None,
            last_commit=last.commit if last else None,
        )
        signers = {
            compute_public_key(seed_of(name)): partial(sign, seed_of(name))
            for name in (self.names if signed_by is None else signed_by)
        }
        self.blocks.append(build_signed_block(draft, signers))
        self.names = names_after
        return self.blocks[-1]

    def grow_to(self, height: int) -> "TestChain":
        """Append plain blocks up to `height`."""
        while len(self.blocks) < height:
            self.grow()
        return self

    @staticmethod
    def _hash_of(names: Sequence[str]) -> bytes:
        return compute_validators_hash(validators_of(names))
