"""A member's keys, made on its own machine, and the request that shows their public halves.

    NODE/    cometbft/config/{node_key,priv_validator_key}.json tls/node.{key,crt|csr}.pem  becomes the home
    MEMBER/  ca.pem ca.key.pem recovery.key.json                      is taken offline
    OFFICE/  sign.key.json passphrase actor.key tls.key.pem tls.pem|tls.csr.pem      is the office system's

A full node has a validator key too: a vote may make it a validator later. Nothing is overwritten.
"""

import secrets
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from zhenglian_ledger.certificates import (
    build_leaf,
    build_member_ca,
    format_certificate_pem,
    format_private_key_pem,
    parse_certificate_pem,
    parse_private_key_pem,
)
from zhenglian_ledger.crypto import ed25519
from zhenglian_ledger.join_request import JoinRequest, format_request
from zhenglian_ledger.keyfile import DEFAULT_COST, NONCE_SIZE, SALT_SIZE, KdfCost, seal_key
from zhenglian_ledger.keys import SEED_SIZE, compute_point
from zhenglian_node.cli.files import SECRET, create_file, provide_private_directory, read_file, verify_absent
from zhenglian_node.cli.homes import build_certificate_request
from zhenglian_node.cli.network.requests import CITY
from zhenglian_node.config import build_cometbft_config
from zhenglian_node.engines.cometbft.home import FIRST_STATE, format_node_key, format_validator_key
from zhenglian_proto.v1.batch_pb2 import SUITE_ED25519
from zhenglian_proto.v1.members_pb2 import KEY_USAGE_RECOVERY, KEY_USAGE_SIGN, KeyUsage, Tier

REQUEST: Final = "request.json"
CA_CERTIFICATE: Final = "ca.pem"
CA_KEY: Final = "ca.key.pem"
RECOVERY_KEY: Final = "recovery.key.json"
SIGN_KEY: Final = "sign.key.json"
ACTOR_KEY: Final = "actor.key"
ACTOR_KEY_SIZE: Final = 32
PASSPHRASE: Final = "passphrase"  # noqa: S105  a file's name
DAY_MS: Final = 86_400_000
CA_DAYS: Final = 3_650
LEAF_DAYS: Final = 365


@dataclass(frozen=True, slots=True)
class Folders:
    """Where a member's files go; the three may lie on three machines afterwards."""

    node: Path
    member: Path
    office: Path


@dataclass(frozen=True, slots=True)
class RequestPlan:
    """What a member asks for; `ca_certificate` and, if at hand, `ca_key` are of a CA it has already."""

    member: str
    name: str
    tier: Tier
    p2p: str
    api: str
    passphrase: str = field(repr=False)
    now_ms: int
    votes: bool = False
    is_validator: bool = False
    region: str = CITY
    ca_certificate: Path | None = None
    ca_key: Path | None = None
    cost: KdfCost = DEFAULT_COST


@dataclass(frozen=True, slots=True)
class _Authority:
    """The member's transport CA; without its key, certificates are only asked for."""

    certificate: bytes
    key: ec.EllipticCurvePrivateKey | None
    now_ms: int

    def provide_leaf(self, name: str, host: str, path: Path) -> bytes:
        """A fresh key and its certificate, or the request for one, lie at `path`.*; its public key."""
        key = ec.generate_private_key(ec.SECP256R1())
        create_file(path.with_suffix(".key.pem"), format_private_key_pem(key), SECRET)
        if self.key is None:
            create_file(path.with_suffix(".csr.pem"), build_certificate_request(key, name))
            return compute_point(key.public_key())
        is_ip = _is_ip(host)
        leaf = build_leaf(
            key.public_key(),
            ca_certificate=self.certificate,
            ca_key=self.key,
            system=name,
            dns_names=[host] if host and not is_ip else [],
            ip_addresses=[host] if is_ip else [],
            serial=_draw_serial(),
            not_before_ms=self.now_ms - DAY_MS,
            not_after_ms=self.now_ms + LEAF_DAYS * DAY_MS,
        )
        suffix = ".crt.pem" if path.name == "node" else ".pem"
        create_file(path.with_suffix(suffix), format_certificate_pem(leaf))
        return compute_point(key.public_key())


def create_member(folders: Folders, plan: RequestPlan) -> JoinRequest:
    """The member's keys are made, each where it belongs, and its request lies beside the node's keys.

    Raises StoreError: ALREADY_INITIALISED, STORE_FAILED; InvalidInput: FILE_NOT_FOUND, INPUT_INVALID.
    """
    for folder in (folders.node, folders.member, folders.office):
        verify_absent(folder)
    for folder in (folders.node, folders.member, folders.office):
        provide_private_directory(folder)
    authority = _provide_authority(folders.member, plan)
    node_key, validator_key = _create_node_keys(folders.node)
    host = plan.api.rpartition(":")[0].strip("[]")
    authority.provide_leaf(plan.member, host, folders.node / "tls" / "node")
    request = JoinRequest(
        member=plan.member,
        name=plan.name,
        tier=plan.tier,
        region=plan.region,
        votes=plan.votes,
        is_validator=plan.is_validator,
        transport_ca=authority.certificate,
        recovery_key=_create_recovery_key(folders.member, plan),
        sign_key=_create_sign_key(folders.office, plan),
        transport_key=authority.provide_leaf(f"{plan.member}-office", "", folders.office / "tls"),
        node_key=node_key,
        validator_key=validator_key,
        p2p=plan.p2p,
        api=plan.api,
    )
    create_file(folders.node / REQUEST, format_request(request))
    return request


def _provide_authority(folder: Path, plan: RequestPlan) -> _Authority:
    """The CA that was named, else a fresh one."""
    if plan.ca_certificate is not None:
        certificate = parse_certificate_pem(read_file(plan.ca_certificate))
        key = parse_private_key_pem(read_file(plan.ca_key)) if plan.ca_key is not None else None
        return _Authority(certificate, key, plan.now_ms)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = build_member_ca(
        key,
        member=plan.member,
        serial=_draw_serial(),
        not_before_ms=plan.now_ms - DAY_MS,
        not_after_ms=plan.now_ms + CA_DAYS * DAY_MS,
    )
    create_file(folder / CA_CERTIFICATE, format_certificate_pem(certificate))
    create_file(folder / CA_KEY, format_private_key_pem(key), SECRET)
    return _Authority(certificate, key, plan.now_ms)


def _create_node_keys(home: Path) -> tuple[bytes, bytes]:
    """The public network key and the public validator key of the node that will live in `home`."""
    files = build_cometbft_config(home)
    for folder in (home / "tls", files.home, files.config.parent, files.validator_state.parent):
        provide_private_directory(folder)
    node, validator = secrets.token_bytes(SEED_SIZE), secrets.token_bytes(SEED_SIZE)
    create_file(files.node_key, format_node_key(node), SECRET)
    create_file(files.validator_key, format_validator_key(validator), SECRET)
    create_file(files.validator_state, FIRST_STATE, SECRET)
    return ed25519.compute_public_key(node), ed25519.compute_public_key(validator)


def _create_recovery_key(folder: Path, plan: RequestPlan) -> bytes:
    return _create_key(folder / RECOVERY_KEY, KEY_USAGE_RECOVERY, plan.member, plan.passphrase, plan.cost)


def _create_sign_key(folder: Path, plan: RequestPlan) -> bytes:
    """A system starts without a person, so its passphrase is drawn and lies beside the key.

    The unit's key for its clerks' pseudonyms is made with it.
    """
    create_file(folder / ACTOR_KEY, secrets.token_hex(ACTOR_KEY_SIZE), SECRET)
    passphrase = secrets.token_hex(16)
    create_file(folder / PASSPHRASE, passphrase, SECRET)
    return _create_key(folder / SIGN_KEY, KEY_USAGE_SIGN, f"{plan.member}-office", passphrase, plan.cost)


def _create_key(path: Path, usage: KeyUsage, owner: str, passphrase: str, cost: KdfCost) -> bytes:
    seed = secrets.token_bytes(SEED_SIZE)
    text = seal_key(
        seed,
        suite=SUITE_ED25519,
        usage=usage,
        owner=owner,
        passphrase=passphrase,
        salt=secrets.token_bytes(SALT_SIZE),
        nonce=secrets.token_bytes(NONCE_SIZE),
        cost=cost,
    )
    create_file(path, text, SECRET)
    return ed25519.compute_public_key(seed)


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _draw_serial() -> int:
    """RFC 5280 4.1.2.2: positive, at most 20 octets; 64 bits of randomness and more."""
    return secrets.randbits(150) | 1
