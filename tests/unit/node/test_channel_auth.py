"""From a certificate to a caller: the ledger decides at every height; the CA only opens the door."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from google.protobuf.message import Message

from tests.testkit.ledger_kit import Sandbox, sign_key_operation
from tests.testkit.ledger_objects import (
    CENTRE_OFFICE,
    HUANGPU,
    HUANGPU_OFFICE,
    MARKET,
    MARKET_COUNTER,
    MARKET_OFFICE,
    compute_id,
    issue_licence,
    key_body,
)
from tests.testkit.node_home import (
    build_ca,
    build_channel_operations,
    build_genesis,
    build_transport_key,
    write_tls,
)
from tests.testkit.node_kit import Sender
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.certificates import (
    compute_transport_key_id,
    format_certificate_pem,
    parse_certificate_pem,
)
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied, StoreError
from zhenglian_ledger.keys import compute_key_id
from zhenglian_node.api.channel_auth import ChannelAuth, find_caller, get_roots
from zhenglian_node.api.credentials import LiveCredentials
from zhenglian_node.app.application import Application
from zhenglian_node.app.transactions import build_transaction
from zhenglian_node.config import TlsFiles
from zhenglian_node.storage.memory import MemoryStore
from zhenglian_proto.v1 import batch_pb2, members_pb2

Commit = Callable[..., None]


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(operations=build_channel_operations())


@pytest.fixture
def application() -> Application:
    genesis = build_genesis(build_channel_operations(), int(time.time() * 1000))
    application = Application(MemoryStore(), serialise(genesis))
    application.init_chain()
    return application


@pytest.fixture
def commit(application: Application) -> Commit:
    """Commits operations of one system in a block of their own."""
    sender = Sender(application.chain_id)
    sender.clock.now_ms = application.committed.head.time_ms

    def commit(system: str, *operations: Message) -> None:
        transactions = [build_transaction(sender.build(system, *operations))]
        head = application.committed.head
        finalized = application.finalize_block(transactions, head.height + 1, head.time_ms + 1)
        assert [fate.code for fates in finalized.outcome.results for fate in fates] == [Code.OK]
        application.commit()

    return commit


def key_id(system: str) -> bytes:
    return compute_key_id(batch_pb2.SUITE_P256, build_transport_key(system).public_key)


def end_key(application_chain: str, system: str, sequence: int, end_ms: int) -> members_pb2.KeyOperation:
    end = members_pb2.KeyEnd(key=key_id(system), not_after_ms=end_ms)
    body = key_body(MARKET, sequence, chain_id=application_chain, end=end)
    return sign_key_operation(body, f"{MARKET}-recovery")


def test_a_registered_key_names_system_unit_and_member(sandbox: Sandbox) -> None:
    caller = find_caller(sandbox.state, key_id(HUANGPU_OFFICE))
    assert (caller.author.system, caller.author.unit, caller.author.member) == (
        HUANGPU_OFFICE,
        HUANGPU,
        HUANGPU,
    )
    assert not caller.is_relay


def test_the_key_id_is_the_one_of_the_leaf(tmp_path: Path) -> None:
    pem = write_tls(tmp_path, MARKET_OFFICE, MARKET).certificate.read_bytes()
    assert compute_transport_key_id(parse_certificate_pem(pem)) == key_id(MARKET_OFFICE)


@pytest.mark.parametrize("unknown", [bytes(32), compute_id("nobody")])
def test_an_unregistered_key_is_nobody(sandbox: Sandbox, unknown: bytes) -> None:
    with pytest.raises(Denied) as caught:
        find_caller(sandbox.state, unknown)
    assert caught.value.code == Code.CHANNEL_UNKNOWN


def test_a_signing_key_opens_no_channel(sandbox: Sandbox) -> None:
    signing = sandbox.build_batch(MARKET_OFFICE, issue_licence()).header.key
    with pytest.raises(Denied) as caught:
        find_caller(sandbox.state, signing)
    assert caught.value.code == Code.CHANNEL_UNKNOWN


def test_a_channel_carries_only_its_own_system(sandbox: Sandbox) -> None:
    caller = find_caller(sandbox.state, key_id(MARKET_OFFICE))
    caller.verify_carries(MARKET_OFFICE)
    with pytest.raises(Denied) as caught:
        caller.verify_carries(MARKET_COUNTER)
    assert caught.value.code == Code.CHANNEL_NOT_SYSTEM


def test_a_relay_carries_every_system(sandbox: Sandbox) -> None:
    caller = find_caller(sandbox.state, key_id(MARKET_OFFICE))._replace(is_relay=True)
    caller.verify_carries(CENTRE_OFFICE)


@pytest.mark.parametrize("shown", [(), (b"",), (b"no certificate",)])
def test_without_a_readable_certificate_there_is_no_caller(
    application: Application, shown: tuple[bytes, ...]
) -> None:
    with pytest.raises(Denied) as caught:
        ChannelAuth(application).get_caller(shown)
    assert caught.value.code == Code.CHANNEL_UNKNOWN


def test_a_caller_is_looked_up_again_when_the_state_has_changed(
    application: Application, commit: Commit, tmp_path: Path
) -> None:
    auth = ChannelAuth(application)
    pem = write_tls(tmp_path, MARKET_OFFICE, MARKET).certificate.read_bytes()
    first = auth.get_caller([pem])
    assert auth.get_caller([pem]) is first
    commit(MARKET_OFFICE, end_key(application.chain_id, MARKET_OFFICE, 8, application.committed.head.time_ms))
    with pytest.raises(Denied) as caught:
        auth.get_caller([pem])
    assert caught.value.code == Code.CHANNEL_UNKNOWN


def test_the_roots_are_the_cas_of_the_members_in_force(application: Application) -> None:
    roots = get_roots(application.committed)
    for member in ("centre", MARKET, HUANGPU):
        assert format_certificate_pem(build_ca(member)) in roots


def build_credentials(application: Application, directory: Path) -> tuple[LiveCredentials, TlsFiles]:
    tls = write_tls(directory, "node", "centre", server=True)
    files = TlsFiles(tls.certificate, tls.key)
    return LiveCredentials(application, files), files


def test_there_is_no_news_while_nothing_changes(
    application: Application, commit: Commit, tmp_path: Path
) -> None:
    credentials, _ = build_credentials(application, tmp_path)
    assert credentials.get_news() is None
    commit(MARKET_OFFICE, issue_licence())
    assert credentials.get_news() is None


def test_a_renewed_leaf_is_shown_once_it_is_on_disk(application: Application, tmp_path: Path) -> None:
    credentials, files = build_credentials(application, tmp_path)
    renewed = write_tls(tmp_path / "new", "other", "centre", server=True)
    files.key.write_bytes(renewed.key.read_bytes())
    files.certificate.write_bytes(renewed.certificate.read_bytes())
    assert credentials.get_news() is not None
    assert credentials.get_news() is None


def test_a_leaf_that_cannot_be_read_leaves_the_former_one(application: Application, tmp_path: Path) -> None:
    credentials, files = build_credentials(application, tmp_path)
    files.certificate.write_bytes(b"half of a")
    assert credentials.get_news() is None


def test_a_key_that_is_not_the_certificates_is_refused(application: Application, tmp_path: Path) -> None:
    tls = write_tls(tmp_path, "node", "centre", server=True)
    other = write_tls(tmp_path, "other", "centre")
    with pytest.raises(StoreError) as caught:
        LiveCredentials(application, TlsFiles(tls.certificate, other.key))
    assert caught.value.fields["field"] == "tls.key"
