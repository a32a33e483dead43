"""A node finds out at start that its libraries compute something else than everybody's."""

from typing import Any

import pytest

from zhenglian_ledger import conformance
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError


def test_this_machine_gives_every_known_answer() -> None:
    conformance.verify_conformance()


@pytest.mark.parametrize("name", conformance._KNOWN)
def test_one_wrong_answer_stops_the_node_by_name(name: str, monkeypatch: Any) -> None:
    compute, expected = conformance._KNOWN[name]
    monkeypatch.setitem(conformance._KNOWN, name, (compute, expected[:-2] + "ff"))
    with pytest.raises(StoreError) as caught:
        conformance.verify_conformance()
    assert (caught.value.code, caught.value.fields["what"]) == (Code.VECTORS_FAILED, name)


@pytest.mark.parametrize("name", conformance._MALFORMED)
def test_accepting_what_must_be_refused_stops_the_node(name: str, monkeypatch: Any) -> None:
    monkeypatch.setitem(conformance._MALFORMED, name, (conformance._OPERATION, Code.NOT_CANONICAL))
    with pytest.raises(StoreError) as caught:
        conformance.verify_conformance()
    assert caught.value.fields["what"] == name
