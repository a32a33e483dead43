"""The node, with a profiler on the one thread that makes blocks: `python -m benchmarks.profiled_node FILE …`.

When the node ends, FILE says where that thread spent its time. Profiling slows what it measures, so rates of
such a run mean nothing.
"""

import atexit
import sys
from collections.abc import Sequence
from cProfile import Profile
from io import StringIO
from pathlib import Path
from pstats import Stats
from typing import Final

from zhenglian_node.cli import main
from zhenglian_node.engines.solo.block_maker import BlockMaker, MadeBlock

TOP: Final = 25


def profile_blocks(path: Path) -> None:
    """Every block of this process is made under one profiler, whose table is at `path` in the end."""
    profiler, make_block = Profile(), BlockMaker.make_block

    def make_profiled(self: BlockMaker, waiting: Sequence[bytes], now_ms: int) -> MadeBlock:
        return profiler.runcall(make_block, self, waiting, now_ms)

    BlockMaker.make_block = make_profiled  # type: ignore[method-assign]
    atexit.register(lambda: path.write_text(format_profile(profiler), encoding="utf-8"))


def format_profile(profiler: Profile) -> str:
    """The functions in which most time was spent, without those they called."""
    text = StringIO()
    Stats(profiler, stream=text).strip_dirs().sort_stats("tottime").print_stats(TOP)
    return text.getvalue()


if __name__ == "__main__":
    profile_blocks(Path(sys.argv[1]))
    main(sys.argv[2:])
