"""Certificates for tests: a member's CA and leaves under it, valid today, as PEM files."""

import time
from dataclasses import dataclass
from pathlib import Path

from zhenglian_ledger.certificates import (
    build_leaf,
    build_member_ca,
    compute_transport_key_id,
    format_certificate_pem,
    format_private_key_pem,
)
from zhenglian_ledger.keys import derive_p256_key
from zhenglian_sdk.channel import TlsFiles

HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Leaf:
    """One side of a channel: its files and its transport key id."""

    files: TlsFiles
    key_id: bytes


class MemberPki:
    """A member's CA in a directory; the same name gives the same keys."""

    def __init__(self, directory: Path, member: str) -> None:
        """Write the CA's certificate to `directory`/`member`.ca.pem."""
        self._directory = directory
        self._member = member
        now_ms = time.time_ns() // 1_000_000
        self._interval = {"not_before_ms": now_ms - HOUR_MS, "not_after_ms": now_ms + 24 * HOUR_MS}
        self._key = derive_p256_key(_seed(member))
        self.certificate = build_member_ca(self._key, member=member, serial=1, **self._interval)
        self.root = directory / f"{member}.ca.pem"
        self.root.write_bytes(format_certificate_pem(self.certificate))

    def issue(self, system: str, *, roots: tuple[Path, ...] = ()) -> Leaf:
        """A leaf for `system` at localhost, trusting `roots` or else this member's own CA."""
        key = derive_p256_key(_seed(f"{self._member}/{system}"))
        leaf = build_leaf(
            key.public_key(),
            ca_certificate=self.certificate,
            ca_key=self._key,
            system=system,
            dns_names=["localhost"],
            ip_addresses=["127.0.0.1"],
            serial=2,
            **self._interval,
        )
        certificate = self._directory / f"{self._member}.{system}.pem"
        private_key = self._directory / f"{self._member}.{system}.key.pem"
        certificate.write_bytes(format_certificate_pem(leaf))
        private_key.write_bytes(format_private_key_pem(key))
        return Leaf(TlsFiles(certificate, private_key, roots or (self.root,)), compute_transport_key_id(leaf))


def _seed(name: str) -> bytes:
    return name.encode().ljust(32, b"\0")[:32]
