"""The client against a real node over mTLS: what an agency's program sees, also when the network fails."""

import asyncio
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import zhenglian
from tests.testkit.agency_home import write_agency
from tests.testkit.attesting import confirm
from tests.testkit.cutting_proxy import CuttingProxy
from tests.testkit.ledger_objects import (
    CENTRE_OFFICE,
    HUANGPU,
    HUANGPU_COUNTER,
    LI_LEI,
    MARKET_OFFICE,
    PUDONG_OFFICE,
    RESTAURANT,
    compute_id,
    issue_licence,
)
from tests.testkit.node_home import SandboxHome
from tests.testkit.node_kit import HOUR_MS, Clock, Sender
from tests.testkit.node_process import NodeProcess
from zhenglian import Assurance, Code, State, Verdict, ZhenglianError, build
from zhenglian_ledger.attestation import compute_grant_id
from zhenglian_ledger.cometbft.header import compute_header_hash
from zhenglian_ledger.cometbft.light import TrustAnchor
from zhenglian_ledger.trustfile import TrustFile, format_trust_file
from zhenglian_node.app.application import Application
from zhenglian_node.cli.keys import open_validator
from zhenglian_node.cli.supervision import open_application, read_genesis
from zhenglian_node.engines.solo.engine import SoloEngine
from zhenglian_proto.v1.batch_pb2 import SignedBatch
from zhenglian_proto.v1.grants_pb2 import GrantBody
from zhenglian_proto.v1.node_pb2 import SubmitRequest
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_sdk.channel import TlsFiles, open_channel, read_channel_credentials
from zhenglian_sdk.client.bulk import Progress
from zhenglian_sdk.client.connection import NodeConnection
from zhenglian_sdk.client.options import Options
from zhenglian_sdk.client.sync import Client
from zhenglian_sdk.identity.client import GatewayClient


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcess]:
    with NodeProcess(SandboxHome.create(tmp_path_factory.mktemp("node"))) as node:
        yield node


def open_client(directory: Path, node: NodeProcess, system: str, *, address: str = "") -> Client:
    return zhenglian.connect(write_agency(directory, node.home, system, node=address))


def issue(*names: str) -> list[Operation]:
    return [Operation(issue_licence=issue_licence(name)) for name in names]


def give(client: Client, draft: GrantBody) -> bytes:
    body = client.complete_grant(draft)
    return client.give_grant(body, confirm(compute_grant_id(body), body.grantor.subject))


def run_once(home: SandboxHome, now_ms: int, operations: list[Operation]) -> None:
    """The node ran while its clock stood at `now_ms`, took the market bureau's batch, and was stopped."""

    async def run(application: Application) -> None:
        clock, validator = Clock(now_ms), home.config.validator
        assert validator is not None
        engine = SoloEngine(application, open_validator(validator), clock)
        await engine.start()
        sender = Sender(application.chain_id, clock)
        fate = await engine.submit(sender.build(MARKET_OFFICE, *operations))
        await engine.stop()
        assert fate.result.code == Code.OK
        assert application.committed.head.time_ms < now_ms + 1_000

    with open_application(home.config, read_genesis(home.config)) as application:
        asyncio.run(run(application))


def test_what_was_submitted_is_proven_and_found_valid(node: NodeProcess, tmp_path: Path) -> None:
    with open_client(tmp_path, node, MARKET_OFFICE) as market:
        receipt = market.submit(issue("first")).raise_for_refusals()
        assert receipt.assurance is Assurance.PROVEN
        answer = market.verify(compute_id("first"))
        assert (answer.state, answer.assurance) == (State.VALID, Assurance.PROVEN)
        assert answer.verified is not None
        assert answer.verified.record.index == receipt.results[0].registry_index
        nothing = market.verify(compute_id("nothing"))
        assert (nothing.state, nothing.assurance) == (State.NOT_FOUND, Assurance.STATED)


def test_a_request_is_done_once_also_across_a_restart_of_client_and_node(tmp_path: Path) -> None:
    home = SandboxHome.create(tmp_path / "node")
    with NodeProcess(home) as node:
        with open_client(tmp_path, node, MARKET_OFFICE) as market:
            first = market.submit(issue("first"), request_id="2026/1")
        node.kill()
        node.start()
        with open_client(tmp_path, node, MARKET_OFFICE) as market:
            again = market.submit(issue("first"), request_id="2026/1")
            assert (again.batch_index, again.identical, again.is_accepted) == (first.batch_index, True, True)
            changed = market.submit(issue("second"), request_id="2026/1")
            assert (changed.batch_index, changed.identical) == (first.batch_index, False)
            assert market.verify(compute_id("second")).state is State.NOT_FOUND


def test_the_first_read_after_a_long_stop_is_proven_not_stale(tmp_path: Path) -> None:
    began_ms = int(time.time() * 1000) - HOUR_MS
    home = SandboxHome.create(tmp_path / "node", genesis_ms=began_ms)
    run_once(home, began_ms + 1_000, issue("first"))
    with NodeProcess(home) as node, open_client(tmp_path, node, MARKET_OFFICE) as market:
        answer = market.verify(compute_id("first"))
    assert (answer.state, answer.assurance, answer.code) == (State.VALID, Assurance.PROVEN, Code.OK)


def test_an_outage_is_unknown_and_the_trust_reached_survives_it(tmp_path: Path) -> None:
    home = SandboxHome.create(tmp_path / "node")
    with NodeProcess(home) as node:
        with open_client(tmp_path, node, MARKET_OFFICE) as market:
            market.submit(issue("first"))
            height = market.asynchronous.session.trust.height
            node.kill()
            answer = market.verify(compute_id("first"))
            assert (answer.state, answer.code) == (State.UNKNOWN, Code.NODE_UNREACHABLE)
            with pytest.raises(ZhenglianError) as caught:
                market.submit(issue("second"))
            assert caught.value.code == Code.NODE_UNREACHABLE
        with open_client(tmp_path, node, MARKET_OFFICE) as market:
            assert market.asynchronous.session.trust.height == height
            node.start()
            assert market.verify(compute_id("first")).is_valid


def test_a_reply_cut_after_the_commit_leaves_one_record_and_one_receipt(
    node: NodeProcess, tmp_path: Path
) -> None:
    with CuttingProxy(node.address) as proxy:
        config = write_agency(tmp_path, node.home, MARKET_OFFICE, node=proxy.address)
        with zhenglian.connect(config, options=Options(submit_timeout_s=30)) as market:
            before = market.get_status().height
            proxy.is_cut = True
            heal = threading.Thread(target=proxy.drop_once_cut)
            heal.start()
            receipt = market.submit(issue("cut off"))
            heal.join()
            assert receipt.is_accepted  # carried out twice, it would be IDENTIFIER_REUSED
            assert receipt.height > before
    with open_client(tmp_path / "direct", node, MARKET_OFFICE) as market:
        known = market.get_receipt(receipt.nonce)
        assert known is not None
        assert (known.batch_index, known.height) == (receipt.batch_index, receipt.height)


def test_many_operations_are_submitted_exactly_once_though_connections_break(
    node: NodeProcess, tmp_path: Path
) -> None:
    operations = issue(*(f"bulk {n}" for n in range(300)))

    def break_some(progress: Progress) -> None:
        if progress.batches % 4 == 0:
            proxy.drop()

    with (
        CuttingProxy(node.address) as proxy,
        open_client(tmp_path, node, MARKET_OFFICE, address=proxy.address) as market,
    ):
        receipts = market.submit_all(
            operations, request_prefix="bulk", batch_operations=20, report=break_some
        )
        assert sum(len(receipt.results) for receipt in receipts) == 300
        assert all(receipt.is_accepted for receipt in receipts)
        assert len({receipt.batch_index for receipt in receipts}) == 15
        assert market.verify(compute_id("bulk 299")).is_valid


def test_a_case_is_planned_granted_used_and_traced(node: NodeProcess, tmp_path: Path) -> None:
    with (
        open_client(tmp_path, node, MARKET_OFFICE) as market,
        open_client(tmp_path, node, HUANGPU_COUNTER) as counter,
        open_client(tmp_path, node, CENTRE_OFFICE) as auditor,
    ):
        market.submit(issue("licence")).raise_for_refusals()
        clerk = counter.get_actors().compute_clerk("0042")
        counter.set_context(build.context(actor=clerk, channel="WINDOW", stage="ACCEPTANCE"))
        promised = time.time_ns() // 1_000_000 + 86_400_000
        case = build.open_case(
            "HP-1", matter=RESTAURANT, matter_version=1, applicant=LI_LEI, promised=promised
        )
        counter.submit([case], request_id="HP-1/open").raise_for_refusals()
        plan = counter.plan("HP-1")
        assert plan.rows[0].verdict is Verdict.NEEDS_GRANT
        grant = give(counter, plan.drafts[0])
        plan = counter.plan("HP-1")
        assert (plan.rows[0].verdict, plan.rows[0].assurance) == (Verdict.EXEMPT, Assurance.PROVEN)
        record = plan.rows[0].record_id
        particulars = build.particulars(matter=RESTAURANT, case_number="HP-1", whole_document=True)
        used = counter.open_use(record, [grant], particulars, recipient_key=compute_id("key"))
        assert counter.get_use(used.id).unit == HUANGPU
        trace = auditor.trace_subject(LI_LEI, "spot check 7")
        kinds = [entry.operation.WhichOneof("kind") for entry in trace.entries]
        assert {"plan_query", "give_grant", "open_use"} <= set(kinds)
        assert trace.count == len(kinds)
        mine = counter.trace_actor(HUANGPU, clerk, "own check")
        assert "open_use" in [entry.operation.WhichOneof("kind") for entry in mine.entries]
        market.submit(issue("after the audit"))  # whose query waits for a block like any batch
        later = auditor.trace_subject(LI_LEI, "spot check 7", since=trace)
        assert [entry.operation.WhichOneof("kind") for entry in later.entries][:1] == ["audit_query"]


def test_what_the_node_refuses_arrives_as_its_own_code(node: NodeProcess, tmp_path: Path) -> None:
    with open_client(tmp_path, node, PUDONG_OFFICE) as pudong:
        with pytest.raises(ZhenglianError) as caught:
            pudong.plan("HP-1")
        assert caught.value.code == Code.NOT_FOUND
        with pytest.raises(ZhenglianError) as caught:
            pudong.trace_subject(LI_LEI, "curiosity")
        assert caught.value.code == Code.READ_NOT_PERMITTED
        with pytest.raises(ZhenglianError) as caught:
            pudong.gateway.__class__  # noqa: B018
        assert caught.value.code == Code.CONFIG_INVALID


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(5 << 20, id="more than the node takes"),
        pytest.param(9 << 20, id="more than the client sends"),
    ],
)
def test_a_message_too_large_for_the_channel_has_its_own_code(node: NodeProcess, size: int) -> None:
    tls = node.home.write_tls(MARKET_OFFICE)
    files = TlsFiles(tls.certificate, tls.key, (tls.roots,))
    request = SubmitRequest(batch=SignedBatch(operations=[bytes(size)]))

    async def send() -> None:
        channel = open_channel(node.address, read_channel_credentials(files))
        connection = NodeConnection(channel, node.address)
        try:
            await connection.call(connection.stub.Submit, request)
        finally:
            await connection.close()

    with pytest.raises(ZhenglianError) as caught:
        asyncio.run(send())
    assert caught.value.code == Code.MESSAGE_TOO_LARGE


def test_a_trust_file_of_another_network_accepts_nothing(node: NodeProcess, tmp_path: Path) -> None:
    stranger = SandboxHome.create(tmp_path / "stranger", genesis_ms=1_767_225_600_000)
    config = write_agency(tmp_path, node.home, MARKET_OFFICE)
    (tmp_path / "trust.json").write_bytes(stranger.config.trust.read_bytes())
    with zhenglian.connect(config) as market, pytest.raises(ZhenglianError) as caught:
        market.verify(compute_id("first"))
    assert caught.value.code in (Code.PROOF_OTHER_CHAIN, Code.FOREIGN_CHAIN)


def test_a_trust_file_may_name_any_later_block(node: NodeProcess, tmp_path: Path) -> None:
    with open_client(tmp_path, node, MARKET_OFFICE) as market:
        market.submit(issue("before the trust file"))
        signed = market.get_status().anchor.light_block.signed_header
        anchor = TrustAnchor(
            chain_id=market.chain_id,
            era=0,
            height=signed.header.height,
            header_hash=compute_header_hash(signed.header),
            validators_hash=signed.header.validators_hash,
        )
        market.submit(issue("after the trust file"))
    config = write_agency(tmp_path / "later", node.home, MARKET_OFFICE)
    later, forged = tmp_path / "later" / "trust.json", replace(anchor, header_hash=bytes(32))
    later.write_text(format_trust_file(TrustFile(anchor)), encoding="utf-8")
    with zhenglian.connect(config) as market:
        assert market.verify(compute_id("after the trust file")).state is State.VALID
    config = write_agency(tmp_path / "forged", node.home, MARKET_OFFICE)
    (tmp_path / "forged" / "trust.json").write_text(format_trust_file(TrustFile(forged)), encoding="utf-8")
    with zhenglian.connect(config) as market, pytest.raises(ZhenglianError) as caught:
        market.verify(compute_id("after the trust file"))
    assert caught.value.code == Code.PROOF_WRONG_HEADER


def test_a_channel_without_a_registered_key_is_refused(node: NodeProcess, tmp_path: Path) -> None:
    config = write_agency(tmp_path, node.home, MARKET_OFFICE)
    other = write_agency(tmp_path / "other", node.home, HUANGPU_COUNTER)
    text = other.read_text(encoding="utf-8").replace(
        f'system = "{HUANGPU_COUNTER}"', f'system = "{MARKET_OFFICE}"'
    )
    other.write_text(text, encoding="utf-8")
    with zhenglian.connect(config) as market:
        assert market.get_status().chain_id == market.chain_id == node.home.chain_id
    with zhenglian.connect(other) as mixed, pytest.raises(ZhenglianError) as caught:
        mixed.submit(issue("stolen"))
    assert caught.value.code == Code.CHANNEL_NOT_SYSTEM


def test_the_asynchronous_client_asks_many_things_at_once(node: NodeProcess, tmp_path: Path) -> None:
    async def story() -> None:
        config = write_agency(tmp_path, node.home, MARKET_OFFICE)
        async with await zhenglian.connect_async(config) as market:
            receipts = await asyncio.gather(*(market.submit(issue(f"at once {n}")) for n in range(20)))
            assert all(receipt.is_accepted for receipt in receipts)
            answers = await asyncio.gather(*(market.verify(compute_id(f"at once {n}")) for n in range(20)))
            assert all(answer.is_valid for answer in answers)

    asyncio.run(story())


def test_the_gateway_is_reached_where_one_is_configured(node: NodeProcess, tmp_path: Path) -> None:
    config = write_agency(tmp_path, node.home, MARKET_OFFICE, gateway="localhost:1")
    with zhenglian.connect(config) as market:
        assert isinstance(market.gateway, GatewayClient)
        with pytest.raises(ZhenglianError) as caught:
            market.run(market.gateway.attest(bytes(32)))
        assert caught.value.code == Code.GATEWAY_UNREACHABLE
