"""What counts as the address of one program, and no more than one."""

import pytest

from zhenglian_ledger.field_reader import is_address

ID = "0f" * 20


@pytest.mark.parametrize(
    "text", ["127.0.0.1:0", "node_1.example-city.cn:65535", "[::1]:1", "[::ffff:10.0.0.1]:26656"]
)
def test_a_host_and_its_port_are_an_address(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "host", ":1", "host:", "host:65536", "host:000001", "host:٣", "::1:1",
        "[]:1", "[host]:1", "[::1:1", "::1]:1", "https://a:1", "主机:1", "h\u0131st:1",
        "a:1,b:2", "a b:1", 'a"b:1', f"[::1]:26656,{ID}@[2001:db8::1]:26656", f"{ID}@host:26656",
    ],
)  # fmt: skip
def test_whatever_else_it_holds_it_is_none(text: str) -> None:
    """A second address in one would be one more peer, which nobody voted on, in each node's list."""
    assert not is_address(text)
