"""`ca`: a member's transport CA and the leaves of its systems and nodes (SPEC 6.3). Run it offline."""

import secrets
import time
from pathlib import Path
from typing import Annotated, Final

import typer
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

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
from zhenglian_ledger.keys import compute_point
from zhenglian_node.cli.files import SECRET, create_file, read_file, verify_absent
from zhenglian_node.cli.output import Json, output

CA_KEY: Final = "ca.key.pem"
CA_CERTIFICATE: Final = "ca.crt.pem"
DAY_MS: Final = 86_400_000

ca_app = typer.Typer(no_args_is_help=True, help="成员单位传输证书 / a member's channel certificates")


@ca_app.command("init")
def init(
    member: Annotated[str, typer.Option(help="成员单位标识 / the member's id")],
    out: Annotated[Path, typer.Option(help="目录 / directory for ca.key.pem and ca.crt.pem")],
    days: Annotated[int, typer.Option(min=1, max=36_500)] = 3_650,
    json: Json = False,
) -> None:
    """建立成员单位的传输 CA / make a member's transport CA."""
    verify_absent(out / CA_KEY)
    key = ec.generate_private_key(ec.SECP256R1())
    now_ms = _now_ms()
    certificate = build_member_ca(
        key,
        member=member,
        serial=_draw_serial(),
        not_before_ms=now_ms - DAY_MS,
        not_after_ms=now_ms + days * DAY_MS,
    )
    create_file(out / CA_KEY, format_private_key_pem(key), SECRET)
    create_file(out / CA_CERTIFICATE, format_certificate_pem(certificate))
    output.result({("成员单位的传输 CA", "transport_ca"): certificate.hex()}, as_json=json)


@ca_app.command("issue")
def issue(  # noqa: PLR0913  one argument an option
    *,
    ca: Annotated[Path, typer.Option(help="CA 目录 / the CA's directory")],
    name: Annotated[str, typer.Option(help="信息系统或节点名 / the system's or node's name")],
    out: Annotated[Path, typer.Option(help="证书文件 / the certificate's file, PEM")],
    request: Annotated[Path | None, typer.Option(help="证书请求 / an answered request, PEM")] = None,
    key_out: Annotated[Path | None, typer.Option(help="新私钥文件 / a fresh key's file, PEM")] = None,
    dns: Annotated[list[str] | None, typer.Option(help="DNS 名 / DNS name, repeatable")] = None,
    ip: Annotated[list[str] | None, typer.Option(help="IP 地址 / IP address, repeatable")] = None,
    days: Annotated[int, typer.Option(min=1, max=3_650)] = 365,
    json: Json = False,
) -> None:
    """签发证书：应答证书请求，或另生成私钥 / issue a leaf for a request, or with a fresh key."""
    public_key = _take_public_key(request, key_out)
    now_ms = _now_ms()
    certificate = build_leaf(
        public_key,
        ca_certificate=parse_certificate_pem(read_file(ca / CA_CERTIFICATE)),
        ca_key=parse_private_key_pem(read_file(ca / CA_KEY)),
        system=name,
        dns_names=dns or (),
        ip_addresses=ip or (),
        serial=_draw_serial(),
        not_before_ms=now_ms - DAY_MS,
        not_after_ms=now_ms + days * DAY_MS,
    )
    create_file(out, format_certificate_pem(certificate))
    output.result(
        {
            ("登记用公钥", "public key"): compute_point(public_key).hex(),
            ("密钥标识", "key id"): compute_transport_key_id(certificate).hex(),
        },
        as_json=json,
    )


def _take_public_key(request: Path | None, key_out: Path | None) -> ec.EllipticCurvePublicKey:
    """The key of the request, which proves that its sender holds it, or of a key made here."""
    if request is not None and key_out is None:
        return _read_request(request)
    if request is None and key_out is not None:
        key = ec.generate_private_key(ec.SECP256R1())
        create_file(key_out, format_private_key_pem(key), SECRET)
        return key.public_key()
    raise InvalidInput(Code.INPUT_INVALID, what="--request / --key-out")


def _read_request(request: Path) -> ec.EllipticCurvePublicKey:
    try:
        parsed = x509.load_pem_x509_csr(read_file(request))
    except ValueError as error:
        raise InvalidInput(Code.INPUT_INVALID, what=str(request)) from error
    public_key = parsed.public_key()
    if not isinstance(public_key, ec.EllipticCurvePublicKey) or not isinstance(
        public_key.curve, ec.SECP256R1
    ):
        raise InvalidInput(Code.INPUT_INVALID, what=str(request))
    if not parsed.is_signature_valid:
        raise InvalidInput(Code.INPUT_INVALID, what=str(request))
    return public_key


def _draw_serial() -> int:
    """RFC 5280 4.1.2.2: positive, at most 20 octets; 64 bits of randomness and more."""
    return secrets.randbits(150) | 1


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
