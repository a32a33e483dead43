"""A real node over mTLS: who gets in, what becomes of a batch, who reads what, what survives a restart."""

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.testkit.grant_objects import build_grant, give, open_use
from tests.testkit.ledger_kit import sign_key_operation
from tests.testkit.ledger_objects import (
    BUSINESS_LICENCE,
    CENTRE_OFFICE,
    GATEWAY_SYSTEM,
    HOUSING,
    HOUSING_OFFICE,
    HUANGPU,
    HUANGPU_COUNTER,
    HUANGPU_OFFICE,
    LI_LEI,
    MARKET,
    MARKET_COUNTER,
    MARKET_OFFICE,
    PUDONG_OFFICE,
    RESTAURANT,
    compute_id,
    issue_licence,
    key_body,
    open_case,
    put_system,
)
from tests.testkit.node_home import SandboxHome, TlsPaths, build_transport_key
from tests.testkit.node_process import (
    NodeProcess,
    SystemClient,
    build_command,
    build_environment,
    get_error,
)
from zhenglian_ledger.attestation import compute_grant_id
from zhenglian_ledger.certificates import (
    build_member_ca,
    compute_transport_key_id,
    format_certificate_pem,
    format_private_key_pem,
    parse_certificate_pem,
)
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import ZhenglianError
from zhenglian_ledger.keys import derive_p256_key
from zhenglian_ledger.leaves import decode_batch_leaf, decode_entry
from zhenglian_ledger.merkle.trace import UNIT_PERIOD_MS
from zhenglian_ledger.rows import case_id
from zhenglian_node.cli.exits import Exit
from zhenglian_proto.v1 import members_pb2, node_pb2, types_pb2, uses_pb2
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.types_pb2 import PURPOSE_SERVICE

REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
RELAY = "huangpu-relay"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcess]:
    """A node with a licence of Li Lei, his open case at Huangpu, and a relay of that unit."""
    relay = [
        Operation(put_system=put_system(RELAY, HUANGPU, members_pb2.SYSTEM_KIND_BACK_OFFICE, relay=True)),
        Operation(key=members_pb2.KeyOperation(body=key_body(HUANGPU, 6, add=build_transport_key(RELAY)))),
    ]
    home = SandboxHome.create(tmp_path_factory.mktemp("node"), extra=relay)
    with NodeProcess(home) as node:
        results(node.connect(MARKET_OFFICE).submit(issue_licence()))
        results(node.connect(HUANGPU_COUNTER).submit(open_case()))
        yield node


def results(reply: node_pb2.SubmitReply) -> tuple[int, ...]:
    """The operations' results of an accepted batch."""
    assert reply.WhichOneof("fate") == "receipt", reply
    return decode_batch_leaf(reply.receipt.batch.leaf).results


def refusal(call: Callable[[], Any]) -> ZhenglianError:
    """The typed error that a call ends with."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return get_error(caught.value)


def verify(**by: Any) -> uses_pb2.VerifyQuery:
    return uses_pb2.VerifyQuery(purpose=PURPOSE_SERVICE, **by)


def ask_trace(client: SystemClient, start: int = 0, **target: Any) -> node_pb2.TraceAnswer:
    batch = client.sign(uses_pb2.AuditQuery(reason="spot check", **target)).to_message()
    return client.stub.GetTrace(node_pb2.TraceRequest(batch=batch, start=start), timeout=10)


# submitting


def test_a_submitted_batch_comes_back_as_a_receipt(node: NodeProcess) -> None:
    market = node.connect(MARKET_OFFICE)
    reply = market.submit(issue_licence("first"), issue_licence("second"), issue_licence("first"))
    assert results(reply) == (Code.OK, Code.OK, Code.IDENTIFIER_REUSED)
    assert reply.receipt.anchor.light_block.signed_header.header.chain_id == node.home.chain_id


def test_the_same_batch_again_gets_the_same_receipt(node: NodeProcess) -> None:
    market = node.connect(MARKET_OFFICE)
    batch = market.sign(issue_licence("once"))
    first, second = market.send(batch), market.send(batch)
    assert first.receipt.batch.leaf == second.receipt.batch.leaf


def test_another_batch_under_a_used_nonce_gets_the_first_ones_receipt(node: NodeProcess) -> None:
    market = node.connect(MARKET_OFFICE)
    first = market.send(market.sign(issue_licence("nonce"), nonce=bytes(15) + b"\x07"))
    second = market.send(market.sign(issue_licence("other"), nonce=bytes(15) + b"\x07"))
    assert second.receipt.batch.leaf == first.receipt.batch.leaf


def test_a_receipt_is_found_again_by_its_nonce(node: NodeProcess) -> None:
    market = node.connect(MARKET_OFFICE)
    batch = market.sign(issue_licence("later"))
    sent = market.send(batch)
    request = node_pb2.ReceiptRequest(system=MARKET_OFFICE, nonce=batch.header.nonce)
    assert market.stub.GetReceipt(request).receipt.batch.leaf == sent.receipt.batch.leaf


def test_an_unknown_nonce_is_final_only_after_its_validity(node: NodeProcess) -> None:
    market = node.connect(MARKET_OFFICE)
    now_ms = int(time.time() * 1000)
    for until_ms, is_final in ((0, False), (now_ms + 60_000, False), (now_ms - 3_600_000, True)):
        request = node_pb2.ReceiptRequest(system=MARKET_OFFICE, nonce=bytes(16), valid_until_ms=until_ms)
        reply = market.stub.GetReceipt(request)
        assert (reply.unknown, reply.fate_is_final) == (True, is_final)


def test_a_rejection_says_whether_it_is_final(node: NodeProcess) -> None:
    market = node.connect(MARKET_OFFICE)
    spoiled = market.sign(issue_licence("spoiled")).to_message()
    spoiled.signature = bytes(64)
    far_ahead = market.sign(
        issue_licence("far"), valid_until_ms=int(time.time() * 1000) + 10**12
    ).to_message()
    expected = ((spoiled, Code.WRONG_SIGNATURE, True), (far_ahead, Code.VALIDITY_TOO_LONG, False))
    for batch, code, is_final in expected:
        reply = market.stub.Submit(node_pb2.SubmitRequest(batch=batch), timeout=10)
        assert (reply.rejection.code, reply.fate_is_final) == (code, is_final)


def test_receipts_are_shown_to_their_unit_relays_and_auditors_alone(node: NodeProcess) -> None:
    request = node_pb2.ReceiptRequest(system=MARKET_OFFICE, nonce=bytes(16))
    for client in (
        node.connect(MARKET_COUNTER),
        node.connect(CENTRE_OFFICE),
        node.connect_as(RELAY, HUANGPU),
    ):
        assert client.stub.GetReceipt(request).unknown
    error = refusal(lambda: node.connect(PUDONG_OFFICE).stub.GetReceipt(request))
    assert error.code == Code.READ_NOT_PERMITTED


def test_a_batch_of_another_chain_is_rejected(node: NodeProcess) -> None:
    market = node.connect(MARKET_OFFICE)
    reply = market.send(market.sign(issue_licence("foreign"), chain_id="other-00000000"))
    assert reply.rejection.code == Code.FOREIGN_CHAIN


def test_a_batch_with_a_wrong_signature_is_rejected(node: NodeProcess) -> None:
    market = node.connect(MARKET_OFFICE)
    message = market.sign(issue_licence("forged")).to_message()
    message.signature = bytes(64)
    assert market.stub.Submit(node_pb2.SubmitRequest(batch=message)).rejection.code == Code.WRONG_SIGNATURE


# the channel


def test_the_channel_carries_only_its_own_systems_batches(node: NodeProcess) -> None:
    market = node.connect(MARKET_OFFICE)
    batch = market.sign(issue_licence("borrowed"), system=MARKET_COUNTER)
    assert refusal(lambda: market.send(batch)).code == Code.CHANNEL_NOT_SYSTEM


def test_a_relay_carries_other_systems_batches(node: NodeProcess) -> None:
    relay = node.connect_as(RELAY, HUANGPU)
    assert results(relay.send(relay.sign(issue_licence("relayed"), system=MARKET_OFFICE))) == (Code.OK,)


def test_a_certificate_without_a_registered_key_may_only_ask_for_the_status(node: NodeProcess) -> None:
    stranger = node.connect_as("stranger", MARKET)
    status = stranger.stub.GetStatus(node_pb2.StatusRequest())
    assert status.chain_id == node.home.chain_id
    assert status.provable_height == status.anchor.light_block.signed_header.header.height - 1
    request = node_pb2.ObjectRequest(kind=types_pb2.KIND_UNIT, id=MARKET.encode())
    assert refusal(lambda: stranger.stub.GetObject(request)).code == Code.CHANNEL_UNKNOWN


def test_a_certificate_of_a_foreign_ca_does_not_get_in(node: NodeProcess, tmp_path: Path) -> None:
    tls = node.home.write_tls(MARKET_OFFICE)
    foreign = tmp_path / "foreign.pem"
    key = derive_p256_key(b"f" * 32)
    der = build_member_ca(key, member="foreign", serial=9, not_before_ms=0, not_after_ms=4_000_000_000_000)
    foreign.write_bytes(format_certificate_pem(der))
    (tmp_path / "foreign.key.pem").write_bytes(format_private_key_pem(key))
    channel = node.open_channel(TlsPaths(foreign, tmp_path / "foreign.key.pem", tls.roots))
    with pytest.raises(grpc.RpcError) as caught:
        SystemClient(node.home.chain_id, MARKET_OFFICE, channel).stub.GetStatus(
            node_pb2.StatusRequest(), timeout=5
        )
    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE


def test_a_key_that_ends_ends_the_channel_and_a_new_one_opens_it(node: NodeProcess) -> None:
    housing = node.connect(HOUSING_OFFICE)
    certificate = node.home.write_tls(HOUSING_OFFICE).certificate
    member = housing.stub.GetObject(node_pb2.ObjectRequest(kind=types_pb2.KIND_MEMBER, id=HOUSING.encode()))
    end = members_pb2.KeyEnd(
        key=compute_transport_key_id(parse_certificate_pem(certificate.read_bytes())),
        not_after_ms=int(time.time() * 1000),
    )
    body = key_body(HOUSING, member.sequence + 1, chain_id=node.home.chain_id, end=end)
    assert results(housing.submit(sign_key_operation(body, f"{HOUSING}-recovery"))) == (Code.OK,)
    request = node_pb2.ObjectRequest(kind=types_pb2.KIND_UNIT, id=HOUSING.encode())
    assert refusal(lambda: housing.stub.GetObject(request)).code == Code.CHANNEL_UNKNOWN


# requests that are no requests


def test_a_request_beyond_the_limit_is_refused_by_its_size(node: NodeProcess) -> None:
    call = raw_call(node, MARKET_OFFICE, "Submit")
    error = refusal(lambda: call(bytes(600 << 10)))
    assert (error.code, error.fields["limit"]) == (Code.TOO_LARGE, str(512 << 10))


def test_a_batch_beyond_its_limit_is_rejected(node: NodeProcess) -> None:
    market = node.connect(MARKET_OFFICE)
    message = market.sign(issue_licence("large")).to_message()
    message.operations[0] = bytes(61 << 10)
    assert market.stub.Submit(node_pb2.SubmitRequest(batch=message)).rejection.code == Code.TOO_LARGE


def test_bytes_that_are_no_request_are_called_so(node: NodeProcess) -> None:
    call = raw_call(node, MARKET_OFFICE, "GetObject")
    assert refusal(lambda: call(b"\xff\xff\xff")).code == Code.BAD_REQUEST


@pytest.mark.parametrize("kind", [types_pb2.KIND_UNSPECIFIED, 99])
def test_an_object_of_no_kind_is_a_bad_request(node: NodeProcess, kind: Any) -> None:
    request = node_pb2.ObjectRequest(kind=kind, id=b"x")
    assert refusal(lambda: node.connect(MARKET_OFFICE).stub.GetObject(request)).code == Code.BAD_REQUEST


def test_a_read_request_holds_exactly_one_query_of_its_kind(node: NodeProcess) -> None:
    market = node.connect(MARKET_OFFICE)
    two = node_pb2.QueryRequest(
        batch=market.sign(verify(record=compute_id("a")), verify(record=compute_id("b"))).to_message()
    )
    assert refusal(lambda: market.stub.GetRecord(two)).code == Code.BAD_REQUEST
    other = market.ask(uses_pb2.PlanQuery(case_number="2026-0001"))
    assert refusal(lambda: market.stub.GetRecord(other)).code == Code.BAD_REQUEST


def raw_call(node: NodeProcess, system: str, method: str) -> Callable[[bytes], bytes]:
    """A method that sends bytes as they are."""
    call: Callable[[bytes], bytes] = node.connect(system).channel.unary_unary(
        f"/zhenglian.v1.Node/{method}", None, None
    )
    return call


# reading


def test_a_record_is_found_by_id_and_by_digest_and_an_unknown_one_is_not(node: NodeProcess) -> None:
    pudong = node.connect(PUDONG_OFFICE)
    by_id = pudong.stub.GetRecord(pudong.ask(verify(record=compute_id("licence"))))
    by_digest = pudong.stub.GetRecord(pudong.ask(verify(sha256=compute_id("sha256 licence"))))
    unknown = pudong.stub.GetRecord(pudong.ask(verify(record=compute_id("nothing"))))
    assert by_id.found
    assert by_id.record.entry == by_digest.record.entry
    assert not unknown.found


def test_a_query_with_a_used_nonce_is_a_replay(node: NodeProcess) -> None:
    pudong = node.connect(PUDONG_OFFICE)
    pudong.send(pudong.sign(verify(record=compute_id("licence")), nonce=b"\x05" * 16))
    again = pudong.sign(verify(record=compute_id("other")), nonce=b"\x05" * 16).to_message()
    error = refusal(lambda: pudong.stub.GetRecord(node_pb2.QueryRequest(batch=again)))
    assert error.code == Code.REPLAYED


def test_the_plan_of_an_open_case_has_a_row_for_each_row_of_its_list(node: NodeProcess) -> None:
    huangpu = node.connect(HUANGPU_COUNTER)
    answer = huangpu.stub.GetPlan(huangpu.ask(uses_pb2.PlanQuery(case_number="2026-0001")))
    assert [row.row for row in answer.rows] == ["licence", "form", "lease", "report"]
    assert answer.rows[0].verdict == node_pb2.VERDICT_NEEDS_GRANT
    entry = decode_entry(answer.matter.entry.leaf)
    assert Operation.FromString(entry.operation).put_matter.id == RESTAURANT


def test_there_is_no_plan_without_an_open_case_and_the_refusal_is_recorded(node: NodeProcess) -> None:
    huangpu = node.connect(HUANGPU_OFFICE)
    query = huangpu.sign(uses_pb2.PlanQuery(case_number="no-such-case"))
    error = refusal(lambda: huangpu.stub.GetPlan(node_pb2.QueryRequest(batch=query.to_message())))
    assert error.code == Code.NOT_FOUND
    assert results(huangpu.send(query)) == (Code.NOT_FOUND,)  # the very batch, once it is committed


def test_a_plan_asked_without_the_role_is_refused_and_recorded(node: NodeProcess) -> None:
    centre = node.connect(CENTRE_OFFICE)
    query = centre.sign(uses_pb2.PlanQuery(case_number="2026-0001"))
    error = refusal(lambda: centre.stub.GetPlan(node_pb2.QueryRequest(batch=query.to_message())))
    assert error.code == Code.READ_NOT_PERMITTED
    assert results(centre.send(query)) == (Code.NOT_PERMITTED,)


def test_a_subjects_trace_is_for_the_gateway_and_auditors(node: NodeProcess) -> None:
    seen = node.connect(PUDONG_OFFICE)
    results(seen.submit(verify(record=compute_id("licence"))))
    for system in (CENTRE_OFFICE, GATEWAY_SYSTEM):
        answer = ask_trace(node.connect(system), subject=LI_LEI)
        assert answer.proof.count == len(answer.elements) > 0
    refused = refusal(lambda: ask_trace(node.connect(PUDONG_OFFICE), subject=LI_LEI))
    assert refused.code == Code.READ_NOT_PERMITTED


def test_a_trace_is_read_on_from_where_the_reader_stands(node: NodeProcess) -> None:
    centre = node.connect(CENTRE_OFFICE)
    whole = ask_trace(centre, subject=LI_LEI)
    rest = ask_trace(centre, subject=LI_LEI, start=1)
    assert rest.elements[: len(whole.elements) - 1] == whole.elements[1:]


def test_a_units_trace_is_its_own_and_the_auditors(node: NodeProcess) -> None:
    actor = uses_pb2.ActorRef(unit=HUANGPU)
    period = int(time.time() * 1000) // UNIT_PERIOD_MS
    for system in (HUANGPU_OFFICE, CENTRE_OFFICE):
        assert ask_trace(node.connect(system), actor=actor, period=period).proof.present
    refused = refusal(lambda: ask_trace(node.connect(PUDONG_OFFICE), actor=actor, period=period))
    assert refused.code == Code.READ_NOT_PERMITTED


def test_registries_are_everyones_cases_their_units_and_records_nobodys_by_this_call(
    node: NodeProcess,
) -> None:
    def read(system: str, kind: types_pb2.Kind, identifier: bytes) -> bool:
        return node.connect(system).stub.GetObject(node_pb2.ObjectRequest(kind=kind, id=identifier)).found

    assert read(PUDONG_OFFICE, types_pb2.KIND_LICENCE_TYPE, BUSINESS_LICENCE.encode())
    assert not read(PUDONG_OFFICE, types_pb2.KIND_LICENCE_TYPE, b"LT.UNKNOWN")
    case = case_id(HUANGPU, "2026-0001")
    assert read(HUANGPU_OFFICE, types_pb2.KIND_CASE, case)
    assert read(CENTRE_OFFICE, types_pb2.KIND_CASE, case)
    forbidden = [
        (PUDONG_OFFICE, types_pb2.KIND_CASE, case),
        (MARKET_OFFICE, types_pb2.KIND_LICENCE, compute_id("licence")),
        (CENTRE_OFFICE, types_pb2.KIND_GRANT, compute_id("grant")),
        (CENTRE_OFFICE, types_pb2.KIND_HOLDER_KEY, compute_id("key")),
    ]
    for system, kind, identifier in forbidden:
        assert refusal(lambda: read(system, kind, identifier)).code == Code.READ_NOT_PERMITTED  # noqa: B023


def test_a_grant_and_its_use_are_shown_to_those_they_concern(node: NodeProcess) -> None:
    huangpu = node.connect(HUANGPU_COUNTER)
    now: Any = SimpleNamespace(time_ms=int(time.time() * 1000))
    body = build_grant("shown", chain_id=node.home.chain_id)
    assert results(huangpu.submit(give(now, body))) == (Code.OK,)
    assert results(huangpu.submit(open_use("shown", body))) == (Code.OK,)
    grant = node_pb2.GrantRequest(grant=compute_grant_id(body))
    use = node_pb2.UseRequest(use=compute_id("use shown"))
    for system in (HUANGPU_OFFICE, GATEWAY_SYSTEM, CENTRE_OFFICE):
        answer = node.connect(system).stub.GetGrant(grant)
        assert (answer.found, answer.uses_left) == (True, 9)
    for system in (HUANGPU_OFFICE, MARKET_OFFICE, CENTRE_OFFICE):
        assert len(node.connect(system).stub.GetUse(use).chains) == 1
    pudong = node.connect(PUDONG_OFFICE)
    assert refusal(lambda: pudong.stub.GetGrant(grant)).code == Code.READ_NOT_PERMITTED
    assert refusal(lambda: pudong.stub.GetUse(use)).code == Code.READ_NOT_PERMITTED


def test_an_unknown_grant_is_not_found_and_so_is_an_unknown_use(node: NodeProcess) -> None:
    market = node.connect(MARKET_OFFICE)
    assert not market.stub.GetGrant(node_pb2.GrantRequest(grant=compute_id("none"))).found
    error = refusal(lambda: market.stub.GetUse(node_pb2.UseRequest(use=compute_id("none"))))
    assert error.code == Code.NOT_FOUND


def test_a_passed_deadline_ends_the_call_and_nothing_else(node: NodeProcess) -> None:
    market = node.connect(MARKET_OFFICE)
    market.stub.GetStatus(node_pb2.StatusRequest())  # connected
    batch = market.sign(issue_licence("hasty"))
    with pytest.raises(grpc.RpcError) as caught:
        market.stub.Submit(node_pb2.SubmitRequest(batch=batch.to_message()), timeout=0.0001)
    assert caught.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    assert results(market.send(batch)) == (Code.OK,)


# the standard services


def test_health_says_serving_and_reflection_is_off(node: NodeProcess) -> None:
    channel = node.connect(MARKET_OFFICE).channel
    health = health_pb2_grpc.HealthStub(channel)
    for service in ("", "zhenglian.v1.Node"):
        status = health.Check(health_pb2.HealthCheckRequest(service=service)).status
        assert status == health_pb2.HealthCheckResponse.SERVING
    with pytest.raises(grpc.RpcError) as caught:
        list(channel.stream_stream(REFLECTION, None, None)(iter([b""])))
    assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED


# the process


def test_a_receipt_survives_a_restart_and_a_kill(tmp_path: Path) -> None:
    with NodeProcess(SandboxHome.create(tmp_path)) as node:
        market = node.connect(MARKET_OFFICE)
        batch = market.sign(issue_licence())
        leaf = market.send(batch).receipt.batch.leaf
        for end in (node.stop, node.kill):
            end()
            node.start()
            assert node.connect(MARKET_OFFICE).send(batch).receipt.batch.leaf == leaf
        assert node.stop() == Exit.OK


def test_a_second_process_on_the_same_home_is_refused_in_one_sentence(node: NodeProcess) -> None:
    second = subprocess.run(
        build_command("run", "--home", str(node.home.config.home)),
        check=False, capture_output=True, text=True, env=build_environment(), timeout=60,
    )  # fmt: skip
    assert second.returncode == Exit.BUSY
    assert second.stderr.splitlines() == [
        "错误 [STORE_LOCKED] 存储被另一进程占用",
        "error [STORE_LOCKED] the store is locked by another process",
    ]


def test_status_is_one_screen_and_needs_only_the_home(node: NodeProcess) -> None:
    asked = subprocess.run(
        build_command("status", "--home", str(node.home.config.home)),
        check=False, capture_output=True, text=True, env=build_environment(), timeout=60,
    )  # fmt: skip
    assert asked.returncode == Exit.OK, asked.stderr
    assert f"链标识 / chain_id: {node.home.chain_id}" in asked.stdout


def test_the_log_names_nobody(node: NodeProcess) -> None:
    text = node.log.read_text(encoding="utf-8")
    assert '"event": "ready"' in text
    assert LI_LEI.hex() not in text
