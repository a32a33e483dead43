"""A node of a network, its application profiled: `python -m benchmarks.network.profiled_node FILE …`.

When the node ends, FILE says how much processor time the engine's calls of the application took, and in which
functions, and how much the event loop's thread took once the engine had started: API, bundles, headers.
Profiling slows what it measures, so rates of such a run mean nothing.
"""

import atexit
import sys
import threading
from cProfile import Profile
from io import StringIO
from pathlib import Path
from pstats import Stats
from time import process_time, thread_time
from typing import Any, Final

from zhenglian_node.app.application import Application
from zhenglian_node.cli import main
from zhenglian_node.engines.cometbft.engine import CometBftEngine

TOP: Final = 30
CALLS: Final = (
    "check_transaction",
    "recheck_transaction",
    "prepare_proposal",
    "process_proposal",
    "finalize_block",
    "commit",
)


class Profiler:
    """One profile a thread, and the processor seconds and number of each call."""

    def __init__(self) -> None:
        """Nothing is profiled yet."""
        self._local = threading.local()
        self._profiles: list[Profile] = []
        self._seconds = dict.fromkeys(CALLS, 0.0)
        self._counts = dict.fromkeys(CALLS, 0)
        self._loop_started = 0.0

    def wrap(self, name: str) -> None:
        """The application's call `name` is profiled from now on."""
        call: Any = getattr(Application, name)

        def run(*arguments: object, **named: object) -> object:
            profile, started = self._get_profile(), thread_time()
            try:
                return profile.runcall(call, *arguments, **named)
            finally:
                self._seconds[name] += thread_time() - started
                self._counts[name] += 1

        setattr(Application, name, run)

    def wrap_start(self) -> None:
        """What the event loop's thread takes is counted from the engine's start on."""
        start: Any = CometBftEngine.start

        async def run(engine: CometBftEngine) -> None:
            await start(engine)
            self._loop_started = thread_time()

        setattr(CometBftEngine, "start", run)  # noqa: B010  a method is not to be assigned to, says mypy

    def format(self) -> str:
        """A line a call, then the functions in which most time was spent, without those they called."""
        text = StringIO()
        print(f"the whole process: {process_time():.2f} s of processor time", file=text)
        print(f"event loop: {thread_time() - self._loop_started:.2f} s", file=text)
        for name in CALLS:
            print(f"{name}: {self._counts[name]} calls, {self._seconds[name]:.2f} s", file=text)
        if self._profiles:
            Stats(*self._profiles, stream=text).strip_dirs().sort_stats("tottime").print_stats(TOP)
        return text.getvalue()

    def _get_profile(self) -> Profile:
        profile: Profile | None = getattr(self._local, "profile", None)
        if profile is None:
            profile = self._local.profile = Profile()
            self._profiles.append(profile)
        return profile


def profile_application(path: Path) -> None:
    """Every call in `CALLS` of this process is profiled; what was found is at `path` in the end."""
    profiler = Profiler()
    for name in CALLS:
        profiler.wrap(name)
    profiler.wrap_start()
    atexit.register(lambda: path.write_text(profiler.format(), encoding="utf-8"))


if __name__ == "__main__":
    profile_application(Path(sys.argv[1]))
    main(sys.argv[2:])
