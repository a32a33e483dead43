"""What the node shows and whom it lets in at the TLS handshake, both read anew while it runs.

Roots are the transport CAs of the members in force in the newest committed state: a member that joins can
connect from the next block on, one that leaves cannot any more. The node's own leaf is a root of itself: its
operator, who shows it, is let in while the ledger here does not know its CA yet (for GetStatus, since no
system has that key), and nobody else, since it is no CA. The node's own leaf is read again when its
files change, so it is renewed without a restart. A handshake that meets unreadable files keeps what was good
before.
"""

from pathlib import Path
from typing import TYPE_CHECKING, cast

import grpc
import structlog

from zhenglian_ledger.certificates import (
    format_certificate_pem,
    parse_certificate,
    parse_certificate_pem,
    parse_private_key_pem,
)
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput, StoreError
from zhenglian_node.api.channel_auth import get_roots
from zhenglian_node.app.application import Application
from zhenglian_node.config import TlsFiles

if TYPE_CHECKING:
    from collections.abc import Callable

_log = structlog.get_logger(__name__)


class LiveCredentials:
    """Server credentials that follow the ledger and the disk."""

    def __init__(self, application: Application, files: TlsFiles) -> None:
        """Read both once.

        Raises StoreError(CONFIG_INVALID): tls.certificate or tls.key cannot be used, or no member has a CA.
        """
        self._application = application
        self._files = files
        self._version = application.committed.version
        self._roots = get_roots(application.committed)
        if not self._roots:
            raise StoreError(Code.CONFIG_INVALID, field="genesis: no member has a transport_ca")
        self._stamp = _get_stamp(files)
        self._pair = read_pair(files)
        self._shown = (self._roots, self._pair)

    def build(self) -> grpc.ServerCredentials:
        """Credentials that demand a client certificate and ask `get_news` at every handshake."""
        fetch = cast("Callable[[], grpc.ServerCertificateConfiguration]", self.get_news)  # None: nothing new
        return grpc.dynamic_ssl_server_credentials(
            self._configure(), fetch, require_client_authentication=True
        )

    def get_certificate(self) -> bytes:
        """The node's own leaf as it is shown now, in PEM."""
        return self._pair[1]

    def get_news(self) -> grpc.ServerCertificateConfiguration | None:
        """The configuration if it has changed since it was given out, else None. gRPC's threads call it."""
        try:
            self._refresh()
        except Exception:  # noqa: BLE001  a handshake must not die of a file that is just being replaced
            _log.warning("the channel's certificates cannot be read again; the former ones stay")
            return None
        if self._shown == (self._roots, self._pair):
            return None
        self._shown = (self._roots, self._pair)
        return self._configure()

    def _refresh(self) -> None:
        committed = self._application.committed
        if committed.version != self._version:
            self._roots = get_roots(committed) or self._roots
            self._version = committed.version
        stamp = _get_stamp(self._files)
        if stamp != self._stamp:
            self._pair = read_pair(self._files)
            self._stamp = stamp

    def _configure(self) -> grpc.ServerCertificateConfiguration:
        roots = self._roots + format_certificate_pem(parse_certificate_pem(self._pair[1]))
        return grpc.ssl_server_certificate_configuration([self._pair], root_certificates=roots)


def read_pair(files: TlsFiles) -> tuple[bytes, bytes]:
    """(private key, certificate) in PEM, belonging together.

    Raises StoreError(CONFIG_INVALID) naming the file.
    """
    certificate = _read(files.certificate, "tls.certificate")
    key = _read(files.key, "tls.key")
    try:
        field = "tls.certificate"
        leaf = parse_certificate_pem(certificate)
        field = "tls.key"
        private_key = parse_private_key_pem(key)
    except InvalidInput as error:
        raise StoreError(Code.CONFIG_INVALID, field=field) from error
    if parse_certificate(leaf).public_key() != private_key.public_key():
        raise StoreError(Code.CONFIG_INVALID, field="tls.key")
    return key, certificate


def _read(path: Path, field: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StoreError(Code.CONFIG_INVALID, field=f"{field} ({path})") from error


def _get_stamp(files: TlsFiles) -> tuple[int, int]:
    """When the files were last changed, in nanoseconds."""
    try:
        return files.certificate.stat().st_mtime_ns, files.key.stat().st_mtime_ns
    except OSError:
        return 0, 0
