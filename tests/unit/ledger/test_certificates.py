"""Channel certificates: the same arguments give the same bytes, and the key is what identifies a system."""

from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from zhenglian_ledger.certificates import (
    build_leaf,
    build_member_ca,
    compute_transport_key_id,
    format_certificate_pem,
    format_private_key_pem,
    parse_certificate_pem,
    parse_private_key_pem,
)
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput
from zhenglian_ledger.keys import compute_key_id, compute_public_key, derive_p256_key
from zhenglian_proto.v1 import batch_pb2

CA_KEY = derive_p256_key(b"\x01" * 32)
LEAF_SEED = b"\x02" * 32
LEAF_KEY = derive_p256_key(LEAF_SEED)
DAY_MS = 86_400_000


def ca() -> bytes:
    return build_member_ca(
        CA_KEY, member="11310000000000000A", serial=1, not_before_ms=0, not_after_ms=3650 * DAY_MS
    )


def leaf(
    serial: int = 2, *, ca_key: ec.EllipticCurvePrivateKey = CA_KEY, dns_name: str = "node.example"
) -> bytes:
    return build_leaf(
        LEAF_KEY.public_key(),
        ca_certificate=ca(),
        ca_key=ca_key,
        system="huangpu.counter",
        dns_names=[dns_name],
        ip_addresses=["127.0.0.1", "::1"],
        serial=serial,
        not_before_ms=0,
        not_after_ms=365 * DAY_MS,
    )


def test_the_same_arguments_give_the_same_bytes() -> None:
    assert (ca(), leaf()) == (ca(), leaf())


def test_a_leaf_is_signed_by_the_ca_and_serves_both_sides() -> None:
    certificate = x509.load_der_x509_certificate(leaf())
    certificate.verify_directly_issued_by(x509.load_der_x509_certificate(ca()))
    usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert set(usages) == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["node.example"]
    assert names.get_values_for_type(x509.IPAddress) == [ip_address("127.0.0.1"), ip_address("::1")]
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_a_ca_signs_leaves_only() -> None:
    constraints = x509.load_der_x509_certificate(ca()).extensions.get_extension_for_class(
        x509.BasicConstraints
    )
    assert constraints.critical
    assert (constraints.value.ca, constraints.value.path_length) == (True, 0)


def test_the_transport_key_id_is_the_keys_and_survives_renewal() -> None:
    public_key = compute_public_key(batch_pb2.SUITE_P256, LEAF_SEED)
    assert len(public_key) == 65
    assert compute_transport_key_id(leaf()) == compute_key_id(batch_pb2.SUITE_P256, public_key)
    assert leaf(serial=3) != leaf()
    assert compute_transport_key_id(leaf(serial=3)) == compute_transport_key_id(leaf())


def test_pem_reads_back() -> None:
    assert parse_certificate_pem(format_certificate_pem(leaf())) == leaf()
    key = parse_private_key_pem(format_private_key_pem(LEAF_KEY))
    assert key.private_numbers() == LEAF_KEY.private_numbers()


def test_every_seed_gives_a_p256_key() -> None:
    for seed in (bytes(32), b"\xff" * 32):
        assert len(compute_public_key(batch_pb2.SUITE_P256, seed)) == 65


def test_a_leaf_under_a_foreign_ca_key_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        leaf(ca_key=LEAF_KEY)
    assert caught.value.fields == {"what": "ca_key"}


def test_names_and_times_no_certificate_can_hold_are_refused() -> None:
    with pytest.raises(InvalidInput):
        leaf(dns_name="证链.example")
    with pytest.raises(InvalidInput):
        build_member_ca(CA_KEY, member="m" * 65, serial=1, not_before_ms=0, not_after_ms=1)
    with pytest.raises(InvalidInput) as caught:
        build_member_ca(CA_KEY, member="m", serial=1, not_before_ms=5, not_after_ms=5)
    assert caught.value.code == Code.WRONG_INTERVAL
    with pytest.raises(InvalidInput):
        build_member_ca(CA_KEY, member="m", serial=0, not_before_ms=0, not_after_ms=1)
    with pytest.raises(InvalidInput):
        build_member_ca(CA_KEY, member="m", serial=1, not_before_ms=0, not_after_ms=1 << 62)


def test_only_p256_is_a_transport_key() -> None:
    foreign = ec.derive_private_key(5, ec.SECP384R1())
    with pytest.raises(InvalidInput):
        compute_transport_key_id(
            build_leaf(
                foreign.public_key(),
                ca_certificate=ca(),
                ca_key=CA_KEY,
                system="s",
                serial=1,
                not_before_ms=0,
                not_after_ms=1000,
            )
        )
    rsa_key = rsa.generate_private_key(65537, 2048)
    with pytest.raises(InvalidInput):
        parse_private_key_pem(rsa_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    for garbage in (b"", b"\x30\x82", b"-----BEGIN CERTIFICATE-----\n"):
        with pytest.raises(InvalidInput):
            compute_transport_key_id(garbage)
        with pytest.raises(InvalidInput):
            parse_certificate_pem(garbage)
        with pytest.raises(InvalidInput):
            parse_private_key_pem(garbage)
