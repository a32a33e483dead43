"""The trust store: it begins with a file from out of band, moves with what verifies, and never goes back."""

import stat
from pathlib import Path

import pytest

from tests.testkit.chain_kit import ProvenChain, fails
from tests.testkit.chain_node import build_trust
from tests.testkit.ledger_objects import MARKET_OFFICE, issue_licence
from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.header import compute_header_hash
from zhenglian_ledger.cometbft.light import TrustAnchor, TrustedState
from zhenglian_ledger.errors import InvalidInput
from zhenglian_ledger.json_text import encode_json
from zhenglian_ledger.trustfile import TrustFile, format_trust_file
from zhenglian_node.app.answers import ProofBuilder
from zhenglian_proto.v1.proof_pb2 import Anchor
from zhenglian_sdk.client.trust import TrustStore, read_trust_store


class Ledger:
    """A chain that grows, and a client's view of it."""

    def __init__(self, directory: Path) -> None:
        self.chain = ProvenChain()
        self.path = directory / "trust.json"
        self.trust = build_trust(self.chain)

    def open(self) -> TrustStore:
        return TrustStore(self.trust, self.path, now_ms=lambda: self.chain.now_ms)

    def grow(self) -> Anchor:
        self.chain.accept(MARKET_OFFICE, issue_licence(f"licence {self.chain.height}"))
        return ProofBuilder(self.chain.provable).build_anchor()


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path)


def held(store: TrustStore) -> TrustedState:
    assert store.state is not None
    return store.state


def test_trust_skips_from_the_genesis_of_an_old_network_to_today(ledger: Ledger) -> None:
    store = ledger.open()
    for _ in range(5):
        anchor = ledger.grow()
    proven = store.verify(anchor, held(store))
    assert store.height == proven.trusted.height == proven.height + 1


def test_without_the_genesis_time_trust_cannot_skip(ledger: Ledger) -> None:
    ledger.trust = TrustFile(ledger.trust.anchor)
    store = ledger.open()
    ledger.grow()
    ledger.grow()
    assert fails(lambda: store.verify(ledger.grow(), held(store))) is Code.TRUST_EXPIRED


def test_trust_survives_a_restart_and_only_its_owner_may_read_it(ledger: Ledger) -> None:
    store = ledger.open()
    store.verify(ledger.grow(), held(store))
    store.save()
    assert stat.S_IMODE(ledger.path.stat().st_mode) == 0o600
    again = ledger.open()
    assert again.state == store.state
    again.verify(ledger.grow(), held(again))


def test_an_older_ledger_is_refused_after_a_restart(ledger: Ledger) -> None:
    store = ledger.open()
    old, new = ledger.grow(), ledger.grow()
    store.verify(new, held(store))
    store.save()
    again = ledger.open()
    assert fails(lambda: again.verify(old, held(again))) is Code.PROOF_ROLLED_BACK


def test_answers_that_overtake_each_other_are_both_good(ledger: Ledger) -> None:
    store = ledger.open()
    asked_with = held(store)
    old, new = ledger.grow(), ledger.grow()
    store.verify(new, asked_with)
    store.verify(old, asked_with)
    assert store.height == new.light_block.signed_header.header.height


def test_a_new_trust_file_begins_anew_but_forgets_no_height(ledger: Ledger) -> None:
    store = ledger.open()
    old, new = ledger.grow(), ledger.grow()
    store.verify(new, held(store))
    store.save()
    header = ledger.chain.light_block(1).signed_header.header
    anchor = TrustAnchor(store.chain_id, 0, 1, compute_header_hash(header), header.validators_hash)
    ledger.trust = TrustFile(anchor)
    again = ledger.open()
    assert again.state is None
    again.begin(ledger.chain.light_block(1))
    assert fails(lambda: again.verify(old, held(again))) is Code.PROOF_ROLLED_BACK
    again.verify(new, held(again))


def test_a_block_that_the_trust_file_does_not_name_begins_nothing(ledger: Ledger) -> None:
    ledger.grow()
    ledger.trust = TrustFile(TrustAnchor(ledger.trust.anchor.chain_id, 0, 1, b"\x07" * 32, b"\x07" * 32))
    store = ledger.open()
    assert fails(lambda: store.begin(ledger.chain.light_block(1))) is Code.PROOF_WRONG_HEADER


def test_two_headers_of_one_height_are_a_fork(ledger: Ledger, tmp_path: Path) -> None:
    store = ledger.open()
    since = held(store)
    other = Ledger(tmp_path)
    other.chain.wait(7)
    store.verify(ledger.grow(), since)
    assert fails(lambda: store.verify(other.grow(), since)) is Code.PROOF_FORK


def test_a_slower_process_does_not_set_a_faster_one_back(ledger: Ledger) -> None:
    slow, fast = ledger.open(), ledger.open()
    slow.verify(ledger.grow(), held(slow))
    fast.verify(ledger.grow(), held(fast))
    fast.save()
    slow.save()
    assert ledger.open().state == fast.state


@pytest.mark.parametrize("text", ["", "{}", "{\n}\n", '{"format": "zhenglian-trust"}\n'])
def test_a_damaged_state_is_neither_used_nor_overwritten(ledger: Ledger, text: str) -> None:
    ledger.path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        ledger.open()
    assert caught.value.code == Code.TRUST_FILE_INVALID
    assert ledger.path.read_text(encoding="utf-8") == text


def test_a_state_of_another_chain_is_refused(ledger: Ledger) -> None:
    store = ledger.open()
    store.verify(ledger.grow(), held(store))
    store.save()
    text = ledger.path.read_text(encoding="utf-8").replace(store.chain_id, "sandbox-ffffffff")
    ledger.path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput):
        ledger.open()


def test_the_store_is_read_from_a_file_and_kept_in_a_directory_of_its_own(tmp_path: Path) -> None:
    trust = build_trust(ProvenChain())
    file = tmp_path / "trust.json"
    file.write_text(format_trust_file(trust), encoding="utf-8")
    store = read_trust_store(file, tmp_path / "state" / "office")
    assert store.chain_id == trust.anchor.chain_id
    assert stat.S_IMODE((tmp_path / "state" / "office").stat().st_mode) == 0o700
    with pytest.raises(InvalidInput):
        read_trust_store(tmp_path / "missing.json", None)
    file.write_text(encode_json({"format": "zhenglian-trust"}), encoding="utf-8")
    with pytest.raises(InvalidInput):
        read_trust_store(file, None)
