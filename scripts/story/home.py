"""The folder of a story: made from the tables once, a folder for every member and system, left behind.

    HOME/genesis.json authorities.pem addresses.json   what everybody is given
    HOME/members/NAME/   ca.pem ca.key.pem recovery.key.json      kept offline
    HOME/systems/NAME/   agency.toml sign.key.json tls.pem …      one system's own; a vault's store
    HOME/node/           the node: node.toml, trust.json, store/
    HOME/logs/           what each process said

A program of the story opens the folder of its own system and no other.
"""

import json
import secrets
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from story import world
from story.genesis import Registrations, build_genesis
from story.keys import (
    HOST,
    Authority,
    build_authority,
    build_key_file,
    build_member_key,
    build_passphrase,
    build_system_keys,
    write_secret,
)
from zhenglian_ledger.certificates import (
    compute_transport_key_id,
    format_certificate_pem,
    parse_certificate_pem,
)
from zhenglian_ledger.genesis_text import format_genesis
from zhenglian_proto.v1.members_pb2 import KEY_USAGE_ENCRYPT, KEY_USAGE_RECOVERY, KEY_USAGE_SIGN
from zhenglian_sdk.actors import ACTOR_KEY_SIZE
from zhenglian_sdk.identity.pseudonyms import KEY_SIZE

NODE: Final = "node"
PROXY: Final = "lying-proxy"


ADDRESSES: Final = "addresses.json"
PORTS: Final = range(20_000, 32_000)


class HomeInUse(Exception):
    """The folder is not empty: a story never writes over another."""


class NoStory(Exception):
    """The folder holds no story that could be gone on with."""


@dataclass(frozen=True, slots=True)
class Home:
    """Where everything lies, and at which addresses (host:port) the programs answer."""

    root: Path
    addresses: dict[str, str]

    @property
    def node(self) -> Path:
        """The node's own folder."""
        return self.root / "node"

    @property
    def trust(self) -> Path:
        """The trust file that everybody was given out of band."""
        return self.node / "trust.json"

    @property
    def authorities(self) -> Path:
        """The CAs of all members."""
        return self.root / "authorities.pem"

    def get_member(self, member: str) -> Path:
        """The folder of a member's offline keys."""
        return self.root / "members" / member

    def get_system(self, system: str) -> Path:
        """The folder of a system."""
        return self.root / "systems" / system

    def get_log(self, process: str) -> Path:
        """What a process said."""
        return self.root / "logs" / f"{process}.log"

    def read_passphrase(self, system: str) -> str:
        """The passphrase of the key files of a system."""
        return (self.get_system(system) / "passphrase").read_text(encoding="ascii")


def build_home(root: Path) -> Home:
    """A folder in which every program of the story can start, but for the node's store; raises HomeInUse."""
    verify_free(root)
    now_ms = time.time_ns() // 1_000_000
    home = Home(root.resolve(), draw_addresses((NODE, PROXY, *world.SERVED)))
    (home.root / "logs").mkdir(parents=True)
    registrations = Registrations(endpoints=home.addresses)
    authorities = {
        member.id: _build_member(home, member.id, registrations, now_ms) for member in world.MEMBERS
    }
    home.authorities.write_bytes(
        b"".join(format_certificate_pem(authority.certificate) for authority in authorities.values())
    )
    for system in world.SYSTEMS:
        _build_system(home, system.id, authorities[world.get_member_of(system.id)], registrations)
    _build_node(home, authorities[world.CENTRE], registrations)
    genesis = build_genesis(registrations, now_ms)
    (home.root / "genesis.json").write_text(format_genesis(genesis), encoding="utf-8")
    _configure(home)
    (home.root / ADDRESSES).write_text(json.dumps(home.addresses, indent=2) + "\n", encoding="ascii")
    return home


def verify_free(root: Path) -> None:
    """A story can be told at `root`: there is nothing yet, or an empty folder; raises HomeInUse."""
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise HomeInUse(root)


def read_home(root: Path) -> Home:
    """The home that an earlier story left at `root`; raises NoStory."""
    if not (root / ADDRESSES).is_file():
        raise NoStory(root)
    return Home(root.resolve(), json.loads((root / ADDRESSES).read_text(encoding="ascii")))


def draw_addresses(names: Sequence[str]) -> dict[str, str]:
    """An address on this machine for each name, whose port is free now.

    They lie below the ports that systems give to outgoing connections, so they are likely to be free when the
    programs are started again.
    """
    free: list[int] = []
    while len(free) < len(names):
        port = secrets.choice(PORTS)
        if port not in free and _is_free(port):
            free.append(port)
    return {name: f"{HOST}:{port}" for name, port in zip(names, free, strict=True)}


def _is_free(port: int) -> bool:
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return False
    return True


def _build_member(home: Home, member: str, registrations: Registrations, now_ms: int) -> Authority:
    folder = _make(home.get_member(member))
    authority = build_authority(member, folder, now_ms)
    registrations.authorities[member] = authority.certificate
    recovery = build_key_file(
        folder / "recovery.key.json", build_passphrase(folder), usage=KEY_USAGE_RECOVERY, owner=member
    )
    registrations.member_keys[member] = build_member_key(recovery)
    return authority


def _build_system(home: Home, system: str, authority: Authority, registrations: Registrations) -> None:
    folder = _make(home.get_system(system))
    passphrase = build_passphrase(folder)
    sign = build_key_file(folder / "sign.key.json", passphrase, usage=KEY_USAGE_SIGN, owner=system)
    registrations.system_keys[system] = build_system_keys(system, sign, authority.issue(system, folder))
    for name in ("recipient", *(["content"] if system in world.VAULTS else [])):
        build_key_file(folder / f"{name}.key.json", passphrase, usage=KEY_USAGE_ENCRYPT, owner=system)


def _build_node(home: Home, authority: Authority, registrations: Registrations) -> None:
    """The node's validator key and certificate. The proxy has a certificate of the same member."""
    folder = _make(home.root / "validator")
    registrations.validator = build_key_file(
        folder / "sign.key.json", build_passphrase(folder), usage=KEY_USAGE_SIGN, owner=world.CENTRE
    )
    authority.issue(NODE, folder)
    authority.issue(PROXY, _make(home.get_system(PROXY)))


def _configure(home: Home) -> None:
    for vault in world.VAULTS:
        (home.get_system(vault) / "vault.toml").write_text(_build_vault_config(home, vault), encoding="utf-8")
    gateway = home.get_system(world.IDENTITY)
    write_secret(gateway / "pseudonym.key", secrets.token_hex(KEY_SIZE).encode())
    (gateway / "gateway.toml").write_text(_build_gateway_config(home), encoding="utf-8")
    proxy = home.get_system(PROXY)
    (proxy / "proxy.toml").write_text(_build_proxy_config(home), encoding="utf-8")
    (proxy / "lie.txt").touch()
    actor_keys = {unit.id: secrets.token_hex(ACTOR_KEY_SIZE).encode() for unit in world.UNITS}
    for system in world.SYSTEMS:
        folder = home.get_system(system.id)
        write_secret(folder / "actor.key", actor_keys[system.unit])
        (folder / "agency.toml").write_text(
            build_agency_config(home, system.id, home.addresses[NODE]), encoding="utf-8"
        )


def build_agency_config(home: Home, system: str, node: str) -> str:
    """The configuration of a system's client, for its own folder; `node` is whom it takes for its node."""
    vaults = "\n".join(f'{unit} = "{vault}"' for unit, vault in world.VAULT_BY_UNIT.items())
    return f"""system = "{system}"
key_file = "sign.key.json"
passphrase_file = "passphrase"
trust_file = "../../node/trust.json"
state_dir = "state"
actor_key_file = "actor.key"
recipient_key_file = "recipient.key.json"

[node]
target = "{node}"

[gateway]
target = "{home.addresses[world.IDENTITY]}"

[vaults]
{vaults}

[tls]
certificate = "tls.pem"
key = "tls.key.pem"
roots = ["../../authorities.pem"]
"""


def _build_proxy_config(home: Home) -> str:
    relay = f"../{world.CENTRE_RELAY}"
    return f"""listen = "{home.addresses[PROXY]}"
node = "{home.addresses[NODE]}"
lie = "lie.txt"

[server]
certificate = "tls.pem"
key = "tls.key.pem"
roots = "../../authorities.pem"

[relay]
certificate = "{relay}/tls.pem"
key = "{relay}/tls.key.pem"
roots = "../../authorities.pem"
"""


def _build_vault_config(home: Home, vault: str) -> str:
    unit = world.SYSTEM_BY_ID[vault].unit
    return f"""listen = "{home.addresses[vault]}"
unit = "{unit}"
system = "{vault}"
store = "store"
trust = "../../node/trust.json"
trust_state = "trust"
key_file = "sign.key.json"
content_key_file = "content.key.json"
passphrase_file = "passphrase"

[tls]
certificate = "tls.pem"
key = "tls.key.pem"
roots = ["../../authorities.pem"]

[node]
target = "{home.addresses[NODE]}"
"""


def _build_gateway_config(home: Home) -> str:
    lines = [
        f'listen = "{home.addresses[world.IDENTITY]}"',
        f'system = "{world.IDENTITY}"',
        "level = 3",
        'genesis = "../../genesis.json"',
        'key_file = "sign.key.json"',
        'passphrase_file = "passphrase"',
        'pseudonym_key_file = "pseudonym.key"',
        'request_log = "requests.jsonl"',
        '[tls]\ncertificate = "tls.pem"\nkey = "tls.key.pem"\nroots = ["../../authorities.pem"]',
        "[rate]\nburst = 8192\nper_second = 256",
    ]
    for system in world.SYSTEMS:
        certificate = parse_certificate_pem((home.get_system(system.id) / "tls.pem").read_bytes())
        key = compute_transport_key_id(certificate).hex()
        lines.append(f'[[callers]]\nsystem = "{system.id}"\nkey = "{key}"')
    return "\n".join(lines) + "\n"


def _make(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True)
    return folder
