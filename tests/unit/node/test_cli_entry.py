"""The way in and out of the command line: platform, languages, exit codes."""

import pytest

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_node.cli.entry import main, verify_platform
from zhenglian_node.cli.exits import Exit, compute_exit
from zhenglian_node.cli.output import Output

CHINESE = "错误 [STORE_LOCKED] 存储被另一进程占用"
ENGLISH = "error [STORE_LOCKED] the store is locked by another process"


def test_linux_with_a_supported_python_carries_a_node() -> None:
    for version in ((3, 11), (3, 12)):
        verify_platform("linux", "cpython", version)


@pytest.mark.parametrize(
    ("platform", "implementation", "version"),
    [("darwin", "cpython", (3, 11)), ("linux", "pypy", (3, 11)), ("linux", "cpython", (3, 13))],
)
def test_any_other_platform_is_named_and_refused(
    platform: str, implementation: str, version: tuple[int, int]
) -> None:
    with pytest.raises(StoreError) as caught:
        verify_platform(platform, implementation, version)
    assert caught.value.code == Code.PLATFORM_UNSUPPORTED
    assert platform in caught.value.en
    assert compute_exit(caught.value.code) == Exit.UNAVAILABLE


@pytest.mark.parametrize("code", [code for code in Code if code != Code.OK])
def test_every_code_ends_in_an_exit_code_that_is_no_success(code: Code) -> None:
    assert compute_exit(code) not in (Exit.OK, Exit.USAGE)


@pytest.mark.parametrize(
    ("languages", "lines"),
    [
        (("zh", "en"), [CHINESE, ENGLISH]),
        (("zh",), [CHINESE]),
        (("en",), [ENGLISH]),
    ],
)
def test_an_error_is_one_sentence_a_language(
    languages: tuple[str, ...], lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    output = Output()
    output.languages = languages
    output.fail(StoreError(Code.STORE_LOCKED))
    assert capsys.readouterr().err.splitlines() == lines


@pytest.mark.parametrize("arguments", [["nonsense"], ["run"], ["--lang", "fr", "run", "--home", "/nowhere"]])
def test_a_wrong_command_line_is_a_usage_error(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == Exit.USAGE
    assert capsys.readouterr().err


def test_help_lists_the_exit_codes_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == Exit.OK
    shown = "".join(capsys.readouterr().out.split())
    for code in Exit:
        assert "".join(f"{code.value}: {code.zh} / {code.en}".split()) in shown
