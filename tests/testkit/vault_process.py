"""A real vault in a process of its own, beside a node's home, and clients that speak to it over mTLS.

    vault = VaultProcess(home, node.address, tmp_path / "vault")
    with vault:                                            # made by `init`, started, its ready line was read
        async with vault.connect(HUANGPU_COUNTER) as client:
            await client.fetch_to_file(use, path)
        vault.kill(); vault.start()                        # kill -9, and up again on the same port

Nothing here sleeps: `start` returns when the vault has said it is ready, `stop` and `kill` when it has ended.
"""

import select
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests.testkit.ledger_objects import MARKET, MARKET_VAULT, compute_seed
from tests.testkit.node_home import SandboxHome, find_free_port
from tests.testkit.node_process import build_environment
from zhenglian_ledger.keyfile import KdfCost, seal_key
from zhenglian_proto.v1 import batch_pb2, members_pb2
from zhenglian_sdk.channel import TlsFiles, open_channel, read_channel_credentials
from zhenglian_sdk.vault.client import VaultClient

PASSPHRASE: Final = "vault"
READY: Final = b"listening on port "
START_SECONDS: Final = 30.0
STOP_SECONDS: Final = 30.0


class VaultProcess:
    """`zhenglian-vault serve` of one unit; a context manager that starts and stops it."""

    def __init__(
        self,
        home: SandboxHome,
        node: str,
        directory: Path,
        *,
        unit: str = MARKET,
        system: str = MARKET_VAULT,
        port: int = 0,
        **settings: int,
    ) -> None:
        """Write its configuration to `directory` and make its store; `settings` are numbers in it."""
        self.home = home
        self.directory = directory
        self.target = f"127.0.0.1:{port or find_free_port()}"
        self.log = directory / "vault.log"
        self.config = self._write(node, unit, system, settings)
        self._process: subprocess.Popen[bytes] | None = None
        made = subprocess.run(
            self._build_command("init"), check=False, capture_output=True, env=build_environment()
        )
        assert made.returncode == 0, made.stderr.decode()

    @property
    def store(self) -> Path:
        """The folder of the store."""
        return self.directory / "store"

    def start(self) -> "VaultProcess":
        """The vault answers; fails with its own words if it ends instead."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._build_command("serve"), stdout=subprocess.PIPE, stderr=log, env=build_environment()
            )
        assert self._process.stdout is not None
        readable, _, _ = select.select([self._process.stdout], [], [], START_SECONDS)
        line: bytes = self._process.stdout.readline() if readable else b""
        if not line.startswith(READY):
            self.kill()
            raise AssertionError(f"the vault did not start:\n{self.log.read_text(encoding='utf-8')}")
        return self

    def stop(self) -> int:
        """The vault was asked to end (SIGTERM) and has; returns its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """The vault was killed (kill -9)."""
        return self._end(signal.SIGKILL)

    @property
    def is_running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    @asynccontextmanager
    async def connect(self, system: str) -> AsyncIterator[VaultClient]:
        """A client with the channel of a system of the sandbox."""
        async with open_channel(self.target, read_channel_credentials(self.get_tls(system))) as channel:
            yield VaultClient(channel, self.target)

    def get_tls(self, system: str) -> TlsFiles:
        """The files of a system of the sandbox, as the SDK takes them."""
        paths = self.home.write_tls(system)
        return TlsFiles(paths.certificate, paths.key, (paths.roots,))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self.is_running:
            self.stop()

    def _build_command(self, command: str) -> list[str]:
        return [sys.executable, "-m", "zhenglian_sdk.vault", command, "--config", str(self.config)]

    def _end(self, number: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        code = self._process.wait(STOP_SECONDS)
        if self._process.stdout is not None:
            self._process.stdout.close()
        return code

    def _write(self, node: str, unit: str, system: str, settings: dict[str, int]) -> Path:
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / "passphrase").write_text(PASSPHRASE + "\n", encoding="utf-8")
        sealed = seal_key(
            compute_seed(system), suite=batch_pb2.SUITE_ED25519, usage=members_pb2.KEY_USAGE_SIGN,
            owner=system, passphrase=PASSPHRASE, salt=bytes(16), nonce=bytes(12), cost=KdfCost(n=2),
        )  # fmt: skip
        (self.directory / "sign.key.json").write_text(sealed, encoding="utf-8")
        tls = self.get_tls(system)
        lines = [
            f'listen = "{self.target}"',
            f'unit = "{unit}"',
            f'system = "{system}"',
            'store = "store"',
            f"trust = '{self.home.config.trust}'",
            'trust_state = "trust"',
            'key_file = "sign.key.json"',
            'content_key_file = "content.key.json"',
            'passphrase_file = "passphrase"',
            *(f"{name} = {value}" for name, value in settings.items()),
            "[tls]",
            f"certificate = '{tls.certificate}'",
            f"key = '{tls.key}'",
            f"roots = {[str(root) for root in tls.roots]}",
            "[node]",
            f'target = "{node}"',
        ]
        path = self.directory / "vault.toml"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path
