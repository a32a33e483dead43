"""ABCI messages against bytes written by hand from CometBFT's rules."""

import socket

import pytest

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_node.engines.cometbft.framing import RequestReader, encode_frame
from zhenglian_proto.v1 import abci_pb2 as abci

ECHO = bytes.fromhex("06 0a04 0a02 6869".replace(" ", ""))  # 6 bytes: field 1, 4 bytes: field 1, "hi"
FLUSH = bytes.fromhex("02 1200".replace(" ", ""))
INFO = bytes.fromhex("13 1a11 0a06302e33392e34 100b 2205322e302e30".replace(" ", ""))


def read_all(data: bytes, limit: int = 1 << 20) -> list[abci.Request]:
    """What a peer's `data` holds, up to its closing."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(data)
        theirs.shutdown(socket.SHUT_WR)
        reader, found = RequestReader(ours, limit), []
        while True:
            request = reader.take()
            if request is not None:
                found.append(request)
            elif not reader.fill():
                return found


def test_requests_are_read_one_after_the_other() -> None:
    echo, flush, info = read_all(ECHO + FLUSH + INFO)
    assert echo.echo.message == "hi"
    assert flush.WhichOneof("value") == "flush"
    assert (info.info.version, info.info.block_version, info.info.abci_version) == ("0.39.4", 11, "2.0.0")


def test_a_request_is_taken_once_its_last_byte_is_here() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        reader = RequestReader(ours)
        for byte in INFO[:-1]:
            theirs.send(bytes([byte]))
            assert reader.fill()
            assert reader.take() is None
        theirs.send(INFO[-1:] + ECHO)
        assert reader.fill()
        assert [reader.take() for _ in range(3)] == [
            abci.Request(info={"version": "0.39.4", "block_version": 11, "abci_version": "2.0.0"}),
            abci.Request(echo={"message": "hi"}),
            None,
        ]


def test_a_reply_is_its_length_and_its_bytes() -> None:
    assert encode_frame(abci.Response(echo=abci.ResponseEcho(message="hi"))).hex() == "0612040a026869"
    assert encode_frame(abci.Response(flush=abci.ResponseFlush())).hex() == "021a00"
    long = encode_frame(abci.Response(echo=abci.ResponseEcho(message="x" * 300)))
    assert long.startswith(bytes.fromhex("b202")), "306 bytes: two groups, the lower one first"


def test_a_length_of_several_groups_is_read() -> None:
    message = abci.Request(echo=abci.RequestEcho(message="x" * 300))
    assert read_all(encode_frame(message) + ECHO) == [message, abci.Request(echo={"message": "hi"})]


def test_fields_that_nobody_reads_are_skipped() -> None:
    votes = bytes.fromhex("0a 5208 2206 0a04 00000000".replace(" ", ""))  # query{prove=…} of another type
    with pytest.raises(StoreError):
        read_all(votes[:-1])
    unknown = bytes.fromhex("05 aa06 02 0801".replace(" ", ""))  # field 101, which no version has
    (request,) = read_all(unknown)
    assert request.WhichOneof("value") is None


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("cut in the body", ECHO[:-1]),
        ("cut in the length", b"\x86"),
        ("a length without end", b"\xff" * 11 + b"\x01"),
        ("longer than allowed", bytes.fromhex("808080800f")),
        ("no protobuf", b"\x02\xff\xff"),
    ],
)
def test_what_is_no_message_is_final(name: str, data: bytes) -> None:
    with pytest.raises(StoreError) as caught:
        read_all(FLUSH + data)
    assert caught.value.code == Code.ENGINE_FAILED, name


def test_the_limit_counts_the_message_and_not_what_follows() -> None:
    assert len(read_all(ECHO + ECHO, limit=6)) == 2
    with pytest.raises(StoreError):
        read_all(ECHO, limit=5)
