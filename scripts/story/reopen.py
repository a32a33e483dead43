"""Starts the programs of a story that was told before, runs one command beside them, and stops them.

Without a command they run until interrupted. The command's exit code is the program's.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from story.home import read_home
from story.processes import running


async def reopen(root: Path, command: Sequence[str]) -> int:
    """The exit code of the command; 0 without one."""
    async with running(read_home(root)):
        if not command:
            await asyncio.Event().wait()
        process = await asyncio.create_subprocess_exec(*command)
        return await process.wait()
