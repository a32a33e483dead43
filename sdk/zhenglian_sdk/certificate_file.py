"""Certificates in files as people have them, PEM or DER; what goes to the ledger is DER."""

from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from zhenglian_ledger.certificates import parse_certificate, parse_certificate_pem
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput
from zhenglian_ledger.keys import compute_point
from zhenglian_sdk.files import read_bytes

_PEM: Final = b"-----BEGIN "
_PEM_CERTIFICATE: Final = b"-----BEGIN CERTIFICATE-----"


def read_ca_file(path: Path) -> bytes:
    """DER of the one CA certificate in the file, PEM or DER; raises FILE_NOT_FOUND, INPUT_INVALID."""
    wrong = InvalidInput(
        Code.INPUT_INVALID,
        what=f"{path}：须为一份 CA 证书（PEM 或 DER） / must be one CA certificate, in PEM or DER",
    )
    content = read_bytes(path)
    if _PEM in content and content.count(_PEM_CERTIFICATE) != 1:
        raise wrong
    try:
        der = parse_certificate_pem(content) if _PEM in content else content
        certificate = parse_certificate(der)
    except InvalidInput as error:
        raise wrong from error
    if not _is_ca(certificate):
        raise wrong
    return der


def compute_fingerprint(certificate: bytes) -> str:
    """SHA-256 of a DER certificate as `openssl x509 -fingerprint -sha256` shows it; empty for none."""
    return sha256(certificate).digest().hex(":").upper() if certificate else ""


def compute_public_point(certificate: bytes) -> bytes:
    """The P-256 public key of a DER certificate, 65 bytes; raises InvalidInput(INPUT_INVALID)."""
    public_key = parse_certificate(certificate).public_key()
    if not isinstance(public_key, ec.EllipticCurvePublicKey) or public_key.curve.name != "secp256r1":
        raise InvalidInput(Code.INPUT_INVALID, what="证书（须为P-256） certificate (must be P-256)")
    return compute_point(public_key)


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False
