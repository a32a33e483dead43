"""CometBFT as a child: found, told to end, made to end; with a small program in its place."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_node.engines.cometbft import process
from zhenglian_node.engines.cometbft.process import (
    ABCI_SOCKET,
    LOG_FILE,
    PID_FILE,
    RPC_SOCKET,
    CometBftProcess,
    end_leftover,
    find_leftover,
)

OBEDIENT = "import sys, time; print('up', flush=True); time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + OBEDIENT


@contextmanager
def child_of_the_past(home: Path, code: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process whose command line is CometBFT's on `home`, left by a run that has ended."""
    (home / "start").write_text(code)
    arguments = ["cometbft", "start", "--home", str(home)]
    with subprocess.Popen(arguments, executable=sys.executable, cwd=home, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        (home / PID_FILE).write_text(f"{child.pid}\n")
        try:
            yield child
        finally:
            child.kill()


def write_program(home: Path, script: str, interpreter: str = "/bin/sh") -> str:
    """The path of a program that stands in CometBFT's place."""
    program = home / "program"
    program.write_text(f"#!{interpreter}\n{script}\n")
    program.chmod(0o755)
    return str(program)


def run_child(home: Path, script: str, metrics_port: int = 0) -> str:
    """What a child that runs `script` writes until it ends."""

    async def story() -> None:
        child = CometBftProcess(write_program(home, script), home, metrics_port)
        child.open()
        await child.spawn()
        await child.wait()
        child.close()

    asyncio.run(story())
    return (home / LOG_FILE).read_text()


def get_mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def reap(child: subprocess.Popen[bytes]) -> None:
    """The one who spawned it waits for it, as init does for one whose parent has died."""
    child.wait(20)


@pytest.mark.parametrize(("code", "number"), [(OBEDIENT, signal.SIGTERM), (STUBBORN, signal.SIGKILL)])
def test_what_a_run_left_behind_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, number: signal.Signals
) -> None:
    monkeypatch.setattr(process, "LEFTOVER_SECONDS", 0.3)
    with child_of_the_past(tmp_path, code) as child:
        assert find_leftover(tmp_path) == child.pid
        end_leftover(tmp_path)
        reap(child)
        assert child.returncode == -number
        assert find_leftover(tmp_path) is None


def test_a_process_that_only_has_the_number_is_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with child_of_the_past(other, OBEDIENT) as child:
        (tmp_path / PID_FILE).write_text(f"{child.pid}\n")
        end_leftover(tmp_path)
        assert child.poll() is None, "it stands on another home"
        for content in (str(os.getpid()), "4194304", "", "no number"):
            (tmp_path / PID_FILE).write_text(content)
            assert find_leftover(tmp_path) is None


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    async def story() -> None:
        child = CometBftProcess("no-such-cometbft", tmp_path)
        child.open()
        with pytest.raises(StoreError) as caught:
            await child.spawn()
        assert caught.value.code == Code.ENGINE_MISSING
        await child.stop()
        child.close()

    asyncio.run(story())


def test_a_home_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        CometBftProcess("cometbft", tmp_path / "nowhere").open()
    assert caught.value.code == Code.CONFIG_INVALID


def test_a_child_that_ends_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        program = write_program(tmp_path, "echo 'panic: no space left on device'\nexit 2")
        (tmp_path / ABCI_SOCKET).touch()
        child = CometBftProcess(program, tmp_path)
        child.open()
        listener = child.listen()
        await child.spawn()
        assert (tmp_path / PID_FILE).read_text() == f"{child.pid}\n"
        assert get_mode(tmp_path / PID_FILE) == 0o600
        assert (await child.wait()).code == Code.DISK_LOW
        await child.stop()
        child.close()
        listener.close()

    asyncio.run(story())
    assert {path.name for path in tmp_path.iterdir()} == {"program", LOG_FILE}


def test_what_the_child_makes_is_its_owners_alone(tmp_path: Path) -> None:
    async def story() -> None:
        child = CometBftProcess(write_program(tmp_path, "touch rpc.sock\nmkdir data"), tmp_path)
        child.open()
        await child.spawn()
        await child.wait()
        assert [get_mode(tmp_path / name) for name in (RPC_SOCKET, "data")] == [0o600, 0o700]
        (tmp_path / RPC_SOCKET).chmod(0o755)
        child.protect_rpc()
        assert get_mode(tmp_path / RPC_SOCKET) == 0o600
        child.close()
        child.protect_rpc()  # it may be gone by then

    before = os.umask(0o022)
    try:
        asyncio.run(story())
    finally:
        os.umask(before)


def test_the_timers_of_the_child_may_be_late(tmp_path: Path) -> None:
    assert run_child(tmp_path, "cat /proc/self/timerslack_ns") == "2000000\n"


@pytest.mark.parametrize(
    ("port", "expected"),
    [(0, "false"), (27_661, "true 127.0.0.1:27661")],
)
def test_the_child_is_told_where_its_own_page_is(tmp_path: Path, port: int, expected: str) -> None:
    told = "echo $CMT_INSTRUMENTATION_PROMETHEUS $CMT_INSTRUMENTATION_PROMETHEUS_LISTEN_ADDR $HOME"
    assert run_child(tmp_path, told, port) == f"{expected} {os.environ['HOME']}\n"


def test_a_child_is_told_to_end_and_killed_if_it_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "STOP_SECONDS", 0.3)

    async def story() -> None:
        program = write_program(tmp_path, STUBBORN.replace("; ", "\n"), sys.executable)
        child = CometBftProcess(program, tmp_path)
        child.open()
        await child.spawn()
        async with asyncio.timeout(20):
            while "up" not in (tmp_path / LOG_FILE).read_text():  # noqa: ASYNC110  a file tells nobody
                await asyncio.sleep(0.02)
        await child.stop()
        assert (await child.wait()).fields["reason"] == f"signal {signal.SIGKILL}"
        child.close()

    asyncio.run(story())
