"""Writes tests/vectors/merkle/*.json from the reference recursions: `python -m tests.testkit.merkle_vectors`.

One case a file; the format is in the README.md beside the files. The code under test takes no part in it,
and a test regenerates every file and compares.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tests.testkit.reference_merkle import (
    reference_chunks,
    reference_consistency_path,
    reference_head,
    reference_inclusion_path,
    reference_leaf,
    reference_node,
    reference_root,
    reference_run,
    reference_trace_key,
    reference_trace_leaves,
)

FOLDER: Final = Path(__file__).parents[1] / "vectors" / "merkle"

Inputs = dict[str, Any]
Mutation = tuple[str, Inputs, str]

_PATH = "PROOF_WRONG_PATH"
_LENGTH = "PROOF_TRUNCATED_PATH"
_STATUS = "PROOF_WRONG_STATUS"
_TRACE = "PROOF_WRONG_TRACE"
_TRACE_PATH = "PROOF_WRONG_TRACE_PATH"

_OTHER = reference_leaf(b"other").hex()
_BITS = 4


def compute_vectors() -> dict[str, str]:
    """Return every vector: file name → text."""
    found: dict[str, str] = {}
    for name, verifier, description, inputs, mutations in _compute_cases():
        body = {
            "description": description,
            "verify": verifier,
            "inputs": inputs,
            "mutations": [{"name": told, "set": changes, "code": code} for told, changes, code in mutations],
        }
        found[f"{name}.json"] = json.dumps(body, indent=2, ensure_ascii=False) + "\n"
    return found


def write_vectors() -> None:
    """Replace the files in the folder by `compute_vectors()`."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for stale in FOLDER.glob("*.json"):
        stale.unlink()
    for name, text in compute_vectors().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


def _compute_cases() -> Iterator[tuple[str, str, str, Inputs, list[Mutation]]]:
    for index, size in ((0, 2), (0, 8), (5, 8), (6, 7), (4, 5), (299, 300)):
        inputs = _inclusion(index, size)
        told = f"leaf {index} of a tree of {size}"
        yield f"inclusion-{index}-of-{size}", "inclusion", told, inputs, _inclusion_mutations(inputs)
    alone = _inclusion(0, 1)
    single: list[Mutation] = [
        ("wrong leaf", {"leaf_hash": _OTHER}, _PATH),
        ("extra hash", {"path": [_OTHER]}, _LENGTH),
        ("size x 2", {"size": 2}, _LENGTH),
        ("size 0", {"size": 0}, _PATH),
    ]
    yield "inclusion-0-of-1", "inclusion", "the only leaf: root and leaf hash are the same", alone, single
    for old_size, new_size in ((1, 2), (3, 7), (4, 7), (6, 8), (7, 8), (256, 300), (257, 300)):
        inputs = _consistency(old_size, new_size)
        told = f"a tree of {old_size} is a prefix of one of {new_size}"
        yield (
            f"consistency-{old_size}-to-{new_size}",
            "consistency",
            told,
            inputs,
            _consistency_mutations(inputs),
        )
    for name, index, size in (
        ("first-of-one-chunk", 0, 1),
        ("odd-padding", 2, 5),
        ("full-chunk", 255, 256),
        ("last-of-three-chunks", 520, 521),
        ("middle-of-five-chunks", 700, 1281),
    ):
        inputs = _status(index, size)
        yield f"status-{name}", "status", f"status {index} of {size}", inputs, _status_mutations(inputs)
    present, absent = _trace_presence(), _trace_absence()
    yield "trace-presence", "trace_presence", "a key among others", present, _presence_mutations(present)
    yield "trace-absence", "trace_absence", "no entry of the key", absent, _absence_mutations(absent)
    empty = {**absent, **_empty_bucket()}
    yield (
        "trace-absence-empty-bucket",
        "trace_absence",
        "a bucket without keys",
        empty,
        _absence_mutations(empty),
    )
    whole, rest = _trace_elements(0), _trace_elements(2)
    yield "trace-elements", "trace_elements", "every entry of a key", whole, _element_mutations(whole)
    yield "trace-elements-resumed", "trace_elements", "from a proven head on", rest, _element_mutations(rest)


def _hex(hashes: list[bytes]) -> list[str]:
    return [found.hex() for found in hashes]


def _leaves(size: int) -> list[bytes]:
    return [reference_leaf(b"entry %d" % number) for number in range(size)]


def _swapped(path: list[str]) -> list[str]:
    return [path[1], path[0], *path[2:]]


def _path_lengths(path: list[str]) -> list[Mutation]:
    return [
        ("truncated path", {"path": path[:-1]}, _LENGTH),
        ("missing first hash", {"path": path[1:]}, _LENGTH),
        ("extra hash", {"path": [*path, _OTHER]}, _LENGTH),
        ("no path", {"path": []}, _LENGTH),
    ]


def _inclusion(index: int, size: int) -> Inputs:
    leaves = _leaves(size)
    return {
        "leaf_hash": leaves[index].hex(),
        "index": index,
        "size": size,
        "path": _hex(reference_inclusion_path(index, leaves)),
        "root": reference_root(leaves).hex(),
    }


def _inclusion_mutations(inputs: Inputs) -> list[Mutation]:
    path, index, size = inputs["path"], inputs["index"], inputs["size"]
    mutations: list[Mutation] = [
        ("wrong leaf", {"leaf_hash": _OTHER}, _PATH),
        ("leaf is the root", {"leaf_hash": inputs["root"]}, _PATH),
        ("short leaf hash", {"leaf_hash": inputs["leaf_hash"][:-2]}, _PATH),
        ("wrong root", {"root": _OTHER}, _PATH),
        ("wrong sibling", {"path": [_OTHER, *path[1:]]}, _PATH),
        ("short sibling", {"path": [path[0][:-2], *path[1:]]}, _PATH),
        ("trailing byte in a hash", {"path": [*path[:-1], path[-1] + "00"]}, _PATH),
        ("index = size", {"index": size}, _PATH),
        ("size 0", {"size": 0}, _PATH),
        *_path_lengths(path),
    ]
    if index ^ 1 < size and len(_inclusion(index ^ 1, size)["path"]) == len(path):
        mutations.append(("wrong index", {"index": index ^ 1}, _PATH))
    if len(_inclusion(index, 2 * size)["path"]) != len(path):
        mutations.append(("size x 2", {"size": 2 * size}, _LENGTH))
    else:
        mutations.append(("size x 2", {"size": 2 * size}, _PATH))
    if len(path) > 1:
        mutations.append(("swapped siblings", {"path": _swapped(path)}, _PATH))
    return mutations


def _consistency(old_size: int, new_size: int) -> Inputs:
    leaves = _leaves(new_size)
    return {
        "old_size": old_size,
        "new_size": new_size,
        "path": _hex(reference_consistency_path(old_size, leaves)),
        "old_root": reference_root(leaves[:old_size]).hex(),
        "new_root": reference_root(leaves).hex(),
    }


def _consistency_mutations(inputs: Inputs) -> list[Mutation]:
    path = inputs["path"]
    mutations: list[Mutation] = [
        ("rewritten old tree", {"old_root": _OTHER}, _PATH),
        ("rewritten new tree", {"new_root": _OTHER}, _PATH),
        ("swapped roots", {"old_root": inputs["new_root"], "new_root": inputs["old_root"]}, _PATH),
        ("wrong sibling", {"path": [_OTHER, *path[1:]]}, _PATH),
        ("short sibling", {"path": [path[0][:-2], *path[1:]]}, _PATH),
        ("old size beyond the new", {"old_size": inputs["new_size"] + 1}, _PATH),
        ("equal sizes", {"old_size": inputs["new_size"]}, _LENGTH),
        ("empty old tree", {"old_size": 0}, _LENGTH),
        *_path_lengths(path),
    ]
    if len(path) > 1:
        mutations.append(("swapped siblings", {"path": _swapped(path)}, _PATH))
    return mutations


def _statuses(size: int) -> list[int]:
    """Statuses without a period, so that no two chunks are alike."""
    nibbles = (0x0, 0x1, 0x2, 0x3, 0xC, 0xD, 0xE, 0xF)
    return [nibbles[reference_leaf(b"status %d" % number)[0] % 8] for number in range(size)]


def _status(index: int, size: int) -> Inputs:
    chunks = reference_chunks(_statuses(size))
    leaves = [reference_leaf(chunk) for chunk in chunks]
    return {
        "index": index,
        "size": size,
        "chunk": chunks[index // 256].hex(),
        "path": _hex(reference_inclusion_path(index // 256, leaves)),
        "root": reference_root(leaves).hex(),
        "status": _statuses(size)[index],
    }


def _status_mutations(inputs: Inputs) -> list[Mutation]:
    chunk, path, size = inputs["chunk"], inputs["path"], inputs["size"]
    low_flipped = f"{int(chunk[1], 16) ^ 1:x}"
    mutations: list[Mutation] = [
        ("changed status", {"chunk": chunk[0] + low_flipped + chunk[2:]}, _STATUS),
        ("short chunk", {"chunk": chunk[:-2]}, _STATUS),
        ("long chunk", {"chunk": chunk + "ff"}, _STATUS),
        ("wrong root", {"root": _OTHER}, _STATUS),
        ("index = size", {"index": size}, _STATUS),
        ("size 0", {"size": 0}, _STATUS),
        ("extra hash", {"path": [*path, _OTHER]}, _LENGTH),
    ]
    if path:
        mutations.append(("wrong sibling", {"path": [_OTHER, *path[1:]]}, _STATUS))
        mutations.append(("truncated path", {"path": path[:-1]}, _LENGTH))
        mutations.append(("size of one chunk", {"size": 256, "index": 0}, _LENGTH))
    if size == 521:  # three chunks: the last has the path length of none of the others
        mutations.append(("index of another chunk", {"index": 0}, _LENGTH))
    if size == 1281:
        mutations.append(("index of another chunk", {"index": 0}, _STATUS))
    if 1 < size < 256:
        mutations.append(("a status in the padding", {"size": size - 1, "index": 0}, _STATUS))
    if not path:  # a tree of one chunk: its root can be made to fit, so padding and nibble are tested alone
        undefined = bytes.fromhex(chunk[0] + "4" + chunk[2:])
        told = {"index": 0, "chunk": undefined.hex(), "root": reference_leaf(undefined).hex()}
        mutations.append(("undefined status", told, _STATUS))
    return mutations


def _entries() -> list[tuple[int, int, int, bytes]]:
    return [
        (2 + number % 2, number // 3, 1000 + number, reference_leaf(b"%d" % number)) for number in range(5)
    ]


def _rows() -> dict[bytes, tuple[int, bytes]]:
    rows = {
        reference_trace_key(1 + number % 4, b"id %d" % number): (number, reference_leaf(b"head %d" % number))
        for number in range(1, 40)
    }
    rows[reference_trace_key(3, b"record")] = (len(_entries()), reference_head(_entries()))
    return rows


def _bucket(key: str) -> int:
    return int(key[0], 16)  # _BITS = 4: the first hexadecimal digit


def _trace_proof(key: bytes) -> Inputs:
    bucket = _bucket(key.hex())
    leaves = reference_trace_leaves(_rows(), _BITS)
    return {
        "key": key.hex(),
        "run": reference_run(_rows(), bucket, _BITS).hex(),
        "path": _hex(reference_inclusion_path(bucket, leaves)),
        "root": reference_root(leaves).hex(),
        "trace_bits": _BITS,
    }


def _trace_presence() -> Inputs:
    key = reference_trace_key(3, b"record")
    count, head = _rows()[key]
    derived = {"kind": 3, "identifier": b"record".hex(), "count": count, "head": head.hex()}
    return {**derived, **_trace_proof(key)}


def _trace_absence() -> Inputs:
    bucket = _bucket(_trace_presence()["key"])
    names = (b"absent %d" % number for number in range(1000))
    name = next(name for name in names if _bucket(reference_trace_key(1, name).hex()) == bucket)
    return {"kind": 1, "identifier": name.hex(), **_trace_proof(reference_trace_key(1, name))}


def _empty_bucket() -> Inputs:
    """The key's bucket in a tree that holds nothing."""
    level, path = reference_leaf(b""), []
    for _ in range(_BITS):
        path.append(level)
        level = reference_node(level, level)
    return {"run": "", "path": _hex(path), "root": level.hex()}


def _run_mutations(inputs: Inputs) -> list[Mutation]:
    run, path, key = inputs["run"], inputs["path"], inputs["key"]
    mutations: list[Mutation] = [
        ("truncated path", {"path": path[:-1]}, _TRACE_PATH),
        ("extra hash", {"path": [*path, _OTHER]}, _TRACE_PATH),
        ("wrong sibling", {"path": [_OTHER, *path[1:]]}, _TRACE_PATH),
        ("short sibling", {"path": [path[0][:-2], *path[1:]]}, _TRACE_PATH),
        ("wrong root", {"root": _OTHER}, _TRACE_PATH),
        ("fewer trace bits", {"trace_bits": _BITS - 1}, _TRACE_PATH),
        ("trailing byte in the run", {"run": run + "00"}, _TRACE_PATH),
        ("added element", {"run": run + "ff" * 48}, _TRACE_PATH),
        ("short key", {"key": key[:-2]}, _TRACE_PATH),
    ]
    if run:
        moved = run[96:192] + run[:96] + run[192:]
        mutations.append(("dropped element", {"run": run[96:]}, _TRACE_PATH))
        mutations.append(("swapped elements", {"run": moved}, _TRACE_PATH))
        mutations.append(("empty run", {"run": ""}, _TRACE_PATH))
        other = f"{_bucket(key) ^ 1:x}{key[1:]}"
        mutations.append(("key of another bucket", {"key": other}, _TRACE_PATH))
    return mutations


def _presence_mutations(inputs: Inputs) -> list[Mutation]:
    earlier = _entries()[:-1]
    before = {"count": len(earlier), "head": reference_head(earlier).hex()}
    absent = _trace_absence()["key"]
    return [
        *_run_mutations(inputs),
        ("earlier count and head", before, _TRACE),
        ("count alone", {"count": inputs["count"] + 1}, _TRACE),
        ("head alone", {"head": _OTHER}, _TRACE),
        ("key that is absent", {"key": absent}, _TRACE_PATH),
    ]


def _absence_mutations(inputs: Inputs) -> list[Mutation]:
    if not inputs["run"]:
        return _run_mutations(inputs)
    return [*_run_mutations(inputs), ("key that is present", {"key": _trace_presence()["key"]}, _TRACE)]


def _trace_elements(start: int) -> Inputs:
    entries = _entries()
    return {
        "elements": [
            {"log": log, "epoch": epoch, "index": index, "leaf_hash": leaf.hex()}
            for log, epoch, index, leaf in entries[start:]
        ],
        "count": len(entries),
        "head": reference_head(entries).hex(),
        "start_count": start,
        "start_head": reference_head(entries[:start]).hex(),
    }


def _element_mutations(inputs: Inputs) -> list[Mutation]:
    elements = inputs["elements"]
    first, second, *rest = elements
    told = {"count": inputs["count"] - 1}
    mutations: list[Mutation] = [
        ("dropped first", {"elements": elements[1:]}, _TRACE),
        ("dropped last", {"elements": elements[:-1]}, _TRACE),
        ("dropped last and counted", {"elements": elements[:-1], **told}, _TRACE),
        ("dropped all", {"elements": []}, _TRACE),
        ("repeated", {"elements": [*elements, elements[-1]]}, _TRACE),
        ("reordered", {"elements": [second, first, *rest]}, _TRACE),
        ("wrong count", told, _TRACE),
        ("wrong head", {"head": _OTHER}, _TRACE),
        ("wrong start", {"start_head": _OTHER}, _TRACE),
    ]
    for field, value in (
        ("log", 5),
        ("log", 256),
        ("epoch", 9),
        ("index", 7),
        ("index", -1),
        ("leaf_hash", _OTHER),
    ):
        altered = {"elements": [{**first, field: value}, second, *rest]}
        mutations.append(
            (f"altered {field} {value}" if field != "leaf_hash" else "altered leaf", altered, _TRACE)
        )
    return mutations


if __name__ == "__main__":
    write_vectors()
