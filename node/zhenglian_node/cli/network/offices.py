"""agency.toml of a member's office system: whom it asks, as whom, and what it trusts.

The file lies beside the system's keys; in a home it waits to be carried there, with trust.json and the CAs.
"""

from typing import Final

AGENCY: Final = "agency.toml"
AUTHORITIES: Final = "authorities.pem"
TRUST: Final = "trust.json"


def build_agency_config(
    system: str, node: str, second_node: str, *, trust: str = TRUST, authorities: str = AUTHORITIES
) -> str:
    """The text; `node` is the member's own (host:port), `second_node` another member's, or empty."""
    second = f'\n[second_node]\ntarget = "{second_node}"\n' if second_node else ""
    return f"""\
# 业务系统 An office system of zhenglian. Paths are relative to this file.
system = "{system}"
key_file = "sign.key.json"
passphrase_file = "passphrase"
trust_file = "{trust}"
state_dir = "state"
actor_key_file = "actor.key"

[node]
target = "{node}"
{second}
[tls]
certificate = "tls.pem"
key = "tls.key.pem"
roots = ["{authorities}"]
"""
