"""A grant in words: every condition that is set is said, and what cannot be said is refused."""

from collections.abc import Callable

import pytest

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput
from zhenglian_proto.v1 import grants_pb2
from zhenglian_proto.v1.grants_pb2 import GrantBody
from zhenglian_proto.v1.types_pb2 import CHANNEL_WINDOW, PURPOSE_ENFORCEMENT, PURPOSE_SOCIAL
from zhenglian_sdk import builders as build
from zhenglian_sdk.plan import describe_grant
from zhenglian_sdk.plan.grant_words import MAX_SHOWN, compute_grant_words

RECORD = bytes(range(32))
DAY_MS = 86_400_000


def build_body() -> GrantBody:
    scope = build.scope(types=["LT.BUSINESS"], purposes=["SERVICE"], uses=1, retention="NONE")
    valid = build.interval("2026-01-01", "2026-12-31")
    return build.grant_body(
        chain_id="sandbox-00000000", grantor=RECORD, grantee="putuo", valid=valid, scope=scope
    )


def set_duration(body: GrantBody) -> None:
    body.scope.retention, body.scope.retention_ms = grants_pb2.RETENTION_DURATION, 30 * DAY_MS


CHANGES: dict[str, tuple[Callable[[GrantBody], object], str]] = {
    "records": (lambda body: body.scope.records.append(RECORD), "记录0001020304050607"),
    "types": (lambda body: body.scope.types.append("MT.FORM"), "LT.BUSINESS、MT.FORM的"),
    "fields": (lambda body: body.scope.fields.append("NAME"), "的字段NAME"),
    "whole_document": (lambda body: setattr(body.scope, "whole_document", True), "的整份文件"),
    "purposes": (
        lambda body: body.scope.purposes.extend([PURPOSE_ENFORCEMENT, PURPOSE_SOCIAL]),
        "用于政务服务、监管执法、社会化服务",
    ),
    "matters": (lambda body: body.scope.matters.append("M.CAFE"), "办理事项M.CAFE"),
    "scenes": (lambda body: body.scope.scenes.append("S.1"), "限于场景S.1"),
    "regions": (lambda body: body.scope.regions.append("310107"), "限于地域310107"),
    "channels": (lambda body: body.scope.channels.append(CHANNEL_WINDOW), "限于渠道窗口"),
    "case": (
        lambda body: body.scope.case.CopyFrom(grants_pb2.Scope().case.__class__(unit="putuo", number="7")),
        "仅在putuo的办件7中",
    ),
    "uses": (lambda body: setattr(body.scope, "uses", 3), "至多3次"),
    "frequency": (
        lambda body: body.scope.frequency.CopyFrom(grants_pb2.Frequency(count=2, window_ms=7 * DAY_MS)),
        "每7天至多2次",
    ),
    "retention": (lambda body: setattr(body.scope, "retention", grants_pb2.RETENTION_CASE), "随办件归档留存"),
    "retention_ms": (set_duration, "留存30天"),
    "depth": (lambda body: setattr(body.scope, "depth", 2), "可再授权2级"),
    "project": (lambda body: setattr(body.scope, "project", RECORD), "项目0001020304050607的"),
    "grantee": (lambda body: setattr(body.grantee, "unit", "xuhui"), "授权xuhui"),
    "grantee_system": (lambda body: setattr(body, "grantee_system", "kiosk"), "仅由其信息系统kiosk"),
    "from": (lambda body: setattr(body.valid, "from_ms", 0), "自1970-01-01 08:00:00起"),
    "to": (lambda body: setattr(body.valid, "to_ms", 0), "有效至长期"),
    "parent": (lambda body: setattr(body, "parent", RECORD), "依据上级授权0001020304050607"),
    "rule": (lambda body: setattr(body, "rule", "law-1"), "法定依据law-1"),
}


def test_the_sentence_is_plain() -> None:
    assert describe_grant(build_body(), {"LT.BUSINESS": "营业执照", "putuo": "普陀区市场监管局"}) == (
        "授权普陀区市场监管局，用于政务服务，使用营业执照的状态，至多1次，只看不留存，"
        "自2026-01-01 00:00:00起，有效至2026-12-31，不得再授权。"
    )


@pytest.mark.parametrize("field", CHANGES)
def test_each_condition_that_is_changed_changes_the_sentence(field: str) -> None:
    body, (change, words) = build_body(), CHANGES[field]
    before = describe_grant(body)
    change(body)
    assert words not in before
    assert words in describe_grant(body)


def test_no_field_of_a_scope_is_left_out_of_this_table() -> None:
    assert set(grants_pb2.Scope.DESCRIPTOR.fields_by_name) <= set(CHANGES)


def test_what_is_too_long_to_be_shown_is_refused_and_can_still_be_read() -> None:
    body = build_body()
    body.scope.records.extend(bytes([n]) * 32 for n in range(64))
    with pytest.raises(InvalidInput) as caught:
        describe_grant(body)
    assert caught.value.code == Code.INPUT_INVALID
    assert len(compute_grant_words(body)) > MAX_SHOWN
    assert f"记录{bytes([63]).hex() * 8}" in compute_grant_words(body)
