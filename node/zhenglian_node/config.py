"""node.toml: how one node is run. Every field is read by name and type, and nothing is left over.

Nothing here is the ledger's: what all nodes must agree on stands in the genesis. Paths are relative to the
file's own directory, so a home moves as a whole. Passphrases stand in files of their own, never in here.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_ledger.field_reader import FieldReader

FILE_NAME: Final = "node.toml"
SOLO: Final = "solo"
COMETBFT: Final = "cometbft"
ENGINES: Final = (SOLO, COMETBFT)
LOG_LEVELS: Final = ("debug", "info", "warning", "error")
HEARTBEAT_MS: Final = 10_000
MAX_PATH: Final = 4096


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files of the node's channel. Whom it trusts stands on the ledger: the CAs of members in force."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class ValidatorFiles:
    """The solo validator's key file, and the file of its passphrase, if it is not asked for otherwise."""

    key: Path
    passphrase: Path | None


@dataclass(frozen=True, slots=True)
class CometBftConfig:
    """The CometBFT that this node runs beside itself, and where its files lie.

    `binary` is a path or a name on the PATH; `metrics_port` is of its own page on 127.0.0.1, 0 for none.
    Everything else stands in `home`/config/config.toml.
    """

    home: Path
    binary: str = COMETBFT
    metrics_port: int = 0

    @property
    def config(self) -> Path:
        """Its settings: addresses, peers, timeouts."""
        return self.home / "config" / "config.toml"

    @property
    def genesis(self) -> Path:
        """Its genesis, which follows from ours."""
        return self.home / "config" / "genesis.json"

    @property
    def node_key(self) -> Path:
        """The key by which other nodes know this one."""
        return self.home / "config" / "node_key.json"

    @property
    def validator_key(self) -> Path:
        """The key that votes on blocks."""
        return self.home / "config" / "priv_validator_key.json"

    @property
    def validator_state(self) -> Path:
        """What that key signed last: never restored from a copy, or it might sign twice."""
        return self.home / "data" / "priv_validator_state.json"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a node takes on at once; each is answered with a typed error when reached."""

    concurrent_calls: int = 256
    waiting_batches: int = 10_000
    waiting_bytes: int = 64 << 20
    call_seconds: int = 60


@dataclass(frozen=True, slots=True)
class NodeConfig:
    """A whole node.toml. `listen` is host:port (port 0: any free one); `metrics_port` 0 means none.

    `disk_reserve_mib` is what stays free of the disk; 0: 1 GiB, or a twentieth of a smaller disk.

    A solo node has its `validator`, a network's node its `cometbft`, and neither has the other's.
    """

    home: Path
    listen: str
    tls: TlsFiles
    validator: ValidatorFiles | None = None
    cometbft: CometBftConfig | None = None
    engine: str = SOLO
    heartbeat_ms: int = HEARTBEAT_MS
    log_level: str = "info"
    reflection: bool = False
    metrics_port: int = 0
    disk_reserve_mib: int = 0
    limits: Limits = Limits()

    @property
    def store(self) -> Path:
        """The store's directory."""
        return self.home / "store"

    @property
    def disks(self) -> tuple[Path, ...]:
        """Directories that grow with the ledger: their disks are watched."""
        return (self.store,) if self.cometbft is None else (self.store, self.cometbft.home)

    @property
    def disk_reserve(self) -> int:
        """Bytes of each disk that stay free; 0: the usual reserve."""
        return self.disk_reserve_mib << 20

    @property
    def genesis(self) -> Path:
        """The reviewed genesis."""
        return self.home / "genesis.json"

    @property
    def peers(self) -> Path:
        """Where the network's nodes are, for a network's node."""
        return self.home / "peers.json"

    @property
    def outbox(self) -> Path:
        """What was taken on and not yet committed, for a network's node."""
        return self.home / "outbox"

    @property
    def trust(self) -> Path:
        """The trust file that clients of this ledger are given out of band."""
        return self.home / "trust.json"


def read_config(home: Path) -> NodeConfig:
    """The configuration of the node that lives in `home`; raises StoreError(CONFIG_INVALID) naming it."""
    path = home / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(Code.CONFIG_INVALID, field=str(path)) from error
    return parse_config(text, home)


def parse_config(text: str, home: Path) -> NodeConfig:
    """The configuration in the TOML `text` of a node in `home`.

    Raises StoreError(CONFIG_INVALID) naming the field.
    """
    try:
        fields = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StoreError(Code.CONFIG_INVALID, field=str(error)) from error
    reader = FieldReader(fields, Code.CONFIG_INVALID, kind=StoreError)
    engine = _take_choice(reader, "engine", ENGINES, SOLO)
    config = NodeConfig(
        home=home,
        listen=reader.take_address("listen", 300),
        tls=_take_tls(reader.take_object("tls"), home),
        validator=_take_validator(reader.take_object("validator"), home) if engine == SOLO else None,
        cometbft=_take_cometbft(reader, home) if engine == COMETBFT else None,
        engine=engine,
        heartbeat_ms=_take_number(reader, "heartbeat_ms", 100, 600_000, HEARTBEAT_MS),
        log_level=_take_choice(reader, "log_level", LOG_LEVELS, "info"),
        reflection=reader.take_flag("reflection") if reader.has("reflection") else False,
        metrics_port=_take_number(reader, "metrics_port", 0, 65_535, 0),
        disk_reserve_mib=_take_number(reader, "disk_reserve_mib", 0, 1 << 24, 0),
        limits=_take_limits(reader),
    )
    reader.finish()
    return config


def format_config(config: NodeConfig) -> str:
    """The text of a node.toml that reads back as `config`."""
    lines = [
        "# 证链节点 A node of zhenglian. Paths are relative to this file.",
        f"listen = {_quote(config.listen)}",
        f"engine = {_quote(config.engine)}",
        f"heartbeat_ms = {config.heartbeat_ms}",
        f"log_level = {_quote(config.log_level)}",
        f"reflection = {'true' if config.reflection else 'false'}",
        f"metrics_port = {config.metrics_port}  # on 127.0.0.1; 0 = none",
        f"disk_reserve_mib = {config.disk_reserve_mib}  # 0 = 1 GiB, or 5 % of a smaller disk",
        "",
        "[tls]",
        f"certificate = {_quote(_show(config.tls.certificate, config.home))}",
        f"key = {_quote(_show(config.tls.key, config.home))}",
        "",
        *_format_engine(config),
        "",
        "[limits]",
        f"concurrent_calls = {config.limits.concurrent_calls}",
        f"waiting_batches = {config.limits.waiting_batches}",
        f"waiting_bytes = {config.limits.waiting_bytes}",
        f"call_seconds = {config.limits.call_seconds}",
    ]
    return "\n".join(lines) + "\n"


def build_cometbft_config(home: Path, binary: str = COMETBFT, metrics_port: int = 0) -> CometBftConfig:
    """What a node in `home` knows of its CometBFT, whose own home is HOME/cometbft."""
    return CometBftConfig(home / "cometbft", binary, metrics_port)


def _format_engine(config: NodeConfig) -> list[str]:
    """The lines of the table [validator] or [cometbft]."""
    if config.cometbft is not None:
        return [
            "[cometbft]",
            f"binary = {_quote(config.cometbft.binary)}",
            f"metrics_port = {config.cometbft.metrics_port}  # on 127.0.0.1; 0 = none",
        ]
    if config.validator is None:
        return []
    passphrase = config.validator.passphrase
    return [
        "[validator]",
        f"key = {_quote(_show(config.validator.key, config.home))}",
        *([f"passphrase_file = {_quote(_show(passphrase, config.home))}"] if passphrase else []),
    ]


def _take_tls(reader: FieldReader, home: Path) -> TlsFiles:
    files = TlsFiles(
        home / reader.take_text("certificate", MAX_PATH), home / reader.take_text("key", MAX_PATH)
    )
    reader.finish()
    return files


def _take_validator(reader: FieldReader, home: Path) -> ValidatorFiles:
    key = home / reader.take_text("key", MAX_PATH)
    has_file = reader.has("passphrase_file")
    passphrase = home / reader.take_text("passphrase_file", MAX_PATH) if has_file else None
    reader.finish()
    return ValidatorFiles(key, passphrase)


def _take_cometbft(reader: FieldReader, home: Path) -> CometBftConfig:
    """The table may be left out: its fields have defaults."""
    if not reader.has("cometbft"):
        return build_cometbft_config(home)
    table = reader.take_object("cometbft")
    binary = table.take_text("binary", MAX_PATH) if table.has("binary") else COMETBFT
    config = build_cometbft_config(home, binary, _take_number(table, "metrics_port", 0, 65_535, 0))
    table.finish()
    return config


def _take_limits(reader: FieldReader) -> Limits:
    if not reader.has("limits"):
        return Limits()
    table, usual = reader.take_object("limits"), Limits()
    limits = Limits(
        concurrent_calls=_take_number(table, "concurrent_calls", 1, 100_000, usual.concurrent_calls),
        waiting_batches=_take_number(table, "waiting_batches", 1, 1_000_000, usual.waiting_batches),
        waiting_bytes=_take_number(table, "waiting_bytes", 1 << 20, 1 << 32, usual.waiting_bytes),
        call_seconds=_take_number(table, "call_seconds", 1, 3_600, usual.call_seconds),
    )
    table.finish()
    return limits


def _take_number(reader: FieldReader, name: str, least: int, greatest: int, usual: int) -> int:
    return reader.take_integer(name, least, greatest) if reader.has(name) else usual


def _take_choice(reader: FieldReader, name: str, choices: tuple[str, ...], usual: str) -> str:
    if not reader.has(name):
        return usual
    choice = reader.take_text(name, 40)
    if choice not in choices:
        raise reader.wrong(name)
    return choice


def _quote(text: str) -> str:
    """A TOML basic string; JSON's escapes are a part of TOML's."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _show(path: Path, home: Path) -> str:
    return str(path.relative_to(home) if path.is_relative_to(home) else path)
