"""Every code has a sentence in both languages that reads well with its fields and without them."""

import pickle
import re
import subprocess
from pathlib import Path

import pytest

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidIdentifier, Refused, ZhenglianError

ROOT = Path(__file__).parents[3]


def test_a_noun_shows_the_half_of_its_language() -> None:
    error = Refused(Code.NOT_FOUND, what="证照 licence")
    assert (error.zh, error.en) == ("证照不存在", "licence does not exist")
    mistyped = InvalidIdentifier(
        Code.WRONG_CHECK_DIGIT, what="统一社会信用代码 USCC", expected="J", found="0"
    )
    assert mistyped.zh == "统一社会信用代码校验码错误：应为 J，实为 0"
    assert mistyped.en == "USCC: wrong check digit, expected J, found 0"


def test_what_a_bare_code_does_not_know_is_left_out() -> None:
    bare, full = Refused(Code.GRANT_WIDENED), Refused(Code.GRANT_WIDENED, field="uses")
    assert (bare.zh, bare.en) == ("子授权超出上级范围", "the grant is wider than its parent")
    assert (full.zh, full.en) == ("子授权超出上级范围：uses", "the grant is wider than its parent: uses")
    assert Refused(Code.RECORD_NOT_USABLE).zh == "记录当前不可用"


@pytest.mark.parametrize("code", Code, ids=lambda code: code.name)
def test_every_code_speaks_both_languages(code: Code) -> None:
    names = set(re.findall(r"\{(\w+)\}", code.zh))
    assert names == set(re.findall(r"\{(\w+)\}", code.en)), "both sentences name the same fields"
    assert re.search(r"[\u4e00-\u9fff]", code.zh)
    assert code.en.isascii()
    error = ZhenglianError(code, **dict.fromkeys(names, "x"))
    assert "{" not in error.zh + error.en
    assert "…" not in error.zh + error.en
    assert "{" not in ZhenglianError(code).zh + ZhenglianError(code).en


def test_an_error_survives_being_pickled() -> None:
    error = pickle.loads(pickle.dumps(Refused(Code.NOT_FOUND, what="证照 licence")))
    assert (type(error), error.code, error.fields) == (Refused, Code.NOT_FOUND, {"what": "证照 licence"})


def test_no_code_is_kept_that_nothing_says() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "ledger/**.py", "node/**.py", "sdk/**.py"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    text = "".join(
        (ROOT / path).read_text("utf-8") for path in listed if not path.endswith("zhenglian_ledger/codes.py")
    )
    assert [code.name for code in Code if not re.search(rf"\b{code.name}\b", text)] == []
