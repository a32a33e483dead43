"""The command line against real programs over mTLS: a node, and for the last story a vault."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import zhenglian
from tests.testkit.agency_home import write_agency
from tests.testkit.cli_client import changed_byte
from tests.testkit.grant_objects import bind_key
from tests.testkit.ledger_objects import (
    BUSINESS_LICENCE,
    CENTRE_OFFICE,
    HUANGPU,
    HUANGPU_COUNTER,
    HUANGPU_OFFICE,
    LI_LEI,
    MARKET_OFFICE,
    MARKET_VAULT,
    PUDONG_OFFICE,
    compute_id,
    compute_seed,
)
from tests.testkit.node_home import SandboxHome
from tests.testkit.node_process import NodeProcess, build_environment
from tests.testkit.vault_process import VaultProcess
from zhenglian import build
from zhenglian_ledger.keyfile import KdfCost, seal_key
from zhenglian_proto.v1 import batch_pb2, members_pb2
from zhenglian_sdk.cli.entry import app
from zhenglian_sdk.cli.exits import Exit
from zhenglian_sdk.sidecar import compute_sidecar_path

REGISTRY = """
[[rules]]
id = "law-2"
title = "咖啡馆管理办法"
since = "2020-01-01"

[[material_types]]
id = "MT.MENU"
name = "菜单"
grade = "public"
reuse_key = "subject"
originators = ["applicant"]

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
licence_types = ["LT.BUSINESS"]
issuing_unit = "market"

[[matters.rows]]
id = "menu"
name = "菜单"
source = "applicant_made"
material_types = ["MT.MENU", "MT.FORM"]
"""


@dataclass(frozen=True)
class Agency:
    """Runs commands as one system of the sandbox."""

    config: Path

    def run(self, *arguments: str | Path, expect: int = Exit.OK) -> Result:
        """What the command says; it ends as expected."""
        words = [str(each) for each in arguments]
        result = CliRunner(env={"ZHENGLIAN_LANG": None}).invoke(app, [*words, "--config", str(self.config)])
        assert result.exit_code == expect, result.output
        return result

    def ask(self, *arguments: str | Path, expect: int = Exit.OK) -> Any:
        """What the command says to a program."""
        return json.loads(self.run(*arguments, "--json", expect=expect).stdout)


@dataclass(frozen=True)
class World:
    """A node, and every system's configuration on demand."""

    node: NodeProcess
    directory: Path

    def agency(self, system: str) -> Agency:
        return Agency(
            write_agency(self.directory / "agencies", self.node.home, system, node=self.node.address)
        )

    def write(self, name: str, content: bytes | str) -> Path:
        path = self.directory / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with NodeProcess(SandboxHome.create(tmp_path / "node")) as node:
        yield World(node, tmp_path)


LICENCE = compute_id("licence").hex()
CLEARED = ("--resolution", "rejected", "--root-cause", "no_error")
SPOT_CHECK = ("--reason", "抽查 spot check")


def test_a_case_from_its_registries_to_its_trace(world: World) -> None:
    apply_registry_twice(world)
    counter = world.agency(HUANGPU_COUNTER)
    opened = counter.ask("case", "open", "2026-9", "--matter", "M.CAFE", "--applicant", LI_LEI.hex())
    assert opened["matter_version"] == 1
    plan = ("case", "plan", "2026-9", "--drafts", world.directory / "drafts")
    verdicts = [row["verdict"] for row in counter.ask(*plan)["rows"]]
    assert verdicts == ["OBTAIN_FROM_ISSUER", "MUST_SUBMIT"]
    collect_menu(world, counter)
    issued = issue_licence_once(world)
    find_drafts(counter, plan)
    raise_and_clear_dispute(world)
    read_traces(world, issued["height"])
    revoke_licence(world)
    counter.run("case", "accept", "2026-9")
    counter.run("case", "close", "2026-9", "--decision", "grant")
    counter.run("case", "close", "2026-9", expect=Exit.REFUSED)
    counter.run(*plan, expect=Exit.REFUSED)


def apply_registry_twice(world: World) -> None:
    centre = world.agency(CENTRE_OFFICE)
    registry = world.write("registry.toml", REGISTRY)
    compared = centre.ask("registry", "apply", registry, "--dry-run")
    assert (compared["new"], compared["dry_run"]) == (3, True)
    applied = centre.ask("registry", "apply", registry)
    assert (applied["new"], applied["refused"]) == (3, 0)
    height = centre.ask("config", "check")["checks"][4]["detail"]
    again = centre.ask("registry", "apply", registry)
    assert (again["new"], again["changed"], again["same"]) == (0, 0, 3)
    assert height.startswith("height ")
    other = world.write("other.toml", REGISTRY.replace("咖啡馆管理", "餐馆管理"))
    refused = world.agency(HUANGPU_OFFICE).ask("registry", "apply", other, expect=Exit.REFUSED)
    assert [each["result"] for each in refused["objects"]] == ["NOT_PERMITTED", None, None]


def collect_menu(world: World, counter: Agency) -> None:
    menu = world.write("menu.pdf", b"espresso 20")
    collected = counter.ask(
        "material", "collect", menu, "--case", "2026-9", "--type", "MT.MENU", "--holder", LI_LEI.hex()
    )
    assert counter.ask("verify", menu, expect=Exit.NEGATIVE)["state"] == "PENDING"
    counter.run("material", "accept", collected["record"], "--staff", "0042", "--channel", "window")
    assert counter.ask("verify", menu, "--staff", "0042")["state"] == "VALID"


def issue_licence_once(world: World) -> Any:
    market, file = world.agency(MARKET_OFFICE), world.write("licence.pdf", b"licence of a cafe")
    issue = (
        "licence", "issue", "--id", LICENCE, "--type", BUSINESS_LICENCE, "--holder", LI_LEI.hex(),
        "--since", "2024-01-01", "--until", "2034-12-31", "--file", file, "--request-id", "cafe-1",
    )  # fmt: skip
    first = market.ask(*issue)
    assert market.ask(*issue)["height"] == first["height"]
    shown = market.run("license", "show", LICENCE).stdout
    assert shown.splitlines()[0].startswith("VALID")
    assert LI_LEI.hex() in shown
    return first


def find_drafts(counter: Agency, plan: tuple[str | Path, ...]) -> None:
    planned = counter.ask(*plan)
    assert [row["verdict"] for row in planned["rows"]] == ["NEEDS_GRANT", "EXEMPT"]
    drafts = [Path(path) for path in planned["drafts"]]
    kept = [path.read_bytes() for path in drafts]
    assert len(kept) == 1
    table = counter.run(*plan, "--lang", "zh").stdout
    assert "材料 | 来源 | 免交方式 | 结论 | 依据" in table
    assert "营业执照 | 政府核发（market） | 电子证照 | 授权后免于提交 | " in table
    assert [path.read_bytes() for path in drafts] == kept


def raise_and_clear_dispute(world: World) -> None:
    market, huangpu = world.agency(MARKET_OFFICE), world.agency(HUANGPU_OFFICE)
    statement = world.write("statement.txt", "the name is wrong")
    about = ("--ground", "wrong_field", "--field", "NAME", "--statement", statement)
    dispute = huangpu.ask("dispute", "raise", LICENCE, *about)["dispute"]
    disputed = huangpu.ask("verify", LICENCE)
    assert (disputed["state"], disputed["disputed"], disputed["disputes"]) == ("VALID", True, [dispute])
    file = huangpu.run("verify", world.directory / "licence.pdf").stdout
    assert file.startswith("VALID DISPUTED")
    market.run("dispute", "clear", dispute, *CLEARED)
    assert not huangpu.ask("verify", LICENCE)["disputed"]
    market.run("dispute", "clear", dispute, *CLEARED, expect=Exit.REFUSED)


def read_traces(world: World, since: int) -> None:
    centre, counter = world.agency(CENTRE_OFFICE), world.agency(HUANGPU_COUNTER)
    said = centre.run("trace", "record", LICENCE, *SPOT_CHECK, "--lang", "zh").stdout
    assert said.startswith("共 2 条，完整性已验证至高度 ")
    assert said.index("提出异议") < said.index("异议结案")
    assert "北京时间（UTC+8）" in said
    assert not re.search("[0-9a-f]{17}", said)
    assert centre.ask("trace", "record", LICENCE, *SPOT_CHECK)["complete_to_height"] > since
    subject = centre.ask("trace", "subject", LI_LEI.hex(), *SPOT_CHECK)
    kinds = [entry["kind"] for entry in subject["entries"]]
    assert kinds[0] == "plan_query"
    assert {"verify_query", "raise_dispute", "clear_dispute"} <= set(kinds)
    actor = counter.ask("trace", "actor", "0042", *SPOT_CHECK)
    assert [entry["kind"] for entry in actor["entries"]] == ["verify_query"]
    assert len({entry["actor"] for entry in actor["entries"]}) == 1
    whole = counter.ask("trace", "unit", *SPOT_CHECK)
    assert whole["count"] > actor["count"]
    pudong = world.agency(PUDONG_OFFICE)
    pudong.run("trace", "subject", LI_LEI.hex(), "--reason", "curiosity", expect=Exit.DENIED)


def revoke_licence(world: World) -> None:
    world.agency(MARKET_OFFICE).run("licence", "revoke", LICENCE, "--reason", "rescinded")
    revoked = world.agency(HUANGPU_OFFICE).ask("verify", LICENCE, expect=Exit.NEGATIVE)
    assert (revoked["state"], revoked["reason"]) == ("REVOKED", "REASON_RESCINDED")


def test_a_file_is_what_was_recorded_or_it_is_not(world: World) -> None:
    market, huangpu = world.agency(MARKET_OFFICE), world.agency(HUANGPU_OFFICE)
    issue = (
        "licence",
        "issue",
        "--type",
        BUSINESS_LICENCE,
        "--holder",
        LI_LEI.hex(),
        "--since",
        "2024-01-01",
    )
    salted, sealed = world.write("salted.pdf", b"salted"), world.write("sealed.ofd", b"sealed")
    record = compute_id("salted").hex()
    market.run(*issue, "--id", record, "--file", salted)
    market.run(*issue, "--id", compute_id("sealed").hex(), "--file", sealed, "--sealed")
    assert huangpu.ask("verify", salted)["assurance"] == "PROVEN"
    with changed_byte(salted):
        assert huangpu.ask("verify", salted, expect=Exit.NEGATIVE)["state"] == "INVALID"
    renamed = salted.rename(world.directory / "改名.pdf")
    compute_sidecar_path(salted).rename(compute_sidecar_path(renamed))
    assert huangpu.ask("verify", renamed)["state"] == "VALID"

    compute_sidecar_path(sealed).unlink()
    assert huangpu.ask("verify", sealed)["record"] == compute_id("sealed").hex()
    with changed_byte(sealed):
        assert huangpu.ask("verify", sealed, expect=Exit.NEGATIVE)["state"] == "NOT_FOUND"
        said = huangpu.ask("verify", sealed, "--record", compute_id("sealed").hex(), expect=Exit.NEGATIVE)
        assert said["state"] == "INVALID"
    nothing = huangpu.ask("verify", compute_id("nothing").hex(), expect=Exit.NEGATIVE)
    assert (nothing["state"], nothing["assurance"]) == ("NOT_FOUND", "STATED")


def test_an_interrupted_import_is_resumed_with_its_request_id(world: World) -> None:
    market = world.agency(MARKET_OFFICE)
    lines = []
    for n in range(30):
        world.write(f"{n}.pdf", f"licence {n}")
        fields = {"id": compute_id(f"bulk {n}").hex(), "file": f"{n}.pdf", "holders": [LI_LEI.hex()]}
        lines.append(json.dumps(fields))
    source = world.write("licences.jsonl", "\n".join([*lines, lines[0]]))
    common = ("--type", BUSINESS_LICENCE, "--since", "2024-01-01", "--request-id", "import-7")
    first = market.ask("licence", "issue", "--from", source, *common, expect=Exit.REFUSED)
    assert (first["issued"], [each["code"] for each in first["refused"]]) == (30, ["IDENTIFIER_REUSED"])
    second = market.ask("licence", "issue", "--from", source, *common, expect=Exit.REFUSED)
    assert second == first
    assert market.ask("verify", world.directory / "29.pdf")["state"] == "VALID"


def test_a_configuration_is_checked_step_by_step_and_an_outage_is_no_answer(world: World) -> None:
    market = world.agency(MARKET_OFFICE)
    assert market.ask("config", "show")["chain_id"] == world.node.home.chain_id
    assert [each["passed"] for each in market.ask("config", "check")["checks"]] == [True] * 6
    text = market.config.read_text(encoding="utf-8").replace('"market-office"', '"nobody"')
    (market.config.parent / "stranger.toml").write_text(text, encoding="utf-8")
    stranger = Agency(market.config.parent / "stranger.toml")
    checks = stranger.ask("config", "check", expect=Exit.DENIED)["checks"]
    assert (checks[-1]["check"], checks[-1]["detail"]) == ("registration", "UNKNOWN_SYSTEM")
    world.node.stop()
    said = market.ask("verify", compute_id("licence").hex(), expect=Exit.UNKNOWN)
    assert (said["state"], said["code"], said["assurance"]) == ("UNKNOWN", "NODE_UNREACHABLE", None)
    market.run("case", "accept", "2026-9", expect=Exit.UNAVAILABLE)
    checks = market.ask("config", "check", expect=Exit.UNAVAILABLE)["checks"]
    assert (checks[-1]["check"], checks[-1]["passed"]) == ("node", False)


def test_a_file_is_released_under_a_grant_that_its_holder_signed(world: World) -> None:
    """Issue into the vault, draft, sign with the holder's own key, give, fetch, revoke, and no more."""
    counter, out = world.agency(HUANGPU_COUNTER), world.directory / "fetched.pdf"
    signing = lay_holder_key(world)
    with VaultProcess(world.node.home, world.node.address, world.directory / "vault") as vault:
        store_licence(world, vault.target)
        grant = give_grant(world, counter, signing)
        recipient = world.directory / "recipient.key.json"
        passphrase = ("--passphrase-file", world.directory / "passphrase")
        counter.run("key", "new", recipient, "--owner", HUANGPU, "--usage", "encrypt", *passphrase)
        opening = ("--grant", grant, "--recipient-key", recipient)
        fetch = ("material", "fetch", LICENCE, "--vault", MARKET_VAULT, "--out", out)

        assert counter.ask(*fetch, *opening)["size"] == len(b"a licence")
        assert out.read_bytes() == b"a licence"
        assert counter.ask("verify", out)["state"] == "VALID"
        use = open_use(counter, grant)
        out.unlink()
        assert counter.ask(*fetch, "--use", use)["use"] == use
        assert out.read_bytes() == b"a licence"
        unopened = ("--use", compute_id("no use").hex())
        assert counter.ask(*fetch, *unopened, expect=Exit.REFUSED)["error"]["name"] == "NOT_FOUND"

        fetch_as_configured(world, grant, recipient, out)
        counter.run("grant", "revoke", grant, *signing)
        assert counter.ask("grant", "show", grant, expect=Exit.NEGATIVE)["code"] == "GRANT_REVOKED"
        refused = counter.ask(*fetch, *opening, expect=Exit.REFUSED)
        assert refused["error"]["name"] == "GRANT_REVOKED"
    counter.run("grant", "show", compute_id("no grant").hex(), expect=Exit.NEGATIVE)
    trace = counter.ask("trace", "grant", grant, "--reason", "review")
    kinds = [entry["kind"] for entry in trace["entries"]]
    assert kinds[0] == "give_grant"
    assert "change_grant" in kinds


def fetch_as_configured(world: World, grant: str, recipient: Path, out: Path) -> None:
    """Vault and recipient are the configuration's; a vault that nobody named costs no use of the grant."""
    home, node = world.node.home, world.node.address
    fetch = ("material", "fetch", LICENCE, "--out", out)
    plain = Agency(write_agency(world.directory / "plain", home, HUANGPU_COUNTER, node=node))
    refused = plain.ask(*fetch, "--grant", grant, "--recipient-key", recipient, expect=Exit.DATA)
    assert "[vaults]" in refused["error"]["zh"]
    assert plain.ask("grant", "show", grant)["uses_left"] == 3
    out.unlink()
    named = write_agency(
        world.directory / "named", home, HUANGPU_COUNTER, node=node,
        vaults={"market": MARKET_VAULT}, recipient_key_file=str(recipient),
    )  # fmt: skip
    configured = Agency(named)
    assert configured.ask(*fetch, "--grant", grant)["size"] == len(b"a licence")
    out.unlink()
    use = open_use(configured, grant)
    assert configured.ask(*fetch, "--use", use)["use"] == use
    assert out.read_bytes() == b"a licence"


def lay_holder_key(world: World) -> tuple[str | Path, ...]:
    """Li Lei's own key is bound and in a file; the options that sign with it."""
    now: Any = SimpleNamespace(time_ms=int(time.time() * 1000))
    binding = bind_key(now, chain_id=world.node.home.chain_id)
    assert world.node.connect(HUANGPU_OFFICE).submit(binding).WhichOneof("fate") == "receipt"
    sealed = seal_key(
        compute_seed("Li Lei"), suite=batch_pb2.SUITE_ED25519, usage=members_pb2.KEY_USAGE_SIGN,
        owner="Li Lei", passphrase="holder", salt=bytes(16), nonce=bytes(12), cost=KdfCost(n=2),
    )  # fmt: skip
    key, passphrase = world.write("li-lei.key.json", sealed), world.write("passphrase", "holder\n")
    return ("--holder-key", key, "--holder-passphrase-file", passphrase)


def store_licence(world: World, target: str) -> None:
    """The vault is registered where it listens, and a licence is issued whose file lies in it."""
    system = (
        f'[[systems]]\nid = "{MARKET_VAULT}"\nunit = "market"\nname = "{MARKET_VAULT}"\nkind = "vault"\n'
        f'endpoint = "{target}"\n'
    )
    registered = world.write("vault.toml", system)
    assert world.agency(CENTRE_OFFICE).ask("registry", "apply", registered)["changed"] == 1
    world.agency(MARKET_OFFICE).run(
        "licence", "issue", "--id", LICENCE, "--type", BUSINESS_LICENCE, "--holder", LI_LEI.hex(),
        "--since", "2024-01-01", "--file", world.write("licence.pdf", b"a licence"), "--vault", MARKET_VAULT,
    )  # fmt: skip


def give_grant(world: World, counter: Agency, signing: tuple[str | Path, ...]) -> str:
    """Li Lei lets Huangpu use the licence five times; the id of the grant."""
    draft, signed = world.directory / "draft.json", world.directory / "signed.json"
    counter.run(
        "grant", "draft", "--grantor", LI_LEI.hex(), "--to", HUANGPU, "--record", LICENCE, "--whole",
        "--uses", "5", "--until", "2033-12-31", "--out", draft,
    )  # fmt: skip
    counter.run("grant", "sign", draft, *signing, "--out", signed)
    grant: str = counter.ask("grant", "give", signed)["grant"]
    standing = counter.ask("grant", "show", grant)
    assert (standing["live"], standing["uses_left"]) == (True, 5)
    return grant


def open_use(counter: Agency, grant: str) -> str:
    """A use that a program of the same system opened."""
    with zhenglian.connect(counter.config) as client:
        accepted = client.open_use(
            bytes.fromhex(LICENCE),
            [bytes.fromhex(grant)],
            build.particulars(whole_document=True),
            recipient_key=compute_id("recipient"),
        )
    return accepted.id.hex()


def test_the_program_itself_ends_with_the_exit_code(world: World) -> None:
    market = world.agency(MARKET_OFFICE)
    command = [sys.executable, "-c", "from zhenglian_sdk.cli import main; main()"]
    environment = build_environment() | {"ZHENGLIAN_CONFIG": str(market.config), "ZHENGLIAN_LANG": "en"}
    arguments = ["verify", compute_id("nothing").hex()]
    ended = subprocess.run([*command, *arguments], check=False, capture_output=True, env=environment)
    assert ended.returncode == Exit.NEGATIVE, ended.stderr.decode()
    assert ended.stdout.decode().startswith("NOT_FOUND: ")
