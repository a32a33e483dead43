"""A newcomer's request to join 入网申请, read from its file: what is proposed and signed is what it says."""

from pathlib import Path

from zhenglian_ledger.codes import Code
from zhenglian_ledger.join_request import JoinRequest, parse_request
from zhenglian_sdk.files import read_text


def read_join_request(path: Path) -> JoinRequest:
    """The request in the file; raises InvalidInput: FILE_NOT_FOUND, JOIN_REQUEST_INVALID naming the field."""
    return parse_request(read_text(path, Code.JOIN_REQUEST_INVALID))
