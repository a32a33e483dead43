"""How a home comes about: keys and certificates are drawn, configurations written, entries prepared.

    members: CA, RECOVERY key → systems: SIGN key, certificate → entries → genesis (a network of its own)

On a network that runs, its members' keys are there already; those whom the story brings along get theirs.
"""

import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from story import world
from story.configs import build_agency_config, build_gateway_config, build_proxy_config, build_vault_config
from story.genesis import build_genesis
from story.home import NODE, PROXY, Home, create_home, finish_home
from story.keys import (
    Authority,
    build_authority,
    build_key_file,
    build_member_key,
    build_passphrase,
    build_system_keys,
    read_authority,
    read_public_key,
    write_secret,
)
from story.network import Network
from story.registry import Entry, Registrations, build_entries
from zhenglian_ledger.certificates import format_certificate_pem
from zhenglian_ledger.genesis_text import format_genesis
from zhenglian_proto.v1.members_pb2 import KEY_USAGE_ENCRYPT, KEY_USAGE_RECOVERY, KEY_USAGE_SIGN
from zhenglian_sdk.actors import ACTOR_KEY_SIZE
from zhenglian_sdk.identity.pseudonyms import KEY_SIZE


@dataclass(frozen=True, slots=True)
class Built:
    """A home in which every program can start, and what the ledger must know of it first."""

    home: Home
    entries: tuple[Entry, ...]


def build_home(root: Path) -> Home:
    """A home with a network of its own, but for the node's store; raises HomeInUse."""
    now_ms = time.time_ns() // 1_000_000
    home = create_home(root, None)
    registrations, authorities = _build_all(home, now_ms)
    validator = _build_node(home, authorities[world.CENTRE_MEMBER])
    genesis = build_genesis(build_entries(registrations), validator, now_ms)
    home.genesis.write_text(format_genesis(genesis), encoding="utf-8")
    _configure(home)
    finish_home(home)
    return home


def build_home_on(network: Network, root: Path) -> Built:
    """A home for a story on `network`, which is still to be told of its entries; raises HomeInUse."""
    home = create_home(root, network)
    shutil.copyfile(network.trust, home.trust)
    shutil.copyfile(network.genesis, home.genesis)
    registrations, _ = _build_all(home, time.time_ns() // 1_000_000)
    _configure(home)
    finish_home(home)
    return Built(home, tuple(build_entries(registrations)))


def _build_all(home: Home, now_ms: int) -> tuple[Registrations, dict[str, Authority]]:
    """Every member and system has its keys; what is to be registered of them."""
    registrations = Registrations(endpoints=home.addresses)
    authorities = {
        member.id: _build_member(home, member.id, registrations, now_ms) for member in world.MEMBERS
    }
    known = home.network.authorities.read_bytes() if home.network else b""
    certificates = [format_certificate_pem(authority.certificate) for authority in authorities.values()]
    home.authorities.write_bytes(known + b"".join(pem for pem in certificates if pem not in known))
    for system in world.SYSTEMS:
        _build_system(home, system.id, authorities[world.get_member_of(system.id)], registrations)
    authorities[world.CENTRE_MEMBER].issue(PROXY, _make(home.get_system(PROXY)))  # looks like the node's own
    return registrations, authorities


def _build_member(home: Home, member: str, registrations: Registrations, now_ms: int) -> Authority:
    folder = home.get_member(member)
    recovery = folder / "recovery.key.json"
    if recovery.exists():
        authority, key = read_authority(member, folder, now_ms), read_public_key(recovery)
    else:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        authority = build_authority(member, folder, now_ms)
        key = build_key_file(recovery, build_passphrase(folder), usage=KEY_USAGE_RECOVERY, owner=member)
    registrations.authorities[member] = authority.certificate
    registrations.member_keys[member] = build_member_key(key)
    return authority


def _build_system(home: Home, system: str, authority: Authority, registrations: Registrations) -> None:
    folder = _make(home.get_system(system))
    passphrase = build_passphrase(folder)
    sign = build_key_file(folder / "sign.key.json", passphrase, usage=KEY_USAGE_SIGN, owner=system)
    registrations.system_keys[system] = build_system_keys(system, sign, authority.issue(system, folder))
    for name in ("recipient", *(["content"] if system in world.VAULTS else [])):
        build_key_file(folder / f"{name}.key.json", passphrase, usage=KEY_USAGE_ENCRYPT, owner=system)


def _build_node(home: Home, authority: Authority) -> bytes:
    """The node's certificate and validator key; the public key."""
    folder = _make(home.root / "validator")
    authority.issue(NODE, folder)
    return build_key_file(
        folder / "sign.key.json", build_passphrase(folder), usage=KEY_USAGE_SIGN, owner=world.CENTRE_MEMBER
    )


def _configure(home: Home) -> None:
    for vault in world.VAULTS:
        _write(home.get_system(vault) / "vault.toml", build_vault_config(home, vault))
    gateway, proxy = home.get_system(world.IDENTITY), home.get_system(PROXY)
    write_secret(gateway / "pseudonym.key", secrets.token_hex(KEY_SIZE).encode())
    _write(gateway / "gateway.toml", build_gateway_config(home))
    _write(proxy / "proxy.toml", build_proxy_config(home))
    (proxy / "lie.txt").touch()
    actor_keys = {unit.id: secrets.token_hex(ACTOR_KEY_SIZE).encode() for unit in world.UNITS}
    for system in world.SYSTEMS:
        folder = home.get_system(system.id)
        write_secret(folder / "actor.key", actor_keys[system.unit])
        _write(folder / "agency.toml", build_agency_config(home, system.id))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _make(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True)
    return folder
