"""registry apply: a file against what is in force, and everything about a file that is refused unread."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.testkit.cli_client import MemoryClient, run_cli
from zhenglian_ledger.codes import Code
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.types_pb2 import KIND_LICENCE_TYPE, KIND_MATTER
from zhenglian_sdk.cli.exits import Exit

FILE = """
[[matters]]
id = "M.CAFE"
name = "开办咖啡馆"
basic_code = "000131005001"
basis = "law-2"
unit = "huangpu"
handling_item = "new"
promised_days = 10
[[matters.rows]]
id = "licence"
name = "营业执照"
source = "government_issued"
licence_types = ["LT.CAFE"]
issuing_unit = "market"

[[licence_types]]
id = "LT.CAFE"
name = "执照"
issuing_units = ["market"]
grade = "internal"
basis = "law-2"

[[rules]]
id = "law-2"
title = "办法"
since = 2020-01-01

[[material_types]]
id = "MT.MENU"
name = "菜单"
grade = "public"
reuse_key = "subject"
originators = ["applicant"]
max_age_days = 30
"""


def write(directory: Path, text: str, name: str = "registry.toml") -> Path:
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return path


def apply(client: MemoryClient, path: Path, *arguments: str) -> Any:
    return json.loads(run_cli(client, "registry", "apply", path, "--json", *arguments).stdout)


def test_objects_are_submitted_before_those_that_name_them(tmp_path: Path) -> None:
    client = MemoryClient()
    assert run_cli(client, "registry", "apply", write(tmp_path, FILE)).exit_code == Exit.OK
    kinds = [operation.WhichOneof("kind") for operation in client.submitted]
    assert kinds == ["put_rule", "put_licence_type", "put_material_type", "put_matter"]
    rule, _, material, matter = client.submitted
    assert rule.put_rule.valid.from_ms == 1_577_808_000_000  # 2020-01-01 00:00 in Shanghai
    assert material.put_material_type.max_age_ms == 30 * 86_400_000
    assert (matter.put_matter.version, matter.put_matter.promised_ms) == (1, 10 * 86_400_000)
    assert matter.put_matter.rows[0].issuing_unit == "market"


def test_a_second_time_nothing_changes_and_nothing_is_submitted(tmp_path: Path) -> None:
    client, path = MemoryClient(), write(tmp_path, FILE)
    first = apply(client, path)
    assert (first["new"], first["same"]) == (4, 0)
    client.submitted.clear()
    second = apply(client, path)
    assert (second["new"], second["changed"], second["same"]) == (0, 0, 4)
    assert client.submitted == []


def test_only_what_differs_is_submitted_and_a_changed_list_is_the_next_version(tmp_path: Path) -> None:
    client, path = MemoryClient(), write(tmp_path, FILE)
    apply(client, path)
    client.submitted.clear()
    said = apply(client, write(tmp_path, FILE.replace("promised_days = 10", "promised_days = 5")))
    assert (said["changed"], said["same"]) == (1, 3)
    (operation,) = client.submitted
    assert (operation.put_matter.version, operation.put_matter.promised_ms) == (2, 5 * 86_400_000)


def test_a_version_that_is_written_down_is_the_one_submitted(tmp_path: Path) -> None:
    client = MemoryClient()
    apply(client, write(tmp_path, FILE.replace('id = "M.CAFE"', 'id = "M.CAFE"\nversion = 3')))
    assert client.objects[KIND_MATTER, "M.CAFE"].message.version == 3


def test_what_was_retired_is_brought_into_force_again(tmp_path: Path) -> None:
    client, path = MemoryClient(), write(tmp_path, FILE)
    apply(client, path)
    client.objects[KIND_LICENCE_TYPE, "LT.CAFE"].is_valid = False
    client.submitted.clear()
    assert apply(client, path)["renewed"] == 1
    assert [operation.put_licence_type.id for operation in client.submitted] == ["LT.CAFE"]


def test_a_dry_run_says_the_same_and_submits_nothing(tmp_path: Path) -> None:
    client, path = MemoryClient(), write(tmp_path, FILE)
    said = apply(client, path, "--dry-run")
    assert (said["dry_run"], said["new"]) == (True, 4)
    assert client.submitted == []
    assert "LT.CAFE" in run_cli(client, "registry", "apply", path, "--dry-run").stdout


def test_a_refused_object_is_named_with_its_reason(tmp_path: Path) -> None:
    def judge(operation: Operation) -> Code:
        return Code.UNKNOWN_TYPE if operation.HasField("put_matter") else Code.OK

    result = run_cli(MemoryClient(judge=judge), "registry", "apply", write(tmp_path, FILE))
    assert result.exit_code == Exit.REFUSED
    (line,) = [line for line in result.stdout.splitlines() if "M.CAFE" in line]
    assert Code.UNKNOWN_TYPE.zh in line
    assert Code.UNKNOWN_TYPE.en in line


def test_json_and_toml_say_the_same(tmp_path: Path) -> None:
    client = MemoryClient()
    text = json.dumps(
        {"rules": [{"id": "law-3", "title": "条例", "since": "2021-01-01", "until": "2021-12-31"}]}
    )
    apply(client, write(tmp_path, text, "registry.json"))
    assert client.submitted[0].put_rule.valid.to_ms == 1_640_966_400_000  # the first moment of 2022


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[[unit]]\nid = 'x'", "unit"),
        ("rules = 3", "rules"),
        ("[[rules]]\nid = 'a'\ntitle = 't'", "rules[0].since"),
        ("[[rules]]\nid = 'a'\nsince = '2020-01-01'", "rules[0].title"),
        ("[[rules]]\nid = 'a'\ntitle = 't'\nsince = '2020-02-30'", "rules[0]"),
        ("[[rules]]\nid = 'a'\ntitle = 't'\nsince = '2020-01-01'\ncolour = 'red'", "rules[0].colour"),
        ("[[rules]]\nid = 'a'\ntitle = 3\nsince = '2020-01-01'", "rules[0].title"),
        ("[[rules]]\nid = '空 格'\ntitle = 't'\nsince = '2020-01-01'", "rules[0]"),
        (FILE.replace('["market"]', '"market"'), "licence_types[0].issuing_units"),
        (FILE.replace('"government_issued"', '"heaven"'), "matters[0].rows[0]"),
        (FILE.replace("promised_days = 10", "promised_days = 1.5"), "matters[0].promised"),
        (FILE.replace('source = "government_issued"', ""), "matters[0].rows[0].source"),
        (FILE + FILE.replace("[[matters.rows]]", "[[matters.rows]] # again"), "law-2"),
        ("[[rules", "registry.toml"),
    ],
)
def test_a_file_with_a_mistake_is_refused_whole_and_the_place_is_named(
    tmp_path: Path, text: str, where: str
) -> None:
    client = MemoryClient()
    result = run_cli(client, "registry", "apply", write(tmp_path, text))
    assert result.exit_code == Exit.DATA, result.output
    assert where in result.stderr
    assert client.submitted == []


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    assert run_cli(MemoryClient(), "registry", "apply", tmp_path / "none.toml").exit_code == Exit.INPUT
