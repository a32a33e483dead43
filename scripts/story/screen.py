"""Where the story is told: Chinese first, English beside it, and every table as the SDK has it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from zhenglian import ZhenglianError

WIDTH = 132


class Screen:
    """A console; what it prints is what happened."""

    def __init__(self, console: Console | None = None) -> None:
        """Print to standard output unless told otherwise."""
        self.console = console or Console(highlight=False, soft_wrap=True, emoji=False)
        if not self.console.is_terminal:
            self.console.width = WIDTH

    def chapter(self, zh: str, en: str) -> None:
        """A new act begins."""
        self.console.print()
        self.console.print(f"[bold cyan]■ {zh}[/]  {en}")

    def say(self, zh: str, en: str) -> None:
        """One thing that happened."""
        self.console.print(f"  {escape(zh)}  [dim]{escape(en)}[/]")

    def show_command(self, command: str) -> None:
        """A line for a shell, letter by letter: nothing in it is markup, a picture or a place to break."""
        self.console.print(f"    {command}", markup=False, emoji=False, highlight=False, soft_wrap=True)

    def refuse(self, error: ZhenglianError) -> None:
        """A refusal, with its code and its two sentences."""
        code = f"[yellow]✗ {error.code.value} {error.code.name}[/]"
        self.console.print(f"    {code} {escape(error.zh)}  [dim]{escape(error.en)}[/]")

    def table(self, lines: Sequence[Sequence[str]], title: str = "") -> None:
        """A table: headings first."""
        table = Table(title=escape(title) or None, title_justify="left", show_lines=False)
        for heading in lines[0]:
            table.add_column(escape(heading), overflow="fold")
        for line in lines[1:]:
            table.add_row(*map(escape, line))
        self.console.print(table)

    @contextmanager
    def progress(self, zh: str, total: int) -> Iterator["Bar"]:
        """A progress bar over `total` operations."""
        columns = (
            TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
        )  # fmt: skip
        with Progress(*columns, console=self.console) as progress:
            yield Bar(progress, zh, total)


class Bar:
    """One progress bar."""

    def __init__(self, progress: Progress, zh: str, total: int) -> None:
        """Nothing is done yet."""
        self._progress = progress
        self._task = progress.add_task(zh, total=total)

    def reach(self, done: int) -> None:
        """So many are done."""
        self._progress.update(self._task, completed=done)
