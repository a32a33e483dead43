"""The vault as it runs: its own process beside a real node, mTLS everywhere, grants by holders' own keys."""

import asyncio
import itertools
import secrets
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest
from google.protobuf.message import Message

from tests.testkit.grant_objects import bind_key, build_grant, build_scope, by_holder, change, give, open_use
from tests.testkit.ledger_objects import (
    HOUSING,
    HUANGPU_COUNTER,
    MARKET_OFFICE,
    MARKET_VAULT,
    PUDONG_COUNTER,
    compute_id,
    compute_seed,
    issue_licence,
)
from tests.testkit.node_home import SandboxHome
from tests.testkit.node_process import NodeProcess
from tests.testkit.vault_process import VaultProcess
from zhenglian_ledger.batch import compute_request_nonce
from zhenglian_ledger.codes import CODES, Code
from zhenglian_ledger.errors import Denied, Refused, Unreachable, ZhenglianError
from zhenglian_ledger.leaves import decode_batch_leaf
from zhenglian_ledger.verify.anchor import AnchorOptions
from zhenglian_proto.v1.grants_pb2 import GRANT_EVENT_REVOKE, GrantBody
from zhenglian_proto.v1.node_pb2 import ReceiptRequest
from zhenglian_proto.v1.uses_pb2 import OUTCOME_NOT_RELEASED, OUTCOME_RELEASED, Outcome
from zhenglian_sdk.channel import open_channel, read_channel_credentials
from zhenglian_sdk.client.connection import NodeConnection
from zhenglian_sdk.client.session import Session
from zhenglian_sdk.client.submission import Submission
from zhenglian_sdk.client.trust import read_trust_store
from zhenglian_sdk.client.uses import Uses
from zhenglian_sdk.content import FileDigests, compute_file_digests
from zhenglian_sdk.sidecar import read_sidecar
from zhenglian_sdk.signer import MemorySigner
from zhenglian_sdk.vault.client import VaultClient

T = TypeVar("T")

_names = (f"file {number}" for number in itertools.count())


@dataclass(frozen=True)
class Filed:
    """A licence of Li Lei on the ledger, and its file as its custodian has it."""

    record: bytes
    path: Path
    salt: bytes
    digests: FileDigests


@dataclass(frozen=True)
class World:
    """A node and the market bureau's vault."""

    node: NodeProcess
    vault: VaultProcess
    directory: Path

    def submit(self, system: str, *operations: Message) -> tuple[int, ...]:
        """The results of the operations, in a batch of `system` that must be accepted."""
        reply = self.node.connect(system).submit(*operations)
        assert reply.WhichOneof("fate") == "receipt", reply
        return decode_batch_leaf(reply.receipt.batch.leaf).results

    def accept(self, system: str, *operations: Message) -> None:
        """Every operation is accepted."""
        results = self.submit(system, *operations)
        assert not any(results), [CODES[result].name for result in results]

    @property
    def now(self) -> Any:
        """What the builders of attestations take the time from."""
        return SimpleNamespace(time_ms=int(time.time() * 1000))

    def issue(self, content: bytes = b"licence", **changes: Any) -> Filed:
        """A licence with that content, on the ledger; its file lies with the bureau, not in the vault."""
        name = next(_names)
        path = self.directory / f"{name}.pdf"
        path.write_bytes(content)
        salt = secrets.token_bytes(32)
        digests = compute_file_digests(path, salt)
        licence = issue_licence(name, content=digests.to_content(), **changes)
        self.accept(MARKET_OFFICE, licence)
        return Filed(licence.id, path, salt, digests)

    def grant(self, filed: Filed, **scope: Any) -> GrantBody:
        """Li Lei lets Huangpu use the licence, by his own key."""
        body = build_grant(
            next(_names),
            chain_id=self.node.home.chain_id,
            scope=build_scope(records=[filed.record], **scope),
        )
        self.accept(HUANGPU_COUNTER, give(self.now, body, by_holder))
        return body

    def open(self, filed: Filed, grant: GrantBody, **particulars: Any) -> bytes:
        """Huangpu opened a use of the licence under the grant."""
        use = open_use(next(_names), grant, record=filed.record, **particulars)
        self.accept(HUANGPU_COUNTER, use)
        return use.id

    async def store(self, filed: Filed, system: str = MARKET_OFFICE) -> int:
        """The file is in the vault."""
        async with self.vault.connect(system) as client:
            return await client.store(
                filed.record, filed.path, salt=filed.salt, digests=filed.digests, media_type="application/pdf"
            )

    async def fetch(self, use: bytes, system: str = HUANGPU_COUNTER) -> bytes:
        """What the vault gives out under the use."""
        async with self.vault.connect(system) as client:
            _, pieces = await client.fetch(use)
            return b"".join([piece async for piece in pieces])

    def get_outcomes(self, use: bytes) -> list[Outcome]:
        """How the vault closed the use on the ledger, by the receipts of its closes."""
        stub = self.node.connect(MARKET_VAULT).stub
        outcomes = []
        for outcome in (OUTCOME_RELEASED, OUTCOME_NOT_RELEASED):
            nonce = compute_request_nonce(f"close/{Outcome.Name(outcome)}/{use.hex()}")
            reply = stub.GetReceipt(ReceiptRequest(system=MARKET_VAULT, nonce=nonce))
            if reply.WhichOneof("fate") == "receipt":
                assert decode_batch_leaf(reply.receipt.batch.leaf).results == (0,)
                outcomes.append(outcome)
        return outcomes

    @asynccontextmanager
    async def connect(self, system: str) -> AsyncIterator[Uses]:
        """The SDK's own client of the node."""
        trust = read_trust_store(self.node.home.config.trust, None, options=AnchorOptions())
        channel = open_channel(self.node.address, read_channel_credentials(self.vault.get_tls(system)))
        session = Session(
            node=NodeConnection(channel, self.node.address),
            signer=MemorySigner(compute_seed(system)),
            system=system,
            trust=trust,
        )
        try:
            yield Uses(session, Submission(session))
        finally:
            await session.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    directory = tmp_path_factory.mktemp("vault")
    home = SandboxHome.create(directory / "node")
    with NodeProcess(home) as node, VaultProcess(home, node.address, directory / "vault") as vault:
        made = World(node, vault, directory)
        made.accept(HUANGPU_COUNTER, bind_key(made.now, chain_id=home.chain_id))
        yield made


def run(story: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(story)


def get_error(story: Coroutine[Any, Any, object]) -> ZhenglianError:
    with pytest.raises(ZhenglianError) as caught:
        run(story)
    return caught.value


@pytest.mark.parametrize("size", [0, 1, 65_537, 5_000_000])
def test_a_file_leaves_under_a_use_with_its_sidecar_and_the_ledger_knows(
    world: World, tmp_path: Path, size: int
) -> None:
    content = secrets.token_bytes(size)
    filed = world.issue(content)
    assert run(world.store(filed)) == size
    use = world.open(filed, world.grant(filed))

    async def story() -> None:
        async with world.connect(HUANGPU_COUNTER) as uses, world.vault.connect(HUANGPU_COUNTER) as vault:
            header = await uses.fetch(vault, use, tmp_path / "licence.pdf")
            assert (header.size, header.media_type) == (size, "application/pdf")

    run(story())
    assert (tmp_path / "licence.pdf").read_bytes() == content
    sidecar = read_sidecar(tmp_path / "licence.pdf")
    assert (sidecar.record, sidecar.salt) == (filed.record, filed.salt)
    assert compute_file_digests(tmp_path / "licence.pdf", sidecar.salt).sha256 == sidecar.sha256
    assert sorted(path.name for path in tmp_path.iterdir()) == ["licence.pdf", "licence.pdf.zl.json"]
    assert world.get_outcomes(use) == [OUTCOME_RELEASED]


def test_a_use_releases_once(world: World) -> None:
    filed = world.issue()
    run(world.store(filed))
    use = world.open(filed, world.grant(filed))
    assert run(world.fetch(use)) == b"licence"
    error = get_error(world.fetch(use))
    assert (type(error), error.code) == (Refused, Code.USE_CLOSED)


def test_no_byte_leaves_without_a_use(world: World) -> None:
    filed = world.issue()
    run(world.store(filed))
    world.grant(filed)
    error = get_error(world.fetch(compute_id("a use nobody opened")))
    assert (type(error), error.code) == (Denied, Code.VAULT_NO_USE)


def test_no_byte_leaves_to_another_unit_than_the_one_that_opened_the_use(world: World) -> None:
    filed = world.issue()
    run(world.store(filed))
    use = world.open(filed, world.grant(filed))
    for system in (PUDONG_COUNTER, MARKET_OFFICE):
        assert get_error(world.fetch(use, system)).code == Code.VAULT_NOT_YOURS
    assert run(world.fetch(use)) == b"licence"


def test_no_byte_leaves_after_the_grant_was_revoked(world: World) -> None:
    filed = world.issue()
    run(world.store(filed))
    grant = world.grant(filed)
    use = world.open(filed, grant)
    revoke = change(
        world.now, grant, GRANT_EVENT_REVOKE, attested=by_holder, chain_id=world.node.home.chain_id
    )
    world.accept(HUANGPU_COUNTER, revoke)
    error = get_error(world.fetch(use))
    assert (error.code, error.fields["reason"]) == (Code.VAULT_CHAIN_DEAD, "GRANT_REVOKED")


def test_a_grant_of_fields_releases_no_file(world: World) -> None:
    filed = world.issue()
    run(world.store(filed))
    fields = {"whole_document": False, "fields": ["NAME"]}
    use = world.open(filed, world.grant(filed, **fields), **fields)
    assert get_error(world.fetch(use)).code == Code.WHOLE_DOCUMENT_NOT_GRANTED


def test_a_record_in_another_vault_is_not_here(world: World) -> None:
    filed = world.issue(custodian=HOUSING)
    use = world.open(filed, world.grant(filed))
    assert get_error(world.fetch(use)).code == Code.VAULT_NO_FILE


def test_a_file_that_comes_late_is_fetched_under_the_same_opening(world: World) -> None:
    filed = world.issue()
    use = world.open(filed, world.grant(filed))
    assert get_error(world.fetch(use)).code == Code.VAULT_NO_FILE
    run(world.store(filed))
    assert run(world.fetch(use)) == b"licence"


def test_only_the_custodians_own_systems_store(world: World) -> None:
    filed = world.issue()
    for _ in range(10):  # a refusal is heard however it meets the sending
        error = get_error(world.store(filed, HUANGPU_COUNTER))
        assert (type(error), error.code) == (Denied, Code.VAULT_NOT_CUSTODIAN)
    assert run(world.store(filed)) == run(world.store(filed)) == len(b"licence")


def test_a_file_that_is_not_the_recorded_one_is_never_released(world: World, tmp_path: Path) -> None:
    filed = world.issue()
    other = tmp_path / "other"
    other.write_bytes(b"another file")
    wrong = Filed(filed.record, other, filed.salt, compute_file_digests(other, filed.salt))
    run(world.store(wrong))
    assert get_error(world.store(filed)).code == Code.VAULT_OTHER_FILE
    use = world.open(filed, world.grant(filed))
    assert get_error(world.fetch(use)).code == Code.FILE_DIGEST_MISMATCH


def test_content_that_is_not_what_its_digests_say_is_not_stored(world: World) -> None:
    filed = world.issue()
    filed.path.write_bytes(b"altered on the way")
    assert get_error(world.store(filed)).code == Code.FILE_DIGEST_MISMATCH


def test_a_damaged_file_leaves_no_file_behind_and_the_ledger_knows(world: World, tmp_path: Path) -> None:
    filed = world.issue(secrets.token_bytes(300_000))
    run(world.store(filed))
    (content,) = (world.vault.store / "files").glob(f"*/{filed.record.hex()}/content")
    damaged = bytearray(content.read_bytes())
    damaged[200_000] ^= 1
    content.write_bytes(damaged)
    use = world.open(filed, world.grant(filed))

    async def story() -> None:
        async with world.vault.connect(HUANGPU_COUNTER) as client:
            await client.fetch_to_file(use, tmp_path / "licence.pdf")

    assert get_error(story()).code == Code.VAULT_CORRUPTED
    assert list(tmp_path.iterdir()) == []
    assert world.get_outcomes(use) == [OUTCOME_NOT_RELEASED]


def test_a_fetch_that_broke_off_is_repeated_under_the_same_opening(world: World) -> None:
    content = secrets.token_bytes(30_000_000)  # more than the channel holds
    filed = world.issue(content)
    run(world.store(filed))
    use = world.open(filed, world.grant(filed))

    async def story() -> None:
        async with world.vault.connect(HUANGPU_COUNTER) as client:
            _, pieces = await client.fetch(use)
            await anext(pieces)
            await pieces.aclose()

    run(story())
    assert run(world.fetch(use)) == content
    assert world.get_outcomes(use) == [OUTCOME_RELEASED]


def test_an_unregistered_certificate_is_refused(world: World) -> None:
    paths = world.node.home.write_tls("nobody", "market")
    tls = type(world.vault.get_tls(MARKET_OFFICE))(paths.certificate, paths.key, (paths.roots,))

    async def story() -> None:
        async with open_channel(world.vault.target, read_channel_credentials(tls)) as channel:
            await VaultClient(channel, world.vault.target).fetch(compute_id("any use"))

    assert get_error(story()).code == Code.CHANNEL_UNKNOWN


def test_a_vault_that_is_not_there_is_unreachable_and_nothing_else(world: World) -> None:
    nowhere = "127.0.0.1:1"

    async def story() -> None:
        tls = world.vault.get_tls(HUANGPU_COUNTER)
        async with open_channel(nowhere, read_channel_credentials(tls)) as channel:
            await VaultClient(channel, nowhere).fetch(compute_id("any use"))

    error = get_error(story())
    assert (type(error), error.code) == (Unreachable, Code.VAULT_UNREACHABLE)
    assert error.fields == {"target": nowhere}


def test_a_killed_vault_releases_after_its_restart_and_keeps_what_it_stored(world: World) -> None:
    filed = world.issue(b"kept")
    run(world.store(filed))
    use = world.open(filed, world.grant(filed))
    world.vault.kill()
    assert get_error(world.fetch(use)).code == Code.VAULT_UNREACHABLE
    world.vault.start()
    assert run(world.fetch(use)) == b"kept"


def test_without_its_node_the_vault_gives_out_nothing(world: World) -> None:
    filed = world.issue()
    run(world.store(filed))
    use = world.open(filed, world.grant(filed))
    world.node.kill()
    try:
        error = get_error(world.fetch(use))
        assert (type(error), error.code) == (Unreachable, Code.NODE_UNREACHABLE)
    finally:
        world.node.start()
    assert run(world.fetch(use)) == b"licence"


def test_a_close_that_could_not_be_told_is_told_when_the_node_is_back(world: World) -> None:
    content = secrets.token_bytes(30_000_000)  # more than the channel holds
    filed = world.issue(content)
    run(world.store(filed))
    use = world.open(filed, world.grant(filed))

    async def story() -> bytes:
        async with world.vault.connect(HUANGPU_COUNTER) as client:
            _, pieces = await client.fetch(use)
            first = await anext(pieces)
            await asyncio.to_thread(world.node.kill)
            return first + b"".join([piece async for piece in pieces])

    try:
        assert run(story()) == content
        world.vault.kill()  # and the vault dies owing it
    finally:
        world.node.start()
        if not world.vault.is_running:
            world.vault.start()
    deadline = time.monotonic() + 30
    while not world.get_outcomes(use) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert world.get_outcomes(use) == [OUTCOME_RELEASED]
    assert get_error(world.fetch(use)).code == Code.USE_CLOSED


def test_a_fetch_without_an_end_is_closed_as_not_released_when_its_time_is_over(
    world: World, tmp_path: Path
) -> None:
    filed = world.issue()
    brief = VaultProcess(world.node.home, world.node.address, tmp_path / "brief", release_window_ms=3_000)
    with brief:
        impatient = World(world.node, brief, tmp_path)
        use = world.open(filed, world.grant(filed))
        assert get_error(impatient.fetch(use)).code == Code.VAULT_NO_FILE
        deadline = time.monotonic() + 30
        while not world.get_outcomes(use) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert world.get_outcomes(use) == [OUTCOME_NOT_RELEASED]


def test_nothing_leaves_under_a_header_that_is_too_old(tmp_path: Path) -> None:
    """A node that makes no block answers, but proves nothing recent."""
    home = SandboxHome.create(tmp_path / "node", heartbeat_ms=60_000)
    with (
        NodeProcess(home) as node,
        VaultProcess(home, node.address, tmp_path / "vault", max_staleness_ms=3_000) as vault,
    ):
        idle = World(node, vault, tmp_path)
        idle.accept(HUANGPU_COUNTER, bind_key(idle.now, chain_id=home.chain_id))
        filed = idle.issue()
        run(idle.store(filed))
        use = idle.open(filed, idle.grant(filed))
        opened_s = time.time()
        while time.time() < opened_s + 3.5:
            time.sleep(0.05)  # until the newest header is too old
        error = get_error(idle.fetch(use))
        assert (type(error), error.code) == (Denied, Code.VAULT_STALE)
        idle.issue()  # a new block
        assert run(idle.fetch(use)) == b"licence"


def test_no_id_can_be_read_in_the_log(world: World) -> None:
    filed = world.issue()
    run(world.store(filed))
    use = world.open(filed, world.grant(filed))
    run(world.fetch(use))
    log = world.vault.log.read_text(encoding="utf-8")
    assert f"released: use {use.hex()[:4]}…" in log
    assert use.hex() not in log
    assert filed.record.hex() not in log
    assert "Traceback" not in log


def test_an_openings_time_is_over_for_the_vault_as_for_the_ledger(tmp_path: Path, world: World) -> None:
    filed = world.issue()
    use = world.open(filed, world.grant(filed))
    opened_s = time.time()
    brief = VaultProcess(world.node.home, world.node.address, tmp_path / "brief", release_window_ms=1_000)
    with brief:
        impatient = World(world.node, brief, tmp_path)
        run(impatient.store(filed))
        while time.time() < opened_s + 1:
            time.sleep(0.05)  # until the opening's one second is over
        assert get_error(impatient.fetch(use)).code == Code.VAULT_WINDOW
