"""The configuration of each program of the story, as text for its own folder: paths are relative to it."""

from os.path import relpath
from pathlib import Path

from story import world
from story.home import NODE, PROXY, Home
from zhenglian_ledger.certificates import compute_transport_key_id, parse_certificate_pem


def build_agency_config(home: Home, system: str, node: str = "") -> str:
    """The configuration of a system's client: its member's node, and another member's where there is one.

    With `node` (host:port) it takes that one for its node, and has no other.
    """
    vaults = "\n".join(f'{unit} = "{vault}"' for unit, vault in world.VAULT_BY_UNIT.items())
    second = "" if node else home.get_second_node(system)
    other = f'\n[second_node]\ntarget = "{second}"\n' if second else ""
    return f"""system = "{system}"
key_file = "sign.key.json"
passphrase_file = "passphrase"
trust_file = "{_locate(home, system, home.trust)}"
state_dir = "state"
actor_key_file = "actor.key"
recipient_key_file = "recipient.key.json"

[node]
target = "{node or home.get_node(system)}"
{other}
[gateway]
target = "{home.addresses[world.IDENTITY]}"

[vaults]
{vaults}

[tls]
certificate = "tls.pem"
key = "tls.key.pem"
roots = ["{_locate(home, system, home.authorities)}"]
"""


def build_proxy_config(home: Home) -> str:
    """The lying proxy before the centre's node: to callers a node, to the node a relay."""
    relay = _locate(home, PROXY, home.get_system(world.CENTRE_RELAY))
    roots = _locate(home, PROXY, home.authorities)
    return f"""listen = "{home.addresses[PROXY]}"
node = "{home.addresses[NODE]}"
lie = "lie.txt"

[server]
certificate = "tls.pem"
key = "tls.key.pem"
roots = "{roots}"

[relay]
certificate = "{relay}/tls.pem"
key = "{relay}/tls.key.pem"
roots = "{roots}"
"""


def build_vault_config(home: Home, vault: str) -> str:
    """A vault, asking its own member's node."""
    return f"""listen = "{home.addresses[vault]}"
unit = "{world.SYSTEM_BY_ID[vault].unit}"
system = "{vault}"
store = "store"
trust = "{_locate(home, vault, home.trust)}"
trust_state = "trust"
key_file = "sign.key.json"
content_key_file = "content.key.json"
passphrase_file = "passphrase"

[tls]
certificate = "tls.pem"
key = "tls.key.pem"
roots = ["{_locate(home, vault, home.authorities)}"]

[node]
target = "{home.get_node(vault)}"
"""


def build_gateway_config(home: Home) -> str:
    """The identity gateway, and the certificates by which it knows its callers."""
    system = world.IDENTITY
    lines = [
        f'listen = "{home.addresses[system]}"',
        f'system = "{system}"',
        "level = 3",
        f'genesis = "{_locate(home, system, home.genesis)}"',
        'key_file = "sign.key.json"',
        'passphrase_file = "passphrase"',
        'pseudonym_key_file = "pseudonym.key"',
        'request_log = "requests.jsonl"',
        '[tls]\ncertificate = "tls.pem"\nkey = "tls.key.pem"',
        f'roots = ["{_locate(home, system, home.authorities)}"]',
        "[rate]\nburst = 8192\nper_second = 256",
    ]
    for caller in world.SYSTEMS:
        certificate = parse_certificate_pem((home.get_system(caller.id) / "tls.pem").read_bytes())
        key = compute_transport_key_id(certificate).hex()
        lines.append(f'[[callers]]\nsystem = "{caller.id}"\nkey = "{key}"')
    return "\n".join(lines) + "\n"


def _locate(home: Home, system: str, path: Path) -> str:
    """`path` as a file in the folder of `system` names it."""
    return relpath(path, home.get_system(system))
