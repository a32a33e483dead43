"""The trust store across eras: it goes on from where it stood, under a new trust file, and never back."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.testkit.era_kit import SECOND, draft_era, get_light_block, go_on
from tests.testkit.node_kit import VALIDATOR, SoloChain
from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.header import compute_header_hash
from zhenglian_ledger.cometbft.light import TrustedState
from zhenglian_ledger.eras import build_trust_of_era
from zhenglian_ledger.errors import InvalidInput, VerificationFailed
from zhenglian_ledger.trustfile import TrustFile, build_initial_trust, format_trust_file, parse_trust_file
from zhenglian_node.app.transactions import build_transaction
from zhenglian_node.storage.memory import MemoryStore
from zhenglian_sdk.client.trust import TrustStore


class TwoEras:
    """A ledger whose second era has made two blocks, and the trust files of both."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "trust.json"
        self.old = SoloChain(MemoryStore())
        for name in ("a", "b", "c"):
            self.old.make_block([build_transaction(self.old.sender.licence(name))])
        application = self.old.application
        self.first_trust = build_initial_trust(
            application.chain_id,
            application.genesis_digest,
            [(VALIDATOR.public_key, 1)],
            time_ms=application.genesis.genesis_time_ms,
        )
        self.height = application.committed.head.height
        era = draft_era(self.old)
        self.second_trust = build_trust_of_era(era, application.genesis_digest)
        self.new = go_on(self.old, era)
        for name in ("d", "e"):
            self.new.make_block([build_transaction(self.new.sender.licence(name))])

    def open(self, trust: TrustFile) -> TrustStore:
        return TrustStore(trust, self.path, now_ms=self.old.clock)

    def trust_first_era(self, height: int) -> None:
        """A client of the first era has come to `height`, and kept it."""
        store = self.open(self.first_trust)
        store.follow(get_light_block(self.old.maker, height), held(store))
        store.save()

    def follow(self, store: TrustStore, height: int) -> TrustedState:
        return store.follow(get_light_block(self.new.maker, height), held(store))


def held(store: TrustStore) -> TrustedState:
    assert store.state is not None
    return store.state


@pytest.fixture
def eras(tmp_path: Path) -> TwoEras:
    return TwoEras(tmp_path)


def test_the_trust_file_of_an_era_begins_before_its_first_block(eras: TwoEras) -> None:
    store = eras.open(eras.second_trust)
    assert (held(store).height, held(store).era) == (eras.height, 1)
    assert eras.follow(store, eras.height + 2).height == eras.height + 2


@pytest.mark.parametrize("behind", [0, 1, 2])
def test_a_client_goes_on_from_the_last_header_of_the_former_era_or_an_older_one(
    eras: TwoEras, behind: int
) -> None:
    eras.trust_first_era(eras.height - behind)
    store = eras.open(eras.second_trust)
    assert eras.follow(store, eras.height + 1).era == 1
    store.save()
    assert held(eras.open(eras.second_trust)).height == eras.height + 1


def test_without_the_new_trust_file_the_new_era_is_refused(eras: TwoEras) -> None:
    eras.trust_first_era(eras.height)
    store = eras.open(eras.first_trust)
    for height in (eras.height + 1, eras.height + 2):
        with pytest.raises(VerificationFailed):
            eras.follow(store, height)
    assert held(store).height == eras.height


def test_an_era_that_begins_before_what_was_seen_is_refused(eras: TwoEras) -> None:
    eras.trust_first_era(eras.height)
    anchor = replace(eras.second_trust.anchor, height=eras.height - 1)
    with pytest.raises(InvalidInput) as caught:
        eras.open(replace(eras.second_trust, anchor=anchor))
    assert caught.value.code is Code.TRUST_NOT_CONTINUED


def test_an_era_that_goes_on_from_another_header_than_the_one_seen_is_refused(eras: TwoEras) -> None:
    eras.trust_first_era(eras.height)
    anchor = replace(eras.second_trust.anchor, header_hash=bytes(32))
    with pytest.raises(InvalidInput) as caught:
        eras.open(replace(eras.second_trust, anchor=anchor))
    assert caught.value.code is Code.TRUST_NOT_CONTINUED
    header = get_light_block(eras.old.maker, eras.height).signed_header.header
    assert compute_header_hash(header) == eras.second_trust.anchor.header_hash


def test_nobody_goes_back_to_a_former_era(eras: TwoEras) -> None:
    store = eras.open(eras.second_trust)
    eras.follow(store, eras.height + 1)
    store.save()
    with pytest.raises(InvalidInput) as caught:
        eras.open(eras.first_trust)
    assert caught.value.code is Code.TRUST_NOT_CONTINUED


def test_a_first_header_with_another_app_hash_is_refused(eras: TwoEras) -> None:
    store = eras.open(replace(eras.second_trust, app_hash=b"\x01" * 32))
    with pytest.raises(VerificationFailed) as caught:
        eras.follow(store, eras.height + 1)
    assert caught.value.code is Code.PROOF_WRONG_APP_HASH


def test_the_former_validator_has_no_say_in_the_new_era(eras: TwoEras) -> None:
    forged = eras.old.make_block()  # it went on all the same
    store = eras.open(eras.second_trust)
    with pytest.raises(VerificationFailed):
        store.follow(get_light_block(eras.old.maker, forged.height), held(store))


def test_the_trust_file_of_an_era_is_read_back_as_it_was_written(eras: TwoEras) -> None:
    assert parse_trust_file(format_trust_file(eras.second_trust)) == eras.second_trust
    assert eras.second_trust.validators == ((SECOND.public_key, 1),)


def test_only_a_later_era_has_an_app_hash_in_its_trust_file(eras: TwoEras) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_trust_file(format_trust_file(replace(eras.first_trust, app_hash=bytes(32))))
    assert caught.value.fields == {"field": "app_hash"}
