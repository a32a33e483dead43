"""Calls to CometBFT over HTTP on a unix socket, and light blocks from its JSON."""

import asyncio
from base64 import b64encode
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from tests.testkit.cometbft_chain import TestChain
from tests.testkit.rpc_server import answering
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_node.engines.cometbft.broadcast import BroadcastKind
from zhenglian_node.engines.cometbft.light_blocks import LightBlocks
from zhenglian_node.engines.cometbft.rpc import Rpc, RpcRefused, RpcUnreachable
from zhenglian_proto.v1.cometbft_pb2 import BlockID, CommitSig, Header, LightBlock, Validator

STATUS = {
    "sync_info": {"latest_block_height": "9007199254740993", "catching_up": False},
    "node_info": {"id": "ab"},
}


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, 30))


def fail(message: str, data: str) -> dict[str, Any]:
    return {"error": {"code": -32603, "message": message, "data": data}}


@pytest.mark.parametrize("is_chunked", [False, True])
def test_calls_share_a_connection_and_keep_64_bits(tmp_path: Path, is_chunked: bool) -> None:  # noqa: FBT001
    async def story() -> None:
        async with answering(tmp_path, lambda _method, _parameters: {**STATUS, "more": "x" * 5000}) as (
            server,
            path,
        ):
            server.is_chunked = is_chunked
            rpc = Rpc(lambda: str(path))
            for _ in range(5):
                assert (await rpc.get_status()).height == 9007199254740993
            assert server.connections == 1
            await rpc.close()

    run(story())


def test_a_connection_that_was_closed_while_idle_is_replaced(tmp_path: Path) -> None:
    async def story() -> None:
        async with answering(tmp_path, lambda _method, _parameters: STATUS) as (server, path):
            server.calls_a_connection = 2
            rpc = Rpc(lambda: str(path))
            for _ in range(7):
                await rpc.get_status()
            assert (len(server.calls), server.connections) == (7, 4)
            await rpc.close()

    run(story())


def test_many_calls_at_once_use_a_few_connections(tmp_path: Path) -> None:
    async def story() -> None:
        async with answering(tmp_path, lambda _method, parameters: parameters["tx"]) as (server, path):
            rpc = Rpc(lambda: str(path))
            asked = [str(number) for number in range(100)]
            assert await asyncio.gather(*(rpc.call("echo", tx=name) for name in asked)) == asked
            assert server.connections <= 8
            await rpc.close()

    run(story())


def test_nobody_there_is_told_apart_from_a_refusal(tmp_path: Path) -> None:
    async def story() -> None:
        rpc = Rpc(lambda: str(tmp_path / "nobody.sock"))
        with pytest.raises(RpcUnreachable):
            await rpc.get_status()
        assert (await rpc.broadcast(b"x")).kind is BroadcastKind.UNREACHABLE
        async with answering(tmp_path, lambda _method, _parameters: fail("Internal error", "why")) as (
            _,
            path,
        ):
            rpc = Rpc(lambda: str(path))
            with pytest.raises(RpcRefused) as caught:
                await rpc.get_status()
            assert caught.value.text == "Internal error: why"
            assert await rpc.get_commit(5) is None
            await rpc.close()

    run(story())


@pytest.mark.parametrize(
    ("result", "kind", "code"),
    [
        ({"code": 0}, BroadcastKind.ACCEPTED, 0),
        ({"code": 18}, BroadcastKind.REFUSED, 18),
        (fail("Internal error", "tx already exists in cache"), BroadcastKind.KNOWN, 0),
        (fail("Internal error", "mempool is full: number of txs 1 (max: 1), …"), BroadcastKind.FULL, 0),
        (
            fail(
                "Internal error",
                "mempool is still rechecking after a new committed block, so it is considered as full",
            ),
            BroadcastKind.FULL,
            0,
        ),
        (
            fail("Internal error", "Tx too large. Max size is 524288, but got 524300"),
            BroadcastKind.REFUSED,
            Code.BLOCK_LIMIT,
        ),
        (
            fail("Invalid Request", "error reading request body: http: request body too large"),
            BroadcastKind.REFUSED,
            Code.BLOCK_LIMIT,
        ),
        (
            fail("Internal error", "endpoint is closed while node is catching up"),
            BroadcastKind.UNREACHABLE,
            0,
        ),
    ],
)
def test_what_the_mempool_says(tmp_path: Path, result: Any, kind: BroadcastKind, code: int) -> None:
    async def story() -> None:
        async def answer_one() -> None:
            async with answering(tmp_path, lambda _method, parameters: said(parameters)) as (server, path):
                rpc = Rpc(lambda: str(path))
                assert await rpc.broadcast(b"a bundle") == (kind, code)
                assert server.calls == ["broadcast_tx_sync"]
                await rpc.close()

        def said(parameters: dict[str, str]) -> Any:
            assert parameters == {"tx": "0x" + b"a bundle".hex()}
            return result

        await answer_one()

    run(story())


def to_json(light_block: LightBlock) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What CometBFT's `commit` and `validators` say of a block."""
    header, commit = light_block.signed_header.header, light_block.signed_header.commit
    return (
        {
            "header": _header_to_json(header),
            "commit": {
                "height": str(commit.height),
                "round": commit.round,
                "block_id": _block_id_to_json(commit.block_id),
                "signatures": [_signature_to_json(signature) for signature in commit.signatures],
            },
        },
        [_validator_to_json(validator) for validator in light_block.validator_set.validators],
    )


def _header_to_json(header: Header) -> dict[str, Any]:
    hashes = (
        "last_commit_hash", "data_hash", "validators_hash", "next_validators_hash", "consensus_hash",
        "app_hash", "last_results_hash", "evidence_hash", "proposer_address",
    )  # fmt: skip
    return {
        "version": {"block": str(header.version.block), "app": str(header.version.app)},
        "chain_id": header.chain_id,
        "height": str(header.height),
        "time": header.time.ToJsonString(),
        "last_block_id": _block_id_to_json(header.last_block_id),
        **{name: getattr(header, name).hex().upper() for name in hashes},
    }


def _block_id_to_json(block_id: BlockID) -> dict[str, Any]:
    parts = block_id.part_set_header
    return {
        "hash": block_id.hash.hex().upper(),
        "parts": {"total": parts.total, "hash": parts.hash.hex().upper()},
    }


def _signature_to_json(signature: CommitSig) -> dict[str, Any]:
    return {
        "block_id_flag": signature.block_id_flag,
        "validator_address": signature.validator_address.hex().upper(),
        "timestamp": signature.timestamp.ToJsonString(),
        "signature": b64encode(signature.signature).decode() if signature.signature else None,
    }


def _validator_to_json(validator: Validator) -> dict[str, Any]:
    return {
        "address": validator.address.hex().upper(),
        "pub_key": {
            "type": "tendermint/PubKeyEd25519",
            "value": b64encode(validator.pub_key.ed25519).decode(),
        },
        "voting_power": str(validator.voting_power),
        "proposer_priority": "-3",
    }


class Door:
    """Answers `commit` and `validators` from a chain; `spoil` may alter what it says."""

    def __init__(self, chain: TestChain) -> None:
        self.chain = chain
        self.spoil: Any = lambda _method, result: result

    def __call__(self, method: str, parameters: dict[str, str]) -> Any:
        height = int(parameters["height"])
        if height > len(self.chain.blocks):
            return fail("Internal error", f"height {height} must be less than or equal to the current height")
        signed_header, validators = to_json(self.chain.light_block(height))
        page, size = int(parameters.get("page", 1)), int(parameters.get("per_page", 30))
        rows = validators[(page - 1) * size : page * size]
        results = {
            "commit": {"signed_header": signed_header, "canonical": True},
            "validators": {"validators": rows, "count": str(len(rows)), "total": str(len(validators))},
        }
        return self.spoil(method, results[method])


def test_light_blocks_are_what_the_chain_made(tmp_path: Path) -> None:
    async def story() -> None:
        chain = TestChain("abcd")
        chain.grow()
        chain.grow(signed_by="abd")  # one absent: its time is that of the year 1
        async with answering(tmp_path, Door(chain)) as (server, path):
            rpc = Rpc(lambda: str(path))
            light_blocks = LightBlocks(rpc)
            for height in (1, 2, 1, 2):
                assert await light_blocks.get(height) == chain.light_block(height)
            assert server.calls == ["commit", "validators", "commit"], (
                "blocks and validator sets are remembered"
            )
            assert await light_blocks.get(3) is None
            assert await light_blocks.get(0) is None
            await rpc.close()

    run(story())


def test_a_set_of_several_pages_is_read_whole(tmp_path: Path) -> None:
    async def story() -> None:
        chain = TestChain([f"validator {number}" for number in range(150)])
        chain.grow()
        async with answering(tmp_path, Door(chain)) as (server, path):
            rpc = Rpc(lambda: str(path))
            assert await LightBlocks(rpc).get(1) == chain.light_block(1)
            assert server.calls == ["commit", "validators", "validators"]
            await rpc.close()

    run(story())


def _alter_header(method: str, result: Any) -> Any:
    if method == "commit":
        result["signed_header"]["header"]["app_hash"] = "00" * 32
    return result


def _alter_height(method: str, result: Any) -> Any:
    if method == "commit":
        result["signed_header"]["commit"]["height"] = "2"
    return result


def _alter_power(method: str, result: Any) -> Any:
    if method == "validators":
        result["validators"][0]["voting_power"] = "2"
    return result


def _alter_key_type(method: str, result: Any) -> Any:
    if method == "validators":
        result["validators"][0]["pub_key"]["type"] = "tendermint/PubKeySecp256k1"
    return result


def _drop_time(method: str, result: Any) -> Any:
    if method == "commit":
        del result["signed_header"]["header"]["time"]
    return result


@pytest.mark.parametrize("spoil", [_alter_header, _alter_height, _alter_power, _alter_key_type, _drop_time])
def test_what_contradicts_itself_is_never_handed_on(tmp_path: Path, spoil: Any) -> None:
    async def story() -> None:
        chain = TestChain("abcd")
        chain.grow()
        door = Door(chain)
        door.spoil = spoil
        async with answering(tmp_path, door) as (_, path):
            rpc = Rpc(lambda: str(path))
            with pytest.raises(StoreError) as caught:
                await LightBlocks(rpc).get(1)
            assert caught.value.code == Code.ENGINE_FAILED
            await rpc.close()

    run(story())
