"""Handing trust on: a trust file for another system, of the newest header that this one trusts (SPEC 8.1).

It is worth as much as the way it is handed over: both sides compare its digest by eye, over another channel.
"""

from hashlib import sha256
from typing import Final

from zhenglian_ledger.cometbft.light import TrustAnchor
from zhenglian_ledger.cometbft.validators import compute_validators_hash
from zhenglian_ledger.trustfile import TrustFile
from zhenglian_sdk.client.trust import TrustStore

_GROUP: Final = 8


def build_trust_file(trust: TrustStore) -> TrustFile:
    """The trust file of the newest trusted header; before any was seen, the one that trust began with.

    Raises PROOF_FORK if nothing is trusted any more.
    """
    trust.verify_one_history()
    state, began = trust.state, trust.trust_file
    if state is None or state.validators is None:
        return began
    anchor = TrustAnchor(
        chain_id=state.chain_id,
        era=state.era,
        height=state.height,
        header_hash=state.header_hash,
        validators_hash=compute_validators_hash(state.validators),
    )
    members = tuple((each.pub_key.ed25519, each.voting_power) for each in state.validators.validators)
    return TrustFile(anchor, members, began.genesis_digest, state.time_ms)


def compute_digest(text: str) -> str:
    """What people compare: SHA-256 of the file, in eight groups of eight hexadecimal digits."""
    digits = sha256(text.encode()).hexdigest()
    return " ".join(digits[at : at + _GROUP] for at in range(0, len(digits), _GROUP))
