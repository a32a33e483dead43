"""`status`: asks a running node over its own port, as any client would, with the node's own certificate."""

from pathlib import Path

import grpc
from cryptography import x509

from zhenglian_ledger.certificates import format_certificate_pem
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput, Unreachable
from zhenglian_ledger.genesis_text import parse_draft
from zhenglian_node.api.credentials import read_pair
from zhenglian_node.cli.files import read_text
from zhenglian_node.config import NodeConfig
from zhenglian_proto.v1.node_pb2 import NodeStatus, StatusRequest
from zhenglian_proto.v1.node_pb2_grpc import NodeStub
from zhenglian_proto.v1.operation_pb2 import Operation

TIMEOUT_SECONDS = 5.0
_EVERYWHERE = ("0.0.0.0", "[::]")  # noqa: S104  recognised, not bound


def fetch_status(config: NodeConfig, address: str = "") -> NodeStatus:
    """What the node at `address` (by default the home's own) says of itself.

    Raises Unreachable(NODE_UNREACHABLE); StoreError(CONFIG_INVALID) if the node's certificate cannot be used.
    """
    target = address or _get_local_target(config.listen)
    key, certificate = read_pair(config.tls)
    credentials = grpc.ssl_channel_credentials(read_genesis_roots(config.genesis), key, certificate)
    options = [("grpc.ssl_target_name_override", _get_name(certificate))]
    with grpc.secure_channel(target, credentials, options) as channel:
        try:
            status: NodeStatus = NodeStub(channel).GetStatus(StatusRequest(), timeout=TIMEOUT_SECONDS)
        except grpc.RpcError as error:
            raise Unreachable(Code.NODE_UNREACHABLE, target=target) from error
    return status


def read_genesis_roots(genesis: Path) -> bytes:
    """The transport CAs of the members in the genesis, in PEM; raises StoreError(GENESIS_INVALID)."""
    operations = map(Operation.FromString, parse_draft(read_text(genesis)).operations)
    authorities = (operation.put_member.transport_ca for operation in operations)
    return b"".join(_format_root(authority) for authority in authorities if authority)


def _format_root(authority: bytes) -> bytes:
    try:
        return format_certificate_pem(authority)
    except InvalidInput:
        return b""


def _get_local_target(listen: str) -> str:
    host, _, port = listen.rpartition(":")
    return f"127.0.0.1:{port}" if host in _EVERYWHERE else listen


def _get_name(certificate: bytes) -> str:
    """A name that the node's certificate carries; its own loopback address need not be one."""
    leaf = x509.load_pem_x509_certificate(certificate)
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ""
    found = names.get_values_for_type(x509.DNSName) or names.get_values_for_type(x509.IPAddress)
    return str(found[0]) if found else ""
