"""Every command that is promised exists, and says in Chinese and English what it does and takes."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from zhenglian_sdk.cli.bilingual_usage import USAGE_ZH
from zhenglian_sdk.cli.entry import app
from zhenglian_sdk.cli.exits import EXIT_TABLE, Exit

COMMANDS = (
    "registry apply",
    "case open", "case accept", "case plan", "case close",
    "licence issue", "licence show", "licence revoke",
    "license issue", "license show", "license revoke",
    "material collect", "material accept", "material fetch",
    "grant draft", "grant sign", "grant give", "grant show", "grant revoke",
    "dispute raise", "dispute clear",
    "trace subject", "trace grant", "trace record", "trace unit", "trace actor",
    "governance vote", "governance show", "governance list", "governance network",
    "governance propose member", "governance propose newcomer",
    "governance propose suspend", "governance propose resume",
    "governance propose recovery-key", "governance propose node", "governance propose remove-node",
    "governance propose validator", "governance propose remove-validator", "governance propose parameters",
    "verify", "status",
    "trust show", "trust export",
    "config show", "config check",
    "key new", "key sign", "key carry", "key register", "key sequence",
)  # fmt: skip

README = Path(__file__).parents[3] / "README.md"

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def find_command(name: str) -> typer.core.TyperCommand:
    found = typer.main.get_command(app)
    for word in name.split():
        assert isinstance(found, typer.core.TyperGroup)
        found = found.commands[word]
    assert isinstance(found, typer.core.TyperCommand)
    return found


def is_bilingual(text: str | None) -> bool:
    zh, _, en = (text or "").partition(" / ")
    return bool(CHINESE.search(zh)) and bool(re.search("[A-Za-z]", en))


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_and_each_of_its_options_is_explained_in_both_languages(name: str) -> None:
    found = find_command(name)
    assert is_bilingual(found.help), name
    for parameter in found.params:
        if parameter.name != "help":
            assert is_bilingual(getattr(parameter, "help", None)), f"{name} {parameter.name}"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_speaks_json_and_chooses_its_language(name: str) -> None:
    result = CliRunner().invoke(app, [*name.split(), "--help"])
    assert result.exit_code == Exit.OK
    for option in ("--json", "--lang", "--config"):
        assert option in result.output


def test_no_command_takes_a_passphrase_as_an_option() -> None:
    for name in COMMANDS:
        for parameter in find_command(name).params:
            assert parameter.name is not None
            if "passphrase" in parameter.name:
                assert parameter.name.endswith("_file"), f"{name} {parameter.name}"


def test_there_is_no_command_that_this_list_does_not_name() -> None:
    root = typer.main.get_command(app)
    assert isinstance(root, typer.core.TyperGroup)
    assert set(find_names(root)) == set(COMMANDS)


def find_names(group: typer.core.TyperGroup) -> Iterator[str]:
    for word, found in group.commands.items():
        if isinstance(found, typer.core.TyperGroup):
            yield from (f"{word} {name}" for name in find_names(found))
        else:
            yield word


def test_the_help_shows_the_exit_codes() -> None:
    output = CliRunner().invoke(app, ["--help"]).output
    for code in Exit:
        assert f"{code.value}: {code.zh} / {code.en}" in EXIT_TABLE
        assert f"{code.value}: {code.zh}" in output


@pytest.mark.parametrize("noun", sorted({name.split()[0] for name in COMMANDS if " " in name}))
def test_so_does_the_help_of_every_group(noun: str) -> None:
    assert "69: 无法连接节点" in CliRunner().invoke(app, [noun, "--help"]).output


@pytest.mark.parametrize("words", [["case", "open"], ["nothing"], ["--nothing"], ["trace", "subject", "zz"]])
def test_a_wrong_command_line_is_told_in_chinese_first(words: list[str]) -> None:
    result = CliRunner().invoke(app, words)
    assert result.exit_code == Exit.USAGE
    assert result.stderr.startswith(f"{USAGE_ZH}\nUsage: ")
    assert USAGE_ZH not in CliRunner().invoke(app, ["case"]).output


def test_the_readme_names_no_command_that_does_not_exist() -> None:
    shown = re.findall(r"^zhenglian (\w+)(?: ([\w|]+))? ", README.read_text(encoding="utf-8"), re.MULTILINE)
    verbs = {noun: verbs.split("|") for noun, verbs in shown if verbs.islower()}
    assert {noun for noun, _ in shown} >= {"verify", "case", "licence", "material", "grant", "trace"}
    existing = {" ".join(name.split()[:2]) for name in COMMANDS}  # `governance propose` is itself a group
    assert {f"{noun} {verb}" for noun, named in verbs.items() for verb in named} <= existing
    assert {noun for noun, _ in shown} <= {name.split()[0] for name in COMMANDS}
