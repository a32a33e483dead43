"""A grant in plain Chinese: every condition that its scope sets, and nothing that it does not say.

Whoever confirms a grant confirms these words, so nothing is left out and nothing is cut: a grant that cannot
be said in what a gateway shows is refused.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput
from zhenglian_proto.v1 import grants_pb2, types_pb2
from zhenglian_proto.v1.grants_pb2 import GrantBody, Party, Scope
from zhenglian_sdk.civil_time import DAY_MS, format_last_day, format_moment

MAX_SHOWN: Final = 1000
"""Most characters that a gateway shows a holder."""

_NO_NAMES: Final[Mapping[str, str]] = MappingProxyType({})
_PURPOSES: Final[Mapping[int, str]] = {
    types_pb2.PURPOSE_SERVICE: "政务服务",
    types_pb2.PURPOSE_ENFORCEMENT: "监管执法",
    types_pb2.PURPOSE_SOCIAL: "社会化服务",
}
_CHANNELS: Final[Mapping[int, str]] = {
    types_pb2.CHANNEL_WINDOW: "窗口",
    types_pb2.CHANNEL_PC: "网上",
    types_pb2.CHANNEL_MOBILE: "移动端",
    types_pb2.CHANNEL_KIOSK: "自助终端",
    types_pb2.CHANNEL_REMOTE_WINDOW: "远程窗口",
}
_UNITS_OF_TIME: Final = ((DAY_MS, "天"), (3_600_000, "小时"), (60_000, "分钟"), (1_000, "秒"), (1, "毫秒"))


def describe_grant(body: GrantBody, names: Mapping[str, str] = _NO_NAMES) -> str:
    """What a holder is asked to confirm, in plain Chinese, one line, at most 1,000 characters.

    `names` are of types, units, matters … by id; what has no name there is called by its id. Raises
    InvalidInput(INPUT_INVALID) where it cannot be said in 1,000 characters.
    """
    text = compute_grant_words(body, names)
    if len(text) > MAX_SHOWN:
        raise InvalidInput(
            Code.INPUT_INVALID,
            what=f"授权说明超过 {MAX_SHOWN} 字 the grant in words exceeds {MAX_SHOWN} characters",
        )
    return text


def compute_grant_words(body: GrantBody, names: Mapping[str, str] = _NO_NAMES) -> str:
    """As `describe_grant`, of any length: for reading what is on the ledger already."""
    return "，".join(_say(body, names)) + "。"


def _say(body: GrantBody, names: Mapping[str, str]) -> Iterator[str]:
    scope = body.scope
    yield f"授权{_name_party(body.grantee, names)}"
    if body.grantee_system:
        yield f"仅由其信息系统{_name([body.grantee_system], names)}"
    if scope.HasField("case"):
        yield f"仅在{_name([scope.case.unit], names)}的办件{scope.case.number}中"
    yield f"用于{'、'.join(_PURPOSES.get(purpose, f'用途{purpose}') for purpose in scope.purposes)}"
    yield from _say_where(scope, names)
    yield f"使用{_describe_records(scope, names)}"
    yield from _say_how_often(scope)
    yield f"自{format_moment(body.valid.from_ms)}起，有效至{format_last_day(body.valid.to_ms)}"
    yield f"可再授权{scope.depth}级" if scope.depth else "不得再授权"
    if body.parent:
        yield f"依据上级授权{_shorten(body.parent)}"
    if body.rule:
        yield f"法定依据{_name([body.rule], names)}"


def _say_where(scope: Scope, names: Mapping[str, str]) -> Iterator[str]:
    if scope.matters:
        yield f"办理事项{_name(scope.matters, names)}"
    if scope.scenes:
        yield f"限于场景{_name(scope.scenes, names)}"
    if scope.regions:
        yield f"限于地域{_name(scope.regions, names)}"
    if scope.channels:
        yield f"限于渠道{'、'.join(_CHANNELS.get(channel, f'渠道{channel}') for channel in scope.channels)}"


def _say_how_often(scope: Scope) -> Iterator[str]:
    yield f"至多{scope.uses}次"
    if scope.HasField("frequency"):
        yield f"每{_describe_time(scope.frequency.window_ms)}至多{scope.frequency.count}次"
    match scope.retention:
        case grants_pb2.RETENTION_NONE:
            yield "只看不留存"
        case grants_pb2.RETENTION_CASE:
            yield "随办件归档留存"
        case grants_pb2.RETENTION_DURATION:
            yield f"留存{_describe_time(scope.retention_ms)}"
        case other:
            yield f"留存方式{other}"


def _describe_records(scope: Scope, names: Mapping[str, str]) -> str:
    named = [_name([each], names) for each in scope.types] + [
        f"记录{_shorten(each)}" for each in scope.records
    ]
    project = f"项目{_shorten(scope.project)}的" if scope.project else ""
    extent = [f"字段{_name(scope.fields, names)}"] if scope.fields else []
    extent += ["整份文件"] if scope.whole_document else []
    return f"{project}{'、'.join(named)}的{'和'.join(extent) or '状态'}"


def _describe_time(milliseconds: int) -> str:
    size, unit = next(row for row in _UNITS_OF_TIME if milliseconds % row[0] == 0)
    return f"{milliseconds // size}{unit}"


def _name_party(party: Party, names: Mapping[str, str]) -> str:
    return _name([party.unit], names) if party.unit else f"主体{_shorten(party.subject)}"


def _name(ids: Iterable[str], names: Mapping[str, str]) -> str:
    return "、".join(names.get(each, each) for each in ids)


def _shorten(identifier: bytes) -> str:
    return identifier.hex()[:16]
