"""Runs tests/vectors/merkle: cases verify, named mutations fail with their code, no file has drifted."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.testkit.merkle_vectors import FOLDER, compute_vectors
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import VerificationFailed
from zhenglian_ledger.merkle.proof import verify_consistency, verify_inclusion
from zhenglian_ledger.merkle.status import verify_status
from zhenglian_ledger.merkle.trace import (
    TraceElement,
    TraceKind,
    compute_trace_key,
    verify_trace_absence,
    verify_trace_elements,
    verify_trace_presence,
)

Inputs = dict[str, Any]
CASES = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.json"))}
MUTATIONS = [(name, mutation["name"]) for name, case in CASES.items() for mutation in case["mutations"]]


def unhex(texts: list[str]) -> list[bytes]:
    return [bytes.fromhex(text) for text in texts]


def run_inclusion(given: Inputs) -> None:
    leaf, root = unhex([given["leaf_hash"], given["root"]])
    verify_inclusion(leaf, given["index"], given["size"], unhex(given["path"]), root)


def run_consistency(given: Inputs) -> None:
    roots = unhex([given["old_root"], given["new_root"]])
    verify_consistency(given["old_size"], given["new_size"], unhex(given["path"]), *roots)


def run_status(given: Inputs) -> None:
    chunk, root = unhex([given["chunk"], given["root"]])
    found = verify_status(given["index"], given["size"], chunk, unhex(given["path"]), root)
    assert found == given["status"]


def run_trace_presence(given: Inputs) -> None:
    key, head, run, root = unhex([given["key"], given["head"], given["run"], given["root"]])
    path, bits = unhex(given["path"]), given["trace_bits"]
    verify_trace_presence(key, given["count"], head, run, path, root, bits)
    assert key == compute_trace_key(TraceKind(given["kind"]), bytes.fromhex(given["identifier"]))


def run_trace_absence(given: Inputs) -> None:
    key, run, root = unhex([given["key"], given["run"], given["root"]])
    verify_trace_absence(key, run, unhex(given["path"]), root, given["trace_bits"])
    assert key == compute_trace_key(TraceKind(given["kind"]), bytes.fromhex(given["identifier"]))


def run_trace_elements(given: Inputs) -> None:
    elements = [
        TraceElement(told["log"], told["epoch"], told["index"], bytes.fromhex(told["leaf_hash"]))
        for told in given["elements"]
    ]
    head, start_head = unhex([given["head"], given["start_head"]])
    verify_trace_elements(elements, given["count"], head, (given["start_count"], start_head))


RUNNERS: dict[str, Callable[[Inputs], None]] = {
    "inclusion": run_inclusion,
    "consistency": run_consistency,
    "status": run_status,
    "trace_presence": run_trace_presence,
    "trace_absence": run_trace_absence,
    "trace_elements": run_trace_elements,
}


@pytest.mark.parametrize("name", CASES)
def test_the_case_verifies(name: str) -> None:
    case = CASES[name]
    RUNNERS[case["verify"]](case["inputs"])


@pytest.mark.parametrize(("name", "mutation"), MUTATIONS)
def test_the_mutation_fails_with_its_code(name: str, mutation: str) -> None:
    case = CASES[name]
    told = next(told for told in case["mutations"] if told["name"] == mutation)
    assert set(told["set"]) <= set(case["inputs"])
    with pytest.raises(VerificationFailed) as caught:
        RUNNERS[case["verify"]]({**case["inputs"], **told["set"]})
    assert caught.value.code is Code[told["code"]]


def test_names_of_mutations_are_unique_in_a_case() -> None:
    assert len(set(MUTATIONS)) == len(MUTATIONS)


def test_the_committed_files_are_what_the_generator_writes() -> None:
    assert {
        file.name: file.read_text(encoding="utf-8") for file in FOLDER.glob("*.json")
    } == compute_vectors()
