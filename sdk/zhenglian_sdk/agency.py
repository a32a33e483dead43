"""The configuration of an agency's system: whom it asks, as whom, and what it trusts. One TOML file.

system = "market-office"
key_file = "sign.key.json"            # SIGN key; passphrase_file, ZHENGLIAN_PASSPHRASE, or asked for
trust_file = "trust.json"             # handed over out of band
state_dir = "state"                   # where trust is kept
actor_key_file = "actor.key"          # 64 hex digits; optional
recipient_key_file = "recipient.json" # ENCRYPT key to whose public key files are released; optional
[node]
target = "node.example:7443"          # server_name where the certificate has another name
[second_node]                         # another member's: asked what nobody can prove, and if the first
target = "node.other.example:7443"    # one fails; optional
[[more_nodes]]                        # further members', asked in this order; optional
target = "node.third.example:7443"
[gateway]                             # identity gateway; optional
target = "gateway.example:7444"
[vaults]                              # custodian unit = the system that is its vault; optional
market = "market-vault"
[tls]
certificate = "system.pem"
key = "system.key.pem"
roots = ["ca-1.pem", "ca-2.pem"]
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput, StoreError
from zhenglian_ledger.field_reader import FieldReader
from zhenglian_ledger.keyfile import read_key_header
from zhenglian_proto.v1.batch_pb2 import SUITE_X25519
from zhenglian_sdk.actors import ACTOR_KEY_SIZE
from zhenglian_sdk.channel import TlsFiles
from zhenglian_sdk.config import PASSPHRASE_VARIABLE, read_config, take_path, take_tls
from zhenglian_sdk.files import read_text

MAX_TARGET: Final = 255
MAX_SYSTEM: Final = 64
MAX_NODES: Final = 64

Passphrase = str | Callable[[], str] | None
"""A passphrase, or a function that asks for it only if no other source has it."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A service at host:port; `server_name` is its certificate's name where that is not the host."""

    target: str
    server_name: str = ""


@dataclass(frozen=True, slots=True)
class AgencyConfig:
    """What a configuration file says; paths are as they will be opened."""

    system: str
    key_file: Path
    passphrase_file: Path | None
    trust_file: Path
    state_dir: Path
    actor_key_file: Path | None
    node: Endpoint
    second_node: Endpoint | None
    gateway: Endpoint | None
    tls: TlsFiles
    vaults: Mapping[str, str]
    recipient_key_file: Path | None
    more_nodes: tuple[Endpoint, ...] = ()

    @property
    def nodes(self) -> tuple[Endpoint, ...]:
        """Every node in the order it is asked, the system's own member's first."""
        return (self.node, *([self.second_node] if self.second_node else []), *self.more_nodes)

    def read_passphrase(self, given: Passphrase = None) -> str:
        """The passphrase: as given, else from its file, else from ZHENGLIAN_PASSPHRASE, else by asking.

        Raises StoreError(CONFIG_INVALID) where there is none.
        """
        if isinstance(given, str):
            return given
        if self.passphrase_file is not None:
            return read_text(self.passphrase_file, Code.CONFIG_INVALID).removesuffix("\n")
        passphrase = os.environ.get(PASSPHRASE_VARIABLE, "") or (given() if given else "")
        if not passphrase:
            raise StoreError(Code.CONFIG_INVALID, field="passphrase_file")
        return passphrase

    def read_actor_key(self) -> bytes | None:
        """The unit's key for actor pseudonyms, 32 bytes, or None; raises FILE_NOT_FOUND, CONFIG_INVALID."""
        if self.actor_key_file is None:
            return None
        text = read_text(self.actor_key_file, Code.CONFIG_INVALID).removesuffix("\n")
        reader = FieldReader({"actor_key_file": text}, Code.CONFIG_INVALID, kind=StoreError)
        return reader.take_bytes("actor_key_file", [ACTOR_KEY_SIZE])

    def read_recipient_key(self) -> bytes | None:
        """The public key that files are released to, 32 bytes, or None; raises as `read_recipient_key`."""
        return None if self.recipient_key_file is None else read_recipient_key(self.recipient_key_file)


def read_recipient_key(path: Path) -> bytes:
    """The public key of an X25519 key file; raises InvalidInput: FILE_NOT_FOUND, KEY_FILE_INVALID."""
    header = read_key_header(read_text(path, Code.KEY_FILE_INVALID))
    if header.suite != SUITE_X25519:
        raise InvalidInput(Code.KEY_FILE_INVALID, field="suite")
    return header.public_key


def read_agency_config(path: Path | str) -> AgencyConfig:
    """The configuration in the file at `path`; paths in it are relative to its directory.

    Raises InvalidInput(FILE_NOT_FOUND), StoreError(CONFIG_INVALID) naming the field.
    """
    reader = read_config(Path(path))
    base = Path(path).resolve().parent
    config = AgencyConfig(
        system=reader.take_text("system", MAX_SYSTEM),
        key_file=take_path(reader, "key_file", base),
        passphrase_file=_take_optional_path(reader, "passphrase_file", base),
        trust_file=take_path(reader, "trust_file", base),
        state_dir=take_path(reader, "state_dir", base),
        actor_key_file=_take_optional_path(reader, "actor_key_file", base),
        node=_take_endpoint(reader.take_object("node")),
        second_node=_take_optional_endpoint(reader, "second_node"),
        more_nodes=_take_nodes(reader) if reader.has("more_nodes") else (),
        gateway=_take_optional_endpoint(reader, "gateway"),
        tls=take_tls(reader, base),
        vaults=_take_vaults(reader) if reader.has("vaults") else {},
        recipient_key_file=_take_optional_path(reader, "recipient_key_file", base),
    )
    reader.finish()
    if len({endpoint.target for endpoint in config.nodes}) < len(config.nodes):
        raise StoreError(Code.CONFIG_INVALID, field="more_nodes" if config.more_nodes else "second_node")
    return config


def _take_optional_path(reader: FieldReader, name: str, base: Path) -> Path | None:
    return take_path(reader, name, base) if reader.has(name) else None


def _take_vaults(reader: FieldReader) -> dict[str, str]:
    table = reader.take_object("vaults")
    vaults = {unit: table.take_text(unit, MAX_SYSTEM) for unit in table.names}
    table.finish()
    return vaults


def _take_nodes(reader: FieldReader) -> tuple[Endpoint, ...]:
    return tuple(_take_endpoint(table) for table in reader.take_objects("more_nodes", MAX_NODES))


def _take_optional_endpoint(reader: FieldReader, name: str) -> Endpoint | None:
    return _take_endpoint(reader.take_object(name)) if reader.has(name) else None


def _take_endpoint(table: FieldReader) -> Endpoint:
    endpoint = Endpoint(
        target=table.take_text("target", MAX_TARGET),
        server_name=table.take_text("server_name", MAX_TARGET) if table.has("server_name") else "",
    )
    table.finish()
    return endpoint
