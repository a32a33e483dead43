"""The programs of the story: started by their own command lines, and stopped by SIGTERM.

Nothing here sleeps: a program is ready when its line says so, and has failed when it ends before that.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from story import world
from story.home import NODE, PROXY, Home

READY: Final = ("ready ", "listening ")
STARTING_S: Final = 60.0
STOPPING_S: Final = 20.0


class ProgramFailed(Exception):
    """A program ended, or stayed silent, before it was ready; the text says where its log is."""


class Program:
    """One running program; what it says goes to its log."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: Path) -> None:
        """Follow a process that was just started."""
        self.name = name
        self._process = process
        self._log = log
        self._ready = asyncio.Event()
        self._following = asyncio.create_task(self._follow())

    async def wait_until_ready(self) -> None:
        """The program answers; raises ProgramFailed."""
        ready = asyncio.create_task(self._ready.wait())
        done, _ = await asyncio.wait(
            {ready, self._following}, timeout=STARTING_S, return_when=asyncio.FIRST_COMPLETED
        )
        ready.cancel()
        if not done or not self._ready.is_set():
            raise ProgramFailed(f"{self.name}: {self._log}")

    async def stop(self) -> None:
        """The program has ended, by itself if it can."""
        if self._process.returncode is None:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), STOPPING_S)
            except TimeoutError:
                self._process.kill()
        await self._process.wait()
        await self._following

    async def _follow(self) -> None:
        assert self._process.stdout is not None  # noqa: S101  it was started with a pipe
        with self._log.open("ab") as log:
            async for line in self._process.stdout:
                log.write(line)
                log.flush()
                if line.decode("utf-8", "replace").startswith(READY):
                    self._ready.set()


async def run_to_end(home: Home, name: str, arguments: Sequence[str]) -> None:
    """A Python module was run with its arguments and succeeded; raises ProgramFailed."""
    program = await _start(home, name, arguments)
    await program._process.wait()  # noqa: SLF001  the same module
    await program.stop()
    if program._process.returncode:  # noqa: SLF001
        raise ProgramFailed(f"{name}: {home.get_log(name)}")


async def initialise(home: Home) -> None:
    """The node's folder is made from the genesis, by the node's own command; raises ProgramFailed."""
    await run_to_end(home, "init", _build_init(home))


@asynccontextmanager
async def running(home: Home) -> AsyncIterator[int]:
    """The node, the gateway, the vaults and the lying proxy answer until the end; raises ProgramFailed.

    On a network that runs by itself, its nodes are left alone. Yields how many programs were started.
    """
    programs: list[Program] = []
    try:
        for name, arguments in _build_commands(home).items():
            programs.append(await _start(home, name, arguments))
        await asyncio.gather(*(program.wait_until_ready() for program in programs))
        yield len(programs)
    finally:
        # The node last: vaults may still owe it the end of a release.
        await asyncio.gather(*(program.stop() for program in programs[1:]))
        for program in programs[:1]:
            await program.stop()


def _build_init(home: Home) -> list[str]:
    validator = home.root / "validator"
    return [
        "zhenglian_node", "init", "--home", str(home.node), "--genesis", str(home.root / "genesis.json"),
        "--validator-key", str(validator / "sign.key.json"),
        "--passphrase-file", str(validator / "passphrase"),
        "--listen", home.addresses[NODE],
        "--tls-certificate", str(validator / "tls.pem"), "--tls-key", str(validator / "tls.key.pem"),
    ]  # fmt: skip


def _build_commands(home: Home) -> dict[str, list[str]]:
    """The command line of each program, by name."""
    gateway = home.get_system(world.IDENTITY) / "gateway.toml"
    vaults = {
        vault: ["zhenglian_sdk.vault", "serve", "--config", str(home.get_system(vault) / "vault.toml")]
        for vault in world.VAULTS
    }
    node = {NODE: ["zhenglian_node", "run", "--home", str(home.node)]}
    return {
        **({} if home.network else node),
        world.IDENTITY: ["zhenglian_sdk.identity", "serve", "--config", str(gateway)],
        **vaults,
        PROXY: ["story.lying_proxy", str(home.get_system(PROXY) / "proxy.toml")],
    }


async def _start(home: Home, name: str, arguments: Sequence[str]) -> Program:
    """The module in `arguments` runs under this interpreter, with this one's modules in reach."""
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "PYTHONUNBUFFERED": "1",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, stdin=asyncio.subprocess.DEVNULL,
        env=environment, cwd=home.root, start_new_session=True,
    )  # fmt: skip
    return Program(name, process, home.get_log(name))
