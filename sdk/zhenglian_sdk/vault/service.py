"""The vault's process: its parts put together, and the command `zhenglian-vault`.

One process serves a store. Stopping it loses nothing: what was begun and what is owed to the ledger is on
disk.
"""

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput, StoreError, ZhenglianError
from zhenglian_ledger.keyfile import NONCE_SIZE, SALT_SIZE, seal_key
from zhenglian_ledger.keys import SEED_SIZE
from zhenglian_ledger.verify.anchor import AnchorOptions
from zhenglian_proto.v1 import batch_pb2, members_pb2, vault_pb2_grpc
from zhenglian_sdk.channel import open_channel, read_channel_credentials
from zhenglian_sdk.civil_time import compute_now_ms
from zhenglian_sdk.client.connection import NodeConnection
from zhenglian_sdk.client.session import Session
from zhenglian_sdk.client.trust import read_trust_store
from zhenglian_sdk.files import write_atomically
from zhenglian_sdk.serving import build_server, read_server_credentials, serve_until_stopped
from zhenglian_sdk.signer import FileSigner, read_key_file
from zhenglian_sdk.vault.closing import Closing
from zhenglian_sdk.vault.handlers import VaultHandlers
from zhenglian_sdk.vault.journal import Journal
from zhenglian_sdk.vault.masked_log import configure_log
from zhenglian_sdk.vault.node_ledger import NodeLedger
from zhenglian_sdk.vault.release import Terms
from zhenglian_sdk.vault.service_config import ServiceConfig, read_service_config
from zhenglian_sdk.vault.store import VaultStore, get_content_key

ID_SIZE = 32

app = typer.Typer(help="材料库 vault", no_args_is_help=True, add_completion=False)
ConfigFile = Annotated[Path, typer.Option(help="配置文件 configuration (TOML)")]


async def serve(config: ServiceConfig, announce: Callable[[int], None]) -> None:
    """Serve until stopped; `announce` is told the port. Raises what its files are guilty of."""
    async with _open_session(config) as session:
        terms = Terms(config.unit, config.max_staleness_ms, config.release_window_ms)
        store = _open_store(config)
        try:
            ledger = NodeLedger(session)
            closing = Closing(Journal(config.store / "releases"), ledger, compute_now_ms)
            server = build_server()
            handlers = VaultHandlers(store, ledger, closing, terms=terms)
            vault_pb2_grpc.add_VaultServicer_to_server(handlers, server)
            settling = asyncio.create_task(closing.run())
            try:
                await serve_until_stopped(
                    server, config.listen, read_server_credentials(config.tls), announce
                )
            finally:
                settling.cancel()
                await asyncio.wait([settling])
        finally:
            store.close()


@asynccontextmanager
async def _open_session(config: ServiceConfig) -> AsyncIterator[Session]:
    """The session of the vault's own system with its node; nothing is asked yet."""
    options = AnchorOptions(max_staleness_ms=config.max_staleness_ms)
    trust = read_trust_store(config.trust, config.trust_state, options=options)
    signer = FileSigner(config.key_file, config.passphrase)
    channel = open_channel(
        config.node_target, read_channel_credentials(config.tls), server_name=config.node_server_name
    )
    node = NodeConnection(channel, config.node_target)
    session = Session(node=node, signer=signer, system=config.system, trust=trust)
    try:
        yield session
    finally:
        await session.close()


def _open_store(config: ServiceConfig) -> VaultStore:
    key = get_content_key(read_key_file(config.content_key_file, config.passphrase))
    return VaultStore(config.store, key)


@app.callback()
def _root() -> None:
    """材料库 vault."""


@app.command("serve")
def serve_command(config: ConfigFile) -> None:
    """Run the vault until it is told to stop."""

    def announce(port: int) -> None:
        typer.echo(f"listening on port {port}")
        sys.stdout.flush()

    configure_log()
    with _shown():
        asyncio.run(serve(read_service_config(config), announce))


@app.command("init")
def init_command(config: ConfigFile) -> None:
    """Make the key that all content is sealed under, and the empty store. Keep a copy of the key file."""
    with _shown():
        read = read_service_config(config)
        if read.content_key_file.exists():
            raise StoreError(Code.CONFIG_INVALID, field="content_key_file")
        text = seal_key(
            secrets.token_bytes(SEED_SIZE),
            suite=batch_pb2.SUITE_X25519,
            usage=members_pb2.KEY_USAGE_ENCRYPT,
            owner=read.system,
            passphrase=read.passphrase,
            salt=secrets.token_bytes(SALT_SIZE),
            nonce=secrets.token_bytes(NONCE_SIZE),
        )
        write_atomically(read.content_key_file, text.encode(), mode=0o600)
        _open_store(read).close()
        typer.echo(str(read.content_key_file))


@app.command("purge")
def purge_command(
    config: ConfigFile,
    record: Annotated[str, typer.Option(help="记录标识 record id (64 hex digits)")],
) -> None:
    """Destroy a record's content and salt, for good. The vault must not be running."""
    with _shown():
        store = _open_store(read_service_config(config))
        try:
            store.purge(_parse_id(record))
        finally:
            store.close()


def main() -> None:
    """The command `zhenglian-vault`."""
    app()


def _parse_id(text: str) -> bytes:
    try:
        identifier = bytes.fromhex(text)
    except ValueError as error:
        raise InvalidInput(Code.INPUT_INVALID, what="record") from error
    if len(identifier) != ID_SIZE:
        raise InvalidInput(Code.INPUT_INVALID, what="record")
    return identifier


@contextmanager
def _shown() -> Iterator[None]:
    """An error leaves as its two sentences and exit code 1."""
    try:
        yield
    except ZhenglianError as error:
        typer.echo(f"{error.zh}\n{error.en} ({error.code.name})", err=True)
        raise typer.Exit(1) from error
