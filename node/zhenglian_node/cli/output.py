"""What the operator reads: every message in Chinese, then in English, or in the one language asked for.

Results go to standard output, complaints to standard error; with --json a result is one line of JSON instead.
"""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import typer

from zhenglian_ledger.errors import ZhenglianError
from zhenglian_node.cli.advice import ADVICE

LANGUAGES: Final = ("zh", "en")

Json = Annotated[bool, typer.Option("--json", help="以 JSON 输出 / print JSON")]
"""The option of every command that has a result."""


class Text(NamedTuple):
    """Words in Chinese and in English."""

    zh: str
    en: str


class Output:
    """The operator's screen. `languages` is chosen by --lang alone: what is printed knows no locale."""

    def __init__(self) -> None:
        """Speak both languages."""
        self.languages: tuple[str, ...] = LANGUAGES

    def say(self, zh: str, en: str) -> None:
        """A message on standard output."""
        for line in self._choose(zh, en):
            print(line)

    def fail(self, error: ZhenglianError) -> None:
        """An error on standard error, with its name, and what to do about it."""
        name = error.code.name
        for line in self._choose(f"错误 [{name}] {error.zh}", f"error [{name}] {error.en}"):
            self.complain(line)
        advice = ADVICE.get(error.code)
        for line in self._choose(f"处理：{advice.zh}", f"what to do: {advice.en}") if advice else ():
            self.complain(line)

    def complain(self, text: str) -> None:
        """Text on standard error. Where that cannot be written either (a full disk), the exit code speaks."""
        try:
            print(text, file=sys.stderr, flush=True)
        except OSError:  # what is left in its buffer would turn the exit code into 120
            sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  to the end

    def table(self, rows: Mapping[tuple[str, str], object]) -> None:
        """Rows of `(zh, en)` → value, one a line; a value may be a Text too."""
        for (zh, en), value in rows.items():
            print(f"{self.join(Text(zh, en))}: {self.join(value) if isinstance(value, Text) else value}")

    def join(self, text: Text) -> str:
        """The words in the languages asked for, on one line; once, where they are the same."""
        return " / ".join(dict.fromkeys(self._choose(text.zh, text.en)))

    def result(self, rows: Mapping[tuple[str, str], object], *, as_json: bool) -> None:
        """What a command made or found: a table, or one line of JSON under the English names."""
        if as_json:
            self.json({en.replace(" ", "_"): value for (_, en), value in rows.items()})
        else:
            self.table(rows)

    def json(self, fields: Mapping[str, object]) -> None:
        """One line of JSON, at once."""
        print(json.dumps(fields, ensure_ascii=False), flush=True)

    def _choose(self, zh: str, en: str) -> list[str]:
        texts = {"zh": zh, "en": en}
        return [texts[language] for language in self.languages]


output: Final = Output()
"""The one screen of the process."""
