"""The identity gateway as it runs: its own process, mTLS on both sides, real files."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.testkit.ledger_objects import put_region
from tests.testkit.pki import Leaf, MemberPki
from zhenglian_ledger.attestation import verify_attestation_signature
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.crypto.ed25519 import compute_public_key
from zhenglian_ledger.errors import Denied, InvalidIdentifier, Unreachable, ZhenglianError
from zhenglian_ledger.genesis import DEFAULT_PARAMETERS
from zhenglian_ledger.genesis_text import format_genesis
from zhenglian_ledger.identifiers import compose_licence_identifier, compute_id_card_check
from zhenglian_ledger.keyfile import KdfCost, seal_key
from zhenglian_ledger.rules_digest import compute_rules_digest
from zhenglian_proto.v1 import batch_pb2, identity_pb2, members_pb2, operation_pb2, state_pb2
from zhenglian_proto.v1.identity_pb2 import IdentityNumber, ResolveReason
from zhenglian_sdk.channel import open_channel, read_channel_credentials
from zhenglian_sdk.identity.client import GatewayClient

SEED = b"\x05" * 32
PUBLIC_KEY = compute_public_key(SEED)
PERSON = "31010119900101001" + compute_id_card_check("31010119900101001")
TYPE = "11100000000013338W011"
CASE = ResolveReason(case_number="HP-2024-1")
TARGET = b"\xaa" * 32

T = TypeVar("T")


@dataclass(frozen=True)
class Running:
    """A gateway process with the leaves that its clients use."""

    port: int
    log: Path
    counter: Leaf
    other: Leaf
    greedy: Leaf
    unregistered: Leaf
    foreign: Leaf

    @property
    def target(self) -> str:
        return f"localhost:{self.port}"


def write_genesis(path: Path, mode: state_pb2.Mode) -> None:
    genesis = state_pb2.Genesis(
        operations=[serialise(operation_pb2.Operation(put_region=put_region()))],
        name="sandbox",
        genesis_time_ms=1,
        mode=mode,
        rules_digest=compute_rules_digest(),
        parameters=DEFAULT_PARAMETERS,
        validators=[state_pb2.GenesisValidator(public_key=PUBLIC_KEY, member="centre")],
    )
    path.write_text(format_genesis(genesis), encoding="utf-8")


def write_configuration(
    directory: Path, server: Leaf, callers: dict[str, Leaf], mode: state_pb2.Mode = state_pb2.MODE_SANDBOX
) -> Path:
    write_genesis(directory / "genesis.json", mode)
    (directory / "passphrase").write_text("secret\n", encoding="utf-8")
    (directory / "pseudonym.key").write_text("07" * 32 + "\n", encoding="utf-8")
    key = seal_key(
        SEED,
        suite=batch_pb2.SUITE_ED25519,
        usage=members_pb2.KEY_USAGE_SIGN,
        owner="gateway",
        passphrase="secret",
        salt=bytes(16),
        nonce=bytes(12),
        cost=KdfCost(n=2),
    )
    (directory / "sign.key.json").write_text(key, encoding="utf-8")
    lines = [
        'listen = "localhost:0"',
        'system = "gateway"',
        "level = 3",
        'genesis = "genesis.json"',
        'key_file = "sign.key.json"',
        'passphrase_file = "passphrase"',
        'pseudonym_key_file = "pseudonym.key"',
        'request_log = "requests.jsonl"',
        "[tls]",
        f"certificate = '{server.files.certificate}'",
        f"key = '{server.files.key}'",
        f"roots = {[str(root) for root in server.files.roots]}",
        "[rate]",
        "burst = 2100",
        "per_second = 1",
    ]
    for system, leaf in callers.items():
        lines += ["[[callers]]", f'system = "{system}"', f'key = "{leaf.key_id.hex()}"']
    path = directory / "gateway.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def start(configuration: Path) -> "subprocess.Popen[str]":
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    return subprocess.Popen(
        [sys.executable, "-m", "zhenglian_sdk.identity", "serve", "--config", str(configuration)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    directory = tmp_path_factory.mktemp("gateway")
    member = MemberPki(directory, "centre")
    stranger = MemberPki(directory, "stranger")
    callers = {name: member.issue(name) for name in ("counter", "other", "greedy")}
    server = member.issue("gateway")
    with start(write_configuration(directory, server, callers)) as process:
        try:
            assert process.stdout is not None
            announced = process.stdout.readline()
            assert announced.startswith("listening on port "), process.stderr and process.stderr.read()
            yield Running(
                port=int(announced.split()[-1]),
                log=directory / "requests.jsonl",
                counter=callers["counter"],
                other=callers["other"],
                greedy=callers["greedy"],
                unregistered=member.issue("unregistered"),
                foreign=stranger.issue("foreign", roots=(member.root,)),
            )
        finally:
            process.terminate()
            process.communicate(timeout=20)
    assert process.returncode == 0


@asynccontextmanager
async def connected(running: Running, leaf: Leaf) -> AsyncIterator[GatewayClient]:
    async with open_channel(running.target, read_channel_credentials(leaf.files)) as channel:
        yield GatewayClient(channel, running.target)


def run(story: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(story)


def person(number: str = PERSON) -> IdentityNumber:
    return IdentityNumber(kind=identity_pb2.IDENTITY_KIND_NATURAL_PERSON, number=number)


def read_log(running: Running) -> list[dict[str, Any]]:
    return [json.loads(line) for line in running.log.read_text(encoding="utf-8").splitlines()]


async def resolve(running: Running, leaf: Leaf, numbers: list[IdentityNumber]) -> list[bytes]:
    async with connected(running, leaf) as gateway:
        return await gateway.resolve_subjects(CASE, numbers)


def test_subjects_and_licences_are_resolved_and_the_request_is_on_disk_masked(running: Running) -> None:
    async def story() -> None:
        async with connected(running, running.counter) as gateway:
            (subject,) = await gateway.resolve_subjects(CASE, [person()])
            identifier = compose_licence_identifier(TYPE, "310101", "0000001", "001")
            (licence,) = await gateway.resolve_licences(TYPE, [identifier])
            assert {len(subject), len(licence)} == {32}
            assert subject != licence

    run(story())
    subjects, licences = read_log(running)[-2:]
    assert subjects["reason"] == {"case_number": "HP-2024-1"}
    assert (subjects["system"], subjects["key"]) == ("counter", running.counter.key_id.hex())
    assert (subjects["count"], subjects["code"]) == (1, "OK")
    assert licences["reason"] == {"licence_type": TYPE}
    assert PERSON not in running.log.read_text(encoding="utf-8")
    assert PERSON[6:14] not in running.log.read_text(encoding="utf-8")


def test_a_certificate_of_a_foreign_ca_gets_no_channel(running: Running) -> None:
    with pytest.raises(Unreachable) as caught:
        run(resolve(running, running.foreign, [person()]))
    assert caught.value.code in (Code.TLS_FAILED, Code.GATEWAY_UNREACHABLE)


def test_a_certificate_that_is_not_registered_is_refused(running: Running) -> None:
    with pytest.raises(Denied) as caught:
        run(resolve(running, running.unregistered, [person()]))
    assert caught.value.code == Code.CHANNEL_UNKNOWN


def test_a_client_that_does_not_trust_the_gateways_ca_does_not_speak_to_it(
    running: Running, tmp_path: Path
) -> None:
    stranger = MemberPki(tmp_path, "stranger").issue("client")
    with pytest.raises(Unreachable) as caught:
        run(resolve(running, stranger, [person()]))
    assert caught.value.code == Code.TLS_FAILED


def test_only_a_confirmed_session_is_attested(running: Running) -> None:
    async def story() -> None:
        async with connected(running, running.counter) as gateway:
            session = await gateway.open_session(person(), TARGET, "同意黄浦区调取营业执照")
            with pytest.raises(Denied) as caught:
                await gateway.attest(session)
            assert caught.value.code == Code.SESSION_UNCONFIRMED
            await gateway.confirm_session(session)
            attestation = await gateway.attest(session)
            verify_attestation_signature(TARGET, attestation, batch_pb2.SUITE_ED25519, PUBLIC_KEY)
            assert [attestation.subject] == await gateway.resolve_subjects(CASE, [person()])

    run(story())
    assert any(entry["reason"] == {"target": TARGET.hex()} for entry in read_log(running))


def test_another_system_gets_no_attestation_of_the_session(running: Running) -> None:
    async def story() -> None:
        async with connected(running, running.counter) as gateway:
            session = await gateway.open_session(person(), TARGET, "亮证")
            await gateway.confirm_session(session)
        async with connected(running, running.other) as gateway:
            with pytest.raises(Denied) as caught:
                await gateway.attest(session)
            assert caught.value.code == Code.GATEWAY_REFUSED

    run(story())


def test_a_wrong_check_digit_says_the_expected_one(running: Running) -> None:
    wrong = PERSON[:-1] + ("0" if PERSON[-1] != "0" else "1")
    with pytest.raises(InvalidIdentifier) as caught:
        run(resolve(running, running.counter, [person(), person(wrong)]))
    assert caught.value.code == Code.WRONG_CHECK_DIGIT
    assert (caught.value.fields["expected"], caught.value.fields["index"]) == (PERSON[-1], "1")
    assert read_log(running)[-1]["code"] == "WRONG_CHECK_DIGIT"


def test_a_greedy_system_is_slowed_and_the_others_are_not(running: Running) -> None:
    many = [person()] * 1024
    assert len(run(resolve(running, running.greedy, many * 2))) == 2048
    with pytest.raises(Denied) as caught:
        run(resolve(running, running.greedy, many))
    assert caught.value.code == Code.GATEWAY_RATE
    assert read_log(running)[-1]["code"] == "GATEWAY_RATE"
    assert len(run(resolve(running, running.other, [person()]))) == 1


def test_a_gateway_that_is_not_there_is_unreachable_and_nothing_else(running: Running) -> None:
    nowhere = "localhost:1"

    async def story() -> None:
        async with open_channel(nowhere, read_channel_credentials(running.counter.files)) as channel:
            await GatewayClient(channel, nowhere).resolve_subjects(CASE, [person()])

    with pytest.raises(ZhenglianError) as caught:
        run(story())
    assert caught.value.code == Code.GATEWAY_UNREACHABLE
    assert caught.value.fields == {"target": nowhere}


def test_a_production_genesis_stops_the_process_with_a_sentence(tmp_path: Path) -> None:
    server = MemberPki(tmp_path, "centre").issue("gateway")
    configuration = write_configuration(tmp_path, server, {"gateway": server}, state_pb2.MODE_PRODUCTION)
    with start(configuration) as process:
        _, complaint = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "PRODUCTION_FORBIDDEN" in complaint
    assert "Traceback" not in complaint
