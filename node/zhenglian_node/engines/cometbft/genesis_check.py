"""CometBFT's genesis and ours tell of one ledger, whatever era it is in.

CometBFT keeps the genesis of its first start in its own database and never compares the file again, so a
wrong file would go unnoticed until somebody needs it: it is looked at on every start.
"""

import json

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_ledger.genesis import compute_chain_id, compute_genesis_digest, parse_genesis
from zhenglian_node.engines.cometbft.home import build_cometbft_genesis


def verify_cometbft_genesis(text: str, genesis_bytes: bytes) -> None:
    """CometBFT's genesis.json is of our genesis and, in the first era, is all that follows from it.

    A later era's other fields are compared when CometBFT begins it. Raises StoreError(GENESIS_MISMATCH).
    """
    digest, genesis = compute_genesis_digest(genesis_bytes), parse_genesis(genesis_bytes)
    expected = compute_chain_id(genesis.name, digest), digest.hex()
    try:
        fields = json.loads(text)
        found = fields["chain_id"], fields["app_state"]["genesis_digest"]
        is_later = "era_digest" in fields["app_state"]
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(Code.GENESIS_MISMATCH) from error
    if found != expected or not (is_later or fields == json.loads(build_cometbft_genesis(genesis))):
        raise StoreError(Code.GENESIS_MISMATCH)
