"""Two trusted headers of one height: an error that names both, evidence that proves itself, no more trust."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from tests.testkit.chain_kit import ProvenChain, fails
from tests.testkit.chain_node import ChainNode, build_trust
from tests.testkit.ledger_objects import HUANGPU_COUNTER, MARKET_OFFICE, issue_licence
from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.header import compute_header_hash
from zhenglian_ledger.cometbft.light import TrustAnchor
from zhenglian_ledger.errors import InvalidInput, VerificationFailed
from zhenglian_ledger.trustfile import TrustFile
from zhenglian_node.app.answers import ProofBuilder
from zhenglian_proto.v1.proof_pb2 import Anchor
from zhenglian_proto.v1.types_pb2 import KIND_UNIT
from zhenglian_sdk.client.client import AsyncClient
from zhenglian_sdk.client.evidence import read_evidence, verify_evidence, write_evidence
from zhenglian_sdk.client.nodes import Fault
from zhenglian_sdk.client.trust import TrustStore

NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight")
Story = Callable[[ChainNode, ChainNode, AsyncClient, Path], Awaitable[None]]


def build_chains() -> tuple[ProvenChain, ProvenChain]:
    """One ledger in two copies, with two blocks."""
    chains = ProvenChain(), ProvenChain()
    for chain in chains:
        chain.accept(MARKET_OFFICE, issue_licence())
    return chains


def part(one: ProvenChain, other: ProvenChain) -> None:
    """The validators sign two histories from now on."""
    one.wait(1)
    other.wait(2)
    for chain in (one, other):
        chain.pass_block()
        chain.pass_block()


def tell(directory: Path, story: Story) -> None:
    async def run() -> None:
        async with AsyncExitStack() as stack:
            one, other = build_chains()
            node = await stack.enter_async_context(ChainNode(one, directory))
            second = await stack.enter_async_context(ChainNode(other, directory))
            state = directory / "state"
            state.mkdir()
            trust = TrustStore(build_trust(one), state / "trust.json", now_ms=node.now_ms)
            client = node.build_client(HUANGPU_COUNTER, second=second, trust=trust)
            await story(node, second, client, state / f"{one.chain_id}.fork.json")

    asyncio.run(run())


async def ask(client: AsyncClient) -> object:
    return await client.get_object(KIND_UNIT, "market")


async def fails_with(code: Code, call: Awaitable[object]) -> VerificationFailed:
    with pytest.raises(VerificationFailed) as caught:
        await call
    assert caught.value.code == code
    return caught.value


def build_anchor(chain: ProvenChain) -> Anchor:
    return ProofBuilder(chain.provable).build_anchor()


# two nodes


def test_two_nodes_on_two_histories_are_found_out_when_the_second_is_asked(tmp_path: Path) -> None:
    async def story(first: ChainNode, second: ChainNode, client: AsyncClient, evidence: Path) -> None:
        part(first.chain, second.chain)
        assert await ask(client)
        first.drop = {"GetObject"}
        error = await fails_with(Code.PROOF_FORK, ask(client))
        fork = read_evidence(evidence)
        verify_evidence(fork)
        targets = [node.target for node in client.session.nodes.all]
        assert [fork.first.shown_by, fork.second.shown_by] == targets
        for side in (fork.first, fork.second):
            assert side.header_hash.hex() in error.zh
            assert side.header_hash.hex() in error.en
            assert side.shown_by in error.en
            assert side.height == error.fields["height"]
        assert error.fields["evidence"] == str(evidence)
        assert [incident.fault for incident in client.incidents] == [Fault.UNREACHABLE]

    tell(tmp_path, story)


def test_after_a_fork_nothing_is_trusted_also_after_a_restart_and_in_other_processes(tmp_path: Path) -> None:
    async def story(first: ChainNode, second: ChainNode, client: AsyncClient, evidence: Path) -> None:
        path = evidence.with_name("trust.json")
        neighbour = first.build_client(HUANGPU_COUNTER, trust=reopen(first, path))
        await ask(neighbour)
        part(first.chain, second.chain)
        await ask(client)
        first.drop = {"GetObject"}
        await fails_with(Code.PROOF_FORK, ask(client))
        first.drop = set()
        written = read_evidence(evidence)
        for each in (client, neighbour, first.build_client(HUANGPU_COUNTER, trust=reopen(first, path))):
            await fails_with(Code.PROOF_FORK, ask(each))
            await fails_with(Code.PROOF_FORK, each.get_status())
            await fails_with(Code.PROOF_FORK, each.get_receipt(bytes(16)))
        assert read_evidence(evidence) == written

    tell(tmp_path, story)


def reopen(node: ChainNode, path: Path) -> TrustStore:
    return TrustStore(build_trust(node.chain), path, now_ms=node.now_ms)


def test_a_new_trust_file_decides_and_trust_begins_anew(tmp_path: Path) -> None:
    async def story(first: ChainNode, second: ChainNode, client: AsyncClient, evidence: Path) -> None:
        part(first.chain, second.chain)
        await ask(client)
        first.drop = {"GetObject"}
        await fails_with(Code.PROOF_FORK, ask(client))
        await client.close()
        header = second.chain.light_block(second.chain.head.height).signed_header.header
        anchor = TrustAnchor(
            header.chain_id, 0, header.height, compute_header_hash(header), header.validators_hash
        )
        trust = TrustStore(TrustFile(anchor), evidence.with_name("trust.json"), now_ms=second.now_ms)
        decided = second.build_client(HUANGPU_COUNTER, trust=trust)
        assert await ask(decided)
        verify_evidence(read_evidence(evidence))  # stays for whoever wants to know

    tell(tmp_path, story)


def test_evidence_of_a_fork_since_then_is_not_passed_over_with_the_former(tmp_path: Path) -> None:
    """The former file stays, and was looked at already, when another process writes its own over it."""

    async def story(first: ChainNode, second: ChainNode, client: AsyncClient, evidence: Path) -> None:
        part(first.chain, second.chain)
        await ask(client)
        first.drop = {"GetObject"}
        await fails_with(Code.PROOF_FORK, ask(client))
        header = second.chain.light_block(second.chain.head.height).signed_header.header
        anchor = TrustAnchor(
            header.chain_id, 0, header.height, compute_header_hash(header), header.validators_hash
        )
        trust = TrustStore(TrustFile(anchor), evidence.with_name("trust.json"), now_ms=second.now_ms)
        decided = second.build_client(HUANGPU_COUNTER, trust=trust)
        for _ in range(2):
            assert await ask(decided)
        former = read_evidence(evidence)
        write_evidence(evidence, replace(former, grown_from=anchor.header_hash))
        await fails_with(Code.PROOF_FORK, ask(decided))

    tell(tmp_path, story)


def test_the_other_header_of_a_minority_is_a_lie_and_no_fork(tmp_path: Path) -> None:
    async def story(first: ChainNode, second: ChainNode, client: AsyncClient, evidence: Path) -> None:
        part(first.chain, second.chain)
        await ask(client)

        def weaken(_method: str, reply: object) -> object:
            for block in (*reply.anchor.path, reply.anchor.light_block):  # type: ignore[attr-defined]
                for vote in block.signed_header.commit.signatures[:2]:
                    vote.signature = bytes(64)
            return reply

        second.lie = weaken  # type: ignore[assignment]
        first.drop = {"GetObject"}
        error = await fails_with(Code.PROOF_NOT_ENOUGH_POWER, ask(client))
        assert error.fields["node"] == client.session.nodes.all[1].target
        with pytest.raises(InvalidInput):
            read_evidence(evidence)
        first.drop = set()
        assert await ask(client)

    tell(tmp_path, story)


def test_a_fork_that_began_long_ago_is_found_under_another_validator_set(tmp_path: Path) -> None:
    """Both histories changed the set since: the newest headers have no signer in common, their past has."""

    async def story(first: ChainNode, second: ChainNode, client: AsyncClient, evidence: Path) -> None:
        await ask(client)
        part(first.chain, second.chain)
        first.chain.change_validators(*NUMBERS[1:5])
        second.chain.pass_block()
        for chain in (first.chain, second.chain):
            for _ in range(3):
                chain.pass_block()
        trust, since = client.session.trust, client.session.trust.state
        assert since is not None
        client.session.trust._now_ms = client.session.now_ms = lambda: first.chain.now_ms + 5_000
        trust.verify(build_anchor(first.chain), since, "first")
        assert fails(lambda: trust.verify(build_anchor(second.chain), since, "second")) is Code.PROOF_FORK
        verify_evidence(read_evidence(evidence))

    tell(tmp_path, story)


# two processes


def test_two_processes_on_two_histories_meet_on_disk(tmp_path: Path) -> None:
    one, other = build_chains()
    path = tmp_path / "trust.json"
    stores = [TrustStore(build_trust(one), path, now_ms=lambda: one.now_ms + 5_000) for _ in range(2)]
    part(one, other)
    since = stores[0].state
    assert since is not None
    for store, chain in zip(stores, (one, other), strict=True):
        store._saved_ms = store._now_ms()  # neither has written yet
        store.verify(build_anchor(chain), since)
    stores[0].save()
    assert fails(stores[1].save) is Code.PROOF_FORK
    verify_evidence(read_evidence(tmp_path / f"{one.chain_id}.fork.json"))
    with pytest.raises(VerificationFailed):
        stores[0].verify(build_anchor(one), since)


def test_without_a_directory_the_fork_is_remembered_as_long_as_the_process(tmp_path: Path) -> None:
    one, other = build_chains()
    store = TrustStore(build_trust(one), now_ms=lambda: one.now_ms + 5_000)
    since = store.state
    assert since is not None
    part(one, other)
    store.verify(build_anchor(one), since)
    for chain in (other, one):
        assert fails(lambda: store.verify(build_anchor(chain), since)) is Code.PROOF_FORK  # noqa: B023
    assert list(tmp_path.iterdir()) == []


# the file


def test_damaged_evidence_is_not_overlooked(tmp_path: Path) -> None:
    one, other = build_chains()
    path = tmp_path / "trust.json"
    store = TrustStore(build_trust(one), path, now_ms=lambda: one.now_ms + 5_000)
    since = store.state
    assert since is not None
    part(one, other)
    store.verify(build_anchor(one), since)
    assert fails(lambda: store.verify(build_anchor(other), since)) is Code.PROOF_FORK
    evidence = tmp_path / f"{one.chain_id}.fork.json"
    whole = evidence.read_text(encoding="utf-8")
    first = read_evidence(evidence).first.header_hash.hex()
    another_version = whole.replace('"version": 1', '"version": 2')
    for damaged in ("", "{}\n", another_version, whole.replace(first, "00" * 32)):
        evidence.write_text(damaged, encoding="utf-8")
        with pytest.raises(InvalidInput) as caught:
            read_evidence(evidence)
        assert caught.value.code == Code.TRUST_FILE_INVALID
        again = TrustStore(build_trust(one), path, now_ms=lambda: one.now_ms + 5_000)
        with pytest.raises(InvalidInput):
            again.verify(build_anchor(one), since)
