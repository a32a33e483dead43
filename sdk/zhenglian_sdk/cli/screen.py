"""What a person or a program reads: sentences in Chinese and English, tables in reading order, or JSON.

Nothing is told by colour. What matters most comes first, so that a screen reader says it first. On a terminal
tables have aligned columns; elsewhere, and where ZHENGLIAN_PLAIN is set, a row is one line with its cells
between bars. With --json the answer is one line of JSON on standard output and nothing else, an error
included. Progress and complaints go to standard error.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from zhenglian_ledger.errors import ZhenglianError
from zhenglian_ledger.verify.sentences import Sentence

LANGUAGES: Final = {"zh": ("zh",), "en": ("en",), "both": ("zh", "en")}
"""What --lang and ZHENGLIAN_LANG may say."""

PLAIN_VARIABLE: Final = "ZHENGLIAN_PLAIN"

Cell = Sentence | str | int
"""A value that needs no translation, or one in both languages."""


class Screen:
    """The screen of one command."""

    def __init__(self, language: str = "both", *, is_json: bool = False) -> None:
        """Speak `language` (a key of `LANGUAGES`)."""
        self._languages = LANGUAGES[language]
        self._is_json = is_json

    def say(self, zh: str, en: str) -> None:
        """A message, a line a language."""
        if not self._is_json:
            for line in self._choose(Sentence(zh, en)):
                print(line)

    def note(self, zh: str, en: str) -> None:
        """A remark on standard error, which is no part of the answer."""
        for line in self._choose(Sentence(zh, en)):
            print(line, file=sys.stderr)

    def facts(self, facts: Mapping[Sentence, Cell]) -> None:
        """Names and values, one a line; what is empty is left out."""
        if not self._is_json:
            for name, value in facts.items():
                if value != "":
                    print(f"{self._show(name)}: {self._show(value)}")

    def table(self, headings: Sequence[Sentence], rows: Sequence[Sequence[Cell]]) -> None:
        """Rows under headings."""
        if self._is_json:
            return
        if not sys.stdout.isatty() or os.environ.get(PLAIN_VARIABLE):
            for row in (headings, *rows):
                print(" | ".join(self._show(cell) for cell in row))
            return
        table = Table(box=box.SIMPLE_HEAD)
        for heading in headings:
            table.add_column(self._show(heading, "\n"), overflow="fold")
        for row in rows:
            table.add_row(*(self._show(cell, "\n") for cell in row))
        Console(no_color=True, highlight=False, markup=False).print(table)

    def json(self, fields: Mapping[str, object]) -> None:
        """The whole answer for a program, where it asked for JSON."""
        if self._is_json:
            print(json.dumps(fields, ensure_ascii=False), flush=True)

    def fail(self, error: ZhenglianError) -> None:
        """An error with its name."""
        name = error.code.name
        if self._is_json:
            said = {"code": int(error.code), "name": name, "zh": error.zh, "en": error.en}
            print(json.dumps({"error": said}, ensure_ascii=False), flush=True)
            return
        self.note(f"错误 [{name}] {error.zh}", f"error [{name}] {error.en}")

    @contextmanager
    def progress(self, zh: str, en: str, total: int) -> Iterator[Callable[[int], None]]:
        """A bar on standard error, where that is a terminal; what is yielded takes how much is done."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        console = Console(stderr=True, no_color=True)
        is_shown = console.is_terminal and not self._is_json
        with Progress(*columns, console=console, disable=not is_shown) as bar:
            task = bar.add_task(self._show(Sentence(zh, en)), total=total)
            yield lambda done: bar.update(task, completed=done)

    def _show(self, cell: Cell, between: str = " / ") -> str:
        return between.join(self._choose(cell)) if isinstance(cell, Sentence) else str(cell)

    def _choose(self, sentence: Sentence) -> list[str]:
        said = [getattr(sentence, language) for language in self._languages]
        return list(dict.fromkeys(said))
