"""What processes spend and hold, read from /proc: processor time, and memory whose every page counts once."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PROC: Final = Path("/proc")


class Spent(NamedTuple):
    """Processor seconds so far: of the nodes' own programs, of their consensus engines, of this process."""

    nodes: float
    engines: float
    client: float

    def since(self, before: "Spent") -> "Spent":
        """What was spent since `before`."""
        return Spent(*(now - then for now, then in zip(self, before, strict=True)))


def compute_spent(nodes: Iterable[int], engines: Iterable[int]) -> Spent:
    """What processes with these ids, and this one, have spent."""
    mine = os.times()
    return Spent(
        sum(compute_seconds(pid) for pid in nodes),
        sum(compute_seconds(pid) for pid in engines),
        mine.user + mine.system,
    )


def compute_seconds(pid: int) -> float:
    """Processor seconds of one process so far, its ended children not counted."""
    fields = (_PROC / str(pid) / "stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def compute_memory(pid: int) -> int:
    """Bytes a process holds (PSS): a page that several share counts for each by its part."""
    lines = (_PROC / str(pid) / "smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))


def compute_resident(pid: int) -> int:
    """Bytes a process holds (RSS), shared pages counted whole: what an operator sees."""
    lines = (_PROC / str(pid) / "status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmRSS:"))


def find_children(pid: int) -> list[int]:
    """The ids of a process's children."""
    threads = (_PROC / str(pid) / "task").iterdir()
    return [int(child) for thread in threads for child in (thread / "children").read_text().split()]
