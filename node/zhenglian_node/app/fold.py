"""A store computed anew from the logs of another, for `fsck --full` and `rebuild` (SPEC 4.8)."""

from zhenglian_ledger import rows
from zhenglian_ledger.codes import Code
from zhenglian_ledger.crypto.ed25519 import is_signature_valid
from zhenglian_ledger.errors import StoreError
from zhenglian_ledger.genesis import apply_genesis, compute_chain_id, compute_genesis_digest, parse_genesis
from zhenglian_ledger.head import Head
from zhenglian_ledger.replay import iterate_stored_blocks, replay_block
from zhenglian_ledger.state import View
from zhenglian_node.app.format import get_genesis, get_head, get_initial_height, verify_format
from zhenglian_node.storage.port import Store


def fold(source: View, target: Store) -> Head:
    """Every logical and derived row of `target`, an empty store, follows from the logs of `source`.

    Returns the head after the newest block with a batch. Raises StoreError(STORE_CORRUPTED) naming the
    first batch that does not follow from those before it, STORE_OTHER_RULES.
    """
    verify_format(source)
    stored = get_head(source)
    if stored is None:
        raise StoreError(Code.STORE_CORRUPTED, what="the head is missing")
    genesis_bytes = get_genesis(source)
    chain_id = compute_chain_id(parse_genesis(genesis_bytes).name, compute_genesis_digest(genesis_bytes))
    outcome, trees = apply_genesis(target, genesis_bytes, initial_height=get_initial_height(source))
    target.commit(outcome.writes)
    outcome.commit_to(trees)
    head = outcome.head
    _verify_genesis_leaves(source, target, head.sizes[rows.BATCH])
    for batches in iterate_stored_blocks(source, head.sizes[rows.BATCH], stored.sizes[rows.BATCH]):
        outcome = replay_block(
            target,
            head,
            trees,
            batches,
            chain_id=chain_id,
            is_signature_valid=lambda key, batch: is_signature_valid(
                key, batch.signed_bytes, batch.signature
            ),
        )
        target.commit(outcome.writes)
        outcome.commit_to(trees)
        head = outcome.head
    return head


def _verify_genesis_leaves(source: View, target: View, count: int) -> None:
    for index in range(count):
        key = rows.entry_key(rows.BATCH, index)
        if source.get(key) != target.get(key):
            raise StoreError(Code.STORE_CORRUPTED, what=f"batch {index} of genesis gives another leaf")
