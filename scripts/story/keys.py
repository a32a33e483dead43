"""Keys and certificates of the story's members and systems, written where their owner alone reads them.

A member has a transport CA and an offline RECOVERY key; a system has a SIGN key in an encrypted file and
a P-256 channel certificate. Seeds come from the operating system, so two stories never share a key.
"""

import secrets
from dataclasses import dataclass
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
from zhenglian_ledger.keyfile import NONCE_SIZE, SALT_SIZE, KdfCost, read_key_header, seal_key
from zhenglian_ledger.keys import SEED_SIZE, compute_point, compute_public_key, derive_p256_key
from zhenglian_proto.v1.batch_pb2 import SUITE_ED25519, SUITE_P256, SUITE_X25519, Suite
from zhenglian_proto.v1.members_pb2 import (
    KEY_USAGE_ENCRYPT,
    KEY_USAGE_RECOVERY,
    KEY_USAGE_SIGN,
    KEY_USAGE_TRANSPORT,
    Key,
    KeyUsage,
)

DAY_MS: Final = 86_400_000
VALID_DAYS: Final = 30
AUTHORITY_DAYS: Final = 3650
HOST: Final = "127.0.0.1"
SECRET: Final = 0o600

SANDBOX_COST: Final = KdfCost(n=1 << 12)
"""A tenth of the usual cost: the story opens two dozen key files within a second."""

_SUITES: Final = {KEY_USAGE_ENCRYPT: SUITE_X25519}


@dataclass(frozen=True, slots=True)
class Authority:
    """A member's transport CA: it signs the certificates of the member's systems and node."""

    member: str
    key: ec.EllipticCurvePrivateKey
    certificate: bytes
    now_ms: int

    def issue(self, name: str, folder: Path) -> bytes:
        """`tls.pem` and `tls.key.pem` in `folder` are a fresh certificate; its public key, 65 bytes."""
        key = derive_p256_key(secrets.token_bytes(SEED_SIZE))
        leaf = build_leaf(
            key.public_key(),
            ca_certificate=self.certificate,
            ca_key=self.key,
            system=name,
            dns_names=["localhost"],
            ip_addresses=[HOST],
            serial=secrets.randbits(128) | 1,
            not_before_ms=self.now_ms - DAY_MS,
            not_after_ms=self.now_ms + VALID_DAYS * DAY_MS,
        )
        (folder / "tls.pem").write_bytes(format_certificate_pem(leaf))
        write_secret(folder / "tls.key.pem", format_private_key_pem(key))
        return compute_point(key.public_key())


def build_authority(member: str, folder: Path, now_ms: int) -> Authority:
    """The transport CA of a member; its certificate and key are in `folder`."""
    key = derive_p256_key(secrets.token_bytes(SEED_SIZE))
    certificate = build_member_ca(
        key,
        member=member,
        serial=secrets.randbits(128) | 1,
        not_before_ms=now_ms - 2 * DAY_MS,
        not_after_ms=now_ms + AUTHORITY_DAYS * DAY_MS,
    )
    (folder / "ca.pem").write_bytes(format_certificate_pem(certificate))
    write_secret(folder / "ca.key.pem", format_private_key_pem(key))
    return Authority(member, key, certificate, now_ms)


def read_authority(member: str, folder: Path, now_ms: int) -> Authority:
    """The transport CA of a member whose certificate and key are in `folder`."""
    key = parse_private_key_pem((folder / "ca.key.pem").read_bytes())
    return Authority(member, key, parse_certificate_pem((folder / "ca.pem").read_bytes()), now_ms)


def read_public_key(path: Path) -> bytes:
    """The public key of the key file at `path`."""
    return read_key_header(path.read_text(encoding="utf-8")).public_key


def build_key_file(path: Path, passphrase: str, *, usage: KeyUsage, owner: str) -> bytes:
    """A fresh key is sealed in the file at `path`; its public key, 32 bytes."""
    suite: Suite = _SUITES.get(usage, SUITE_ED25519)
    seed = secrets.token_bytes(SEED_SIZE)
    text = seal_key(
        seed,
        suite=suite,
        usage=usage,
        owner=owner,
        passphrase=passphrase,
        salt=secrets.token_bytes(SALT_SIZE),
        nonce=secrets.token_bytes(NONCE_SIZE),
        cost=SANDBOX_COST,
    )
    write_secret(path, text.encode())
    return compute_public_key(suite, seed)


def build_passphrase(folder: Path) -> str:
    """A random passphrase, kept in the file `passphrase` of `folder`."""
    passphrase = secrets.token_hex(16)
    write_secret(folder / "passphrase", passphrase.encode())
    return passphrase


def build_member_key(public_key: bytes) -> Key:
    """The registration of a member's RECOVERY key."""
    return Key(suite=SUITE_ED25519, public_key=public_key, usage=KEY_USAGE_RECOVERY)


def build_system_keys(system: str, sign_key: bytes, transport_key: bytes) -> list[Key]:
    """The registration of a system's SIGN and TRANSPORT keys."""
    return [
        Key(suite=SUITE_ED25519, public_key=sign_key, usage=KEY_USAGE_SIGN, system=system),
        Key(suite=SUITE_P256, public_key=transport_key, usage=KEY_USAGE_TRANSPORT, system=system),
    ]


def write_secret(path: Path, data: bytes) -> None:
    """The file at `path` holds `data` and only its owner reads it."""
    path.touch(mode=SECRET)
    path.chmod(SECRET)
    path.write_bytes(data)
