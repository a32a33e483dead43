"""X.509 certificates of the channels, P-256 only (SPEC 6.3): a member's CA and the leaves of its systems.

Pure: keys, serial numbers and times are arguments and ECDSA is deterministic (RFC 6979), so the same
arguments give the same bytes. A leaf serves both sides of mTLS. What identifies a system is the leaf's
public key, not its name: a leaf may be renewed with the same key without telling the ledger.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput
from zhenglian_ledger.keys import compute_key_id, compute_point
from zhenglian_proto.v1 import batch_pb2

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LEAF_USAGES: Final = x509.ExtendedKeyUsage(
    [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
)


def build_member_ca(
    key: ec.EllipticCurvePrivateKey, *, member: str, serial: int, not_before_ms: int, not_after_ms: int
) -> bytes:
    """DER of a self-signed CA that signs leaves only; `member` is its common name (≤ 64 characters).

    Raises InvalidInput(INPUT_INVALID) naming the argument that no certificate could hold.
    """
    name = _build_name(member)
    builder = _start(
        name, name, key.public_key(), serial=serial, not_before_ms=not_before_ms, not_after_ms=not_after_ms
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_build_key_usage(is_ca=True), critical=True)
    return _sign(builder, key)


def build_leaf(  # noqa: PLR0913  one argument a field of the certificate
    public_key: ec.EllipticCurvePublicKey,
    *,
    ca_certificate: bytes,
    ca_key: ec.EllipticCurvePrivateKey,
    system: str,
    dns_names: Sequence[str] = (),
    ip_addresses: Sequence[str] = (),
    serial: int,
    not_before_ms: int,
    not_after_ms: int,
) -> bytes:
    """DER of a leaf for `system` (its common name), for client and server, under the DER CA `ca_certificate`.

    Raises InvalidInput(INPUT_INVALID) naming the argument that no certificate could hold, or a CA key that is
    not the certificate's; WRONG_INTERVAL for its times.
    """
    issuer = parse_certificate(ca_certificate)
    if issuer.public_key() != ca_key.public_key():
        raise InvalidInput(Code.INPUT_INVALID, what="ca_key")
    builder = _start(
        _build_name(system),
        issuer.subject,
        public_key,
        serial=serial,
        not_before_ms=not_before_ms,
        not_after_ms=not_after_ms,
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_build_key_usage(is_ca=False), critical=True)
    builder = builder.add_extension(_LEAF_USAGES, critical=False)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
    )
    names = _build_alternative_names(dns_names, ip_addresses)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return _sign(builder, ca_key)


def compute_transport_key_id(certificate: bytes) -> bytes:
    """The key id (suite P256, over the 65-byte uncompressed point) of a DER certificate's public key.

    Raises InvalidInput(INPUT_INVALID) unless it is a certificate of a P-256 key.
    """
    public_key = parse_certificate(certificate).public_key()
    if not isinstance(public_key, ec.EllipticCurvePublicKey) or not isinstance(
        public_key.curve, ec.SECP256R1
    ):
        raise InvalidInput(Code.INPUT_INVALID, what="certificate")
    return compute_key_id(batch_pb2.SUITE_P256, compute_point(public_key))


def parse_certificate(certificate: bytes) -> x509.Certificate:
    """The certificate in DER bytes; raises InvalidInput(INPUT_INVALID)."""
    try:
        return x509.load_der_x509_certificate(certificate)
    except ValueError as error:
        raise InvalidInput(Code.INPUT_INVALID, what="certificate") from error


def format_certificate_pem(certificate: bytes) -> bytes:
    """PEM of a DER certificate; raises InvalidInput(INPUT_INVALID)."""
    return parse_certificate(certificate).public_bytes(Encoding.PEM)


def parse_certificate_pem(pem: bytes) -> bytes:
    """DER of the first certificate in PEM text; raises InvalidInput(INPUT_INVALID)."""
    try:
        return x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    except ValueError as error:
        raise InvalidInput(Code.INPUT_INVALID, what="certificate") from error


def format_private_key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """PEM (PKCS #8, not encrypted: a TLS server must read it at start) of a private key."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def parse_private_key_pem(pem: bytes) -> ec.EllipticCurvePrivateKey:
    """The P-256 key in PEM text; raises InvalidInput(INPUT_INVALID)."""
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise InvalidInput(Code.INPUT_INVALID, what="private key") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise InvalidInput(Code.INPUT_INVALID, what="private key")
    return key


def _start(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    *,
    serial: int,
    not_before_ms: int,
    not_after_ms: int,
) -> x509.CertificateBuilder:
    if not 0 <= not_before_ms < not_after_ms:
        raise InvalidInput(Code.WRONG_INTERVAL)
    if not 0 < serial < 1 << 159:  # RFC 5280 4.1.2.2: at most 20 octets, positive
        raise InvalidInput(Code.INPUT_INVALID, what="serial")
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(serial)
        .not_valid_before(_build_time(not_before_ms))
        .not_valid_after(_build_time(not_after_ms))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _sign(builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey) -> bytes:
    return builder.sign(key, hashes.SHA256(), ecdsa_deterministic=True).public_bytes(Encoding.DER)


def _build_time(time_ms: int) -> datetime:
    """The time in whole seconds, as X.509 has it."""
    try:
        return _EPOCH + timedelta(seconds=time_ms // 1000)
    except OverflowError as error:
        raise InvalidInput(Code.INPUT_INVALID, what="time") from error


def _build_name(common_name: str) -> x509.Name:
    try:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    except ValueError as error:
        raise InvalidInput(Code.INPUT_INVALID, what="common name") from error


def _build_key_usage(*, is_ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_ca,
        key_cert_sign=is_ca,
        crl_sign=is_ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _build_alternative_names(dns_names: Sequence[str], ip_addresses: Sequence[str]) -> list[x509.GeneralName]:
    try:
        names: list[x509.GeneralName] = [x509.DNSName(name) for name in dns_names]
        addresses: list[IPv4Address | IPv6Address] = [ip_address(text) for text in ip_addresses]
    except ValueError as error:
        raise InvalidInput(Code.INPUT_INVALID, what="alternative name") from error
    return names + [x509.IPAddress(address) for address in addresses]
