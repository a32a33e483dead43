"""The sandbox of `ledger_objects` with channels: a CA a member, a TRANSPORT key a system, a node's home.

Everything but the genesis time is made from names, so two homes of one time are one network. The node's own
leaf is issued by the centre's CA. `SandboxHome.create(directory)` makes a home that `zhenglian-node run`
accepts.
"""

import socket
import time
from collections.abc import Callable, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.testkit.ledger_objects import (
    CENTRE,
    UNITS,
    build_genesis_operations,
    build_parameters,
    compute_seed,
    key_body,
)
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.certificates import (
    build_leaf,
    build_member_ca,
    format_certificate_pem,
    format_private_key_pem,
)
from zhenglian_ledger.crypto import ed25519
from zhenglian_ledger.genesis_text import format_genesis
from zhenglian_ledger.keyfile import KdfCost, seal_key
from zhenglian_ledger.keys import compute_point, derive_p256_key
from zhenglian_ledger.rules_digest import compute_rules_digest
from zhenglian_node.cli.homes import HomePlan, create_home
from zhenglian_node.config import NodeConfig, TlsFiles
from zhenglian_proto.v1 import batch_pb2, members_pb2, operation_pb2, state_pb2

MINUTE_MS: Final = 60_000
NODE_NAME: Final = "node"
PASSPHRASE: Final = "sandbox"
FAR_MS: Final = 80 * 365 * 86_400_000
VALIDATOR: Final = "solo-validator"

SYSTEMS: Final = {f"{plan.unit}-{suffix}": plan.member for plan in UNITS for suffix, _ in plan.systems}
"""Every system of the sandbox with its member."""

Operations = list[operation_pb2.Operation]


class TlsPaths(NamedTuple):
    """PEM files of one side of a channel; `roots` holds every member's CA."""

    certificate: Path
    key: Path
    roots: Path


class SandboxHome(NamedTuple):
    """A node's home that was made, and the directory of its clients' certificates."""

    config: NodeConfig
    chain_id: str
    address: str
    clients: Path

    @classmethod
    def create(
        cls,
        directory: Path,
        *,
        extra: Sequence[operation_pb2.Operation] = (),
        change: Callable[[Operations], Operations] = lambda operations: operations,
        genesis_ms: int | None = None,
        address: str = "",
        **plan: Any,
    ) -> "SandboxHome":
        """A home under `directory`; its genesis ends with `extra`, and `plan` goes to HomePlan."""
        directory.mkdir(parents=True, exist_ok=True)
        began = int(time.time() * 1000) - MINUTE_MS if genesis_ms is None else genesis_ms
        genesis = build_genesis(change([*build_channel_operations(), *extra]), began)
        files = _write_sources(directory, genesis)
        address = address or f"127.0.0.1:{find_free_port()}"
        tls = write_tls(directory / "clients", NODE_NAME, CENTRE, server=True)
        made = create_home(
            directory / "home",
            HomePlan(
                genesis=files[0], validator_key=files[1], passphrase_file=files[2], listen=address,
                tls=TlsFiles(tls.certificate, tls.key), **plan,
            ),
        )  # fmt: skip
        return cls(made.config, made.chain_id, address, directory / "clients")

    def write_tls(self, system: str, member: str = "") -> TlsPaths:
        """Certificate, key and roots of a system of the sandbox (or of any name under the CA of `member`)."""
        return write_tls(self.clients, system, member or SYSTEMS[system])


def build_genesis(operations: Sequence[operation_pb2.Operation], genesis_ms: int) -> state_pb2.Genesis:
    """A sandbox genesis of those operations, with the solo validator of the seed `solo-validator`."""
    public_key = ed25519.compute_public_key(compute_seed(VALIDATOR))
    return state_pb2.Genesis(
        name="sandbox",
        genesis_time_ms=genesis_ms,
        mode=state_pb2.MODE_SANDBOX,
        rules_digest=compute_rules_digest(),
        parameters=build_parameters(),
        validators=[state_pb2.GenesisValidator(public_key=public_key, member=CENTRE)],
        operations=[serialise(operation) for operation in operations],
    )


def build_channel_operations() -> Operations:
    """The operations of `ledger_objects`, each member with its CA; then a TRANSPORT key a system."""
    operations = build_genesis_operations()
    sequences: dict[str, int] = {}
    for operation in operations:
        if operation.HasField("put_member"):
            operation.put_member.transport_ca = build_ca(operation.put_member.id)
        elif operation.HasField("key"):
            sequences[operation.key.body.member] = operation.key.body.sequence
    for system, member in SYSTEMS.items():
        sequences[member] += 1
        body = key_body(member, sequences[member], add=build_transport_key(system))
        operations.append(operation_pb2.Operation(key=members_pb2.KeyOperation(body=body)))
    return operations


def build_transport_key(system: str) -> members_pb2.Key:
    """The TRANSPORT key of a system, as it is registered."""
    public_key = derive_p256_key(compute_seed(f"{system}-transport")).public_key()
    return members_pb2.Key(
        suite=batch_pb2.SUITE_P256,
        public_key=compute_point(public_key),
        usage=members_pb2.KEY_USAGE_TRANSPORT,
        system=system,
    )


@cache
def build_ca(member: str) -> bytes:
    """DER of a member's CA."""
    key = derive_p256_key(compute_seed(f"{member}-ca"))
    return build_member_ca(key, member=member, serial=1, not_before_ms=0, not_after_ms=FAR_MS)


def write_tls(directory: Path, name: str, member: str, *, server: bool = False) -> TlsPaths:
    """The leaf of `name` under the CA of `member`, its key, and the CAs of all members."""
    directory.mkdir(parents=True, exist_ok=True)
    key = derive_p256_key(compute_seed(f"{name}-transport"))
    leaf = build_leaf(
        key.public_key(), ca_certificate=build_ca(member), system=name,
        ca_key=derive_p256_key(compute_seed(f"{member}-ca")),
        dns_names=["localhost"] if server else (), ip_addresses=["127.0.0.1"],
        serial=int.from_bytes(sha256(name.encode()).digest()[:8], "big") | 1,
        not_before_ms=0, not_after_ms=FAR_MS,
    )  # fmt: skip
    paths = TlsPaths(directory / f"{name}.crt.pem", directory / f"{name}.key.pem", directory / "roots.pem")
    paths.certificate.write_bytes(format_certificate_pem(leaf))
    paths.key.write_bytes(format_private_key_pem(key))
    members = dict.fromkeys(SYSTEMS.values())
    paths.roots.write_bytes(b"".join(format_certificate_pem(build_ca(each)) for each in members))
    return paths


def find_free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _write_sources(directory: Path, genesis: state_pb2.Genesis) -> tuple[Path, Path, Path]:
    """What `init` is given: genesis, validator key file (with a cheap key derivation), passphrase file."""
    files = (directory / "genesis.json", directory / "validator.key.json", directory / "passphrase")
    files[0].write_text(format_genesis(genesis), encoding="utf-8")
    sealed = seal_key(
        compute_seed(VALIDATOR), suite=batch_pb2.SUITE_ED25519, usage=members_pb2.KEY_USAGE_SIGN,
        owner=CENTRE, passphrase=PASSPHRASE, salt=bytes(16), nonce=bytes(12), cost=KdfCost(n=2),
    )  # fmt: skip
    files[1].write_text(sealed, encoding="utf-8")
    files[2].write_text(PASSPHRASE + "\n", encoding="utf-8")
    return files
