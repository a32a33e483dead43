"""What a check says: a mark, a sentence in two languages, and what to do."""

from enum import Enum
from typing import NamedTuple

from zhenglian_ledger.errors import ZhenglianError
from zhenglian_node.cli.advice import ADVICE, Advice


class Mark(Enum):
    """How a check ended: name for machines, words for people."""

    OK = "ok", "正常"
    WARN = "warn", "注意"
    FAIL = "fail", "错误"
    SKIP = "skip", "未检"

    @property
    def en(self) -> str:
        """The name."""
        return self.value[0]

    @property
    def zh(self) -> str:
        """The word in Chinese."""
        return self.value[1]


class Finding(NamedTuple):
    """One result; `code` names the error where a check met one."""

    mark: Mark
    zh: str
    en: str
    advice: Advice | None = None
    code: str = ""


def ok(zh: str, en: str) -> Finding:
    """All is well."""
    return Finding(Mark.OK, zh, en)


def skip(zh: str, en: str) -> Finding:
    """It could not be looked at, and why."""
    return Finding(Mark.SKIP, zh, en)


def warn(zh: str, en: str, advice: Advice | None = None) -> Finding:
    """It works, and will not for ever."""
    return Finding(Mark.WARN, zh, en, advice)


def fail(error: ZhenglianError, advice: Advice | None = None) -> Finding:
    """What `error` says, and what to do about it."""
    return Finding(Mark.FAIL, error.zh, error.en, advice or ADVICE.get(error.code), error.code.name)
