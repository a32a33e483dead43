"""What a vault owes the ledger: kept over a crash, told until it is heard, told once, never told wrongly."""

import asyncio
from pathlib import Path

import pytest

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied, InvalidInput, Refused, StoreError, Unreachable, ZhenglianError
from zhenglian_proto.v1.uses_pb2 import OUTCOME_NOT_RELEASED, OUTCOME_RELEASED, CloseUse
from zhenglian_sdk.vault.closing import Closing
from zhenglian_sdk.vault.journal import Journal, Release, Standing
from zhenglian_sdk.vault.masked_log import mask_text
from zhenglian_sdk.vault.release import Caller, SeenUse

USE = b"\xab" * 32
DIGEST = b"\x02" * 32
ENDS_MS = 1_000_000


class Ledger:
    """A ledger that hears closes, or answers with an error while a test says so."""

    def __init__(self) -> None:
        self.heard: list[CloseUse] = []
        self.error: ZhenglianError | None = None

    async def get_use(self, use: bytes) -> SeenUse | None:
        raise AssertionError(use)

    async def get_caller(self, key: bytes) -> Caller | None:
        raise AssertionError(key)

    async def close_use(self, close: CloseUse) -> None:
        if self.error is not None:
            raise self.error
        self.heard.append(close)


class Scene:
    """A vault's journal on disk, a ledger, and a clock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ledger = Ledger()
        self.now_ms = ENDS_MS - 1
        self.restart()

    def restart(self) -> None:
        """The process begins anew; only the disk is kept."""
        self.journal = Journal(self.folder)
        self.closing = Closing(self.journal, self.ledger, lambda: self.now_ms)

    def begin(self) -> Release:
        return asyncio.run(self.closing.begin(USE, DIGEST, ENDS_MS))

    def put(self, standing: Standing) -> None:
        self.journal.put(Release(USE, DIGEST, ENDS_MS, standing))

    def settle_all(self) -> None:
        asyncio.run(self.closing.settle_all())

    def get_standing(self) -> Standing | None:
        release = self.journal.get(USE)
        return release.standing if release else None


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path / "releases")


def test_a_release_is_told_with_its_digest_and_only_once(scene: Scene) -> None:
    scene.put(Standing.RELEASED)
    scene.settle_all()
    scene.settle_all()
    assert scene.ledger.heard == [CloseUse(use=USE, outcome=OUTCOME_RELEASED, sha256=DIGEST)]
    assert scene.get_standing() == Standing.SETTLED


@pytest.mark.parametrize(
    "error", [Unreachable(Code.NODE_UNREACHABLE), Denied(Code.OVERLOADED)], ids=lambda e: e.code.name
)
def test_what_the_ledger_did_not_hear_is_owed_also_after_a_restart(
    scene: Scene, error: ZhenglianError
) -> None:
    scene.put(Standing.RELEASED)
    scene.ledger.error = error
    scene.settle_all()
    assert scene.get_standing() == Standing.RELEASED
    scene.restart()
    scene.ledger.error = None
    scene.settle_all()
    assert [close.outcome for close in scene.ledger.heard] == [OUTCOME_RELEASED]


@pytest.mark.parametrize("code", [Code.USE_CLOSED, Code.RELEASE_WINDOW_PASSED, Code.NOT_CUSTODIAN])
def test_what_the_ledger_refused_is_not_told_again(scene: Scene, code: Code) -> None:
    scene.put(Standing.RELEASED)
    scene.ledger.error = Refused(code)
    scene.settle_all()
    assert scene.get_standing() == Standing.SETTLED


def test_what_was_begun_may_be_begun_again_while_its_time_lasts(scene: Scene) -> None:
    scene.begin()
    scene.settle_all()
    assert scene.ledger.heard == []
    scene.restart()
    assert scene.begin().standing == Standing.BEGUN


def test_what_was_begun_and_never_ended_is_not_released_when_its_time_is_over(scene: Scene) -> None:
    scene.begin()
    scene.restart()
    scene.now_ms = ENDS_MS
    scene.settle_all()
    assert scene.ledger.heard == [CloseUse(use=USE, outcome=OUTCOME_NOT_RELEASED)]


@pytest.mark.parametrize("standing", [Standing.RELEASED, Standing.NOT_RELEASED, Standing.SETTLED])
def test_a_release_that_ended_is_not_begun_again(scene: Scene, standing: Standing) -> None:
    scene.put(standing)
    scene.restart()
    with pytest.raises(Refused) as caught:
        scene.begin()
    assert caught.value.code == Code.USE_CLOSED


def test_what_is_settled_is_forgotten_when_its_time_is_over_and_not_before(scene: Scene) -> None:
    scene.put(Standing.SETTLED)
    scene.settle_all()
    assert scene.get_standing() == Standing.SETTLED
    scene.now_ms = ENDS_MS
    scene.settle_all()
    assert scene.get_standing() is None
    assert list(scene.folder.iterdir()) == []


def test_a_release_under_way_is_not_taken_for_one_that_broke_off(scene: Scene) -> None:
    """The sweep waits for the fetch that holds the use."""

    async def story() -> None:
        async with scene.closing.one_at_a_time(USE):
            release = await scene.closing.begin(USE, DIGEST, ENDS_MS)
            scene.now_ms = ENDS_MS
            sweep = asyncio.create_task(scene.closing.settle_all())
            await asyncio.sleep(0)
            await scene.closing.put(release.become(Standing.RELEASED))
        await sweep

    asyncio.run(story())
    assert [close.outcome for close in scene.ledger.heard] == [OUTCOME_RELEASED]


def test_a_half_written_entry_is_dropped_and_a_damaged_one_stops_the_vault(scene: Scene) -> None:
    scene.put(Standing.RELEASED)
    (scene.folder / ".half").write_bytes(b"{")
    scene.restart()
    assert scene.get_standing() == Standing.RELEASED
    path = scene.folder / f"{USE.hex()}.json"
    path.write_text(path.read_text(encoding="utf-8").replace("RELEASED", "SETTLEDX"), encoding="utf-8")
    with pytest.raises((StoreError, InvalidInput)):
        scene.restart()


def test_an_id_in_a_log_line_is_cut_and_ordinary_words_are_not() -> None:
    line = f"released: use {USE.hex()}, 5000000 bytes, /store/files/ab/{USE.hex()}/content {USE!r}"
    assert mask_text(line) == "released: use abab…, 5000000 bytes, /store/files/ab/abab…/content b'…'"
