"""Writes tests/vectors/{canonical,ledger}/*.json: `scripts/gen-vectors`, or with `--check` compares them.

The bytes are put together by hand from SPEC 1-4 (struct and hashlib only), never by the code under test. One
case a file; the formats are in the README.md of each folder.
"""

import json
import sys
from hashlib import sha256
from pathlib import Path
from struct import pack
from typing import Any, Final

VECTORS: Final = Path(__file__).parents[1] / "vectors"
ACTOR, SUBJECT, RECORD = b"\x11" * 32, b"\x22" * 32, b"\x33" * 32
NODE_ID: Final = b"\x66" * 20
Case = dict[str, Any]


def varint(value: int) -> bytes:
    """A minimal varint."""
    out = b""
    while value > 0x7F:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def field(number: int, value: bytes | int) -> bytes:
    """One field: bytes as length-delimited, an integer as varint."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def tagged(tag: str, *parts: bytes) -> bytes:
    """SHA-256 of `tag ‖ 00 ‖ parts`."""
    return sha256(tag.encode() + b"\x00" + b"".join(parts)).digest()


def leaf(data: bytes) -> bytes:
    """RFC 6962 leaf hash."""
    return sha256(b"\x00" + data).digest()


CONTEXT: Final = field(1, ACTOR) + field(2, 1)
QUERY: Final = field(1, RECORD) + field(3, 1)
OPERATION: Final = field(1, CONTEXT) + field(71, QUERY)
OTHER: Final = field(1, CONTEXT) + field(70, field(1, b"A1"))
HEADER: Final = (
    field(1, 1) + field(2, b"sandbox-00000000") + field(3, b"office") + field(4, b"\x44" * 32)
    + field(5, b"\x55" * 16) + field(6, 1_767_225_600_000) + field(8, 2)
    + field(9, sha256(b"\x01" + leaf(OPERATION) + leaf(OTHER)).digest())
)  # fmt: skip
DIGEST: Final = tagged("zl/batch/v1", HEADER)
CONTROLS: Final = {
    "tab": "\t", "newline": "\n", "delete": "\x7f", "next-line": "\x85", "csi": "\x9b",
    "line-separator": "\u2028", "paragraph-separator": "\u2029", "arabic-letter-mark": "\u061c",
    "left-to-right-mark": "\u200e", "right-to-left-override": "\u202e", "pop-isolate": "\u2069",
}  # fmt: skip
"""Characters that free text must not hold (SPEC 1.4)."""


def compute_canonical() -> dict[str, Case]:
    """Bytes of one Operation and what parsing them must say: at most one encoding is accepted."""
    cut = len(field(1, CONTEXT))
    long_length = OPERATION[:1] + bytes([OPERATION[1] | 0x80, 0]) + OPERATION[2:]
    long_key = bytes([OPERATION[0] | 0x80, 0]) + OPERATION[1:]
    long_value = field(1, CONTEXT) + field(71, QUERY[:-1] + b"\x81\x00")
    query = {
        "short-record": field(1, RECORD[:31]) + field(3, 1),
        "long-record": field(1, RECORD + b"3") + field(3, 1),
        "empty-record": field(1, b"") + field(3, 1),
        "no-member": field(3, 1),
        "no-purpose": field(1, RECORD),
        "purpose-zero": field(1, RECORD) + field(3, 0),
        "purpose-undefined": field(1, RECORD) + field(3, 9),
        "purpose-negative": field(1, RECORD) + b"\x18" + b"\xff" * 9 + b"\x01",
        "both-members": field(1, RECORD) + field(2, RECORD) + field(3, 1),
        "member-twice": field(1, RECORD) * 2 + field(3, 1),
        "members-order": field(3, 1) + field(1, RECORD),
        "number-with-space": QUERY + field(4, b"A 1"),
        "number-full-width": QUERY + field(4, "\uff11".encode()),
        "number-not-utf8": QUERY + field(4, b"\xff\xfe"),
        "number-too-long": QUERY + field(4, b"9" * 65),
        "number-empty": QUERY + field(4, b""),
        "unknown-field": QUERY + field(15, 1),
    }
    codes = {
        "short-record": "WRONG_DIGEST", "long-record": "WRONG_DIGEST", "empty-record": "MISSING_FIELD",
        "no-member": "MISSING_FIELD", "no-purpose": "MISSING_FIELD", "purpose-undefined": "UNDEFINED_ENUM",
        "number-with-space": "INVALID_NAME", "number-too-long": "INVALID_NAME",
        "number-full-width": "INVALID_NAME", "number-not-utf8": "UNPARSABLE",
        "purpose-negative": "UNDEFINED_ENUM",
    }  # fmt: skip
    cases = {
        "accepted": (OPERATION, "OK"),
        "unknown-field-at-top": (OPERATION + field(500, 1), "NOT_CANONICAL"),
        "fields-out-of-order": (OPERATION[cut:] + OPERATION[:cut], "NOT_CANONICAL"),
        "context-twice": (OPERATION[:cut] + OPERATION, "NOT_CANONICAL"),
        "kind-twice": (OPERATION + OPERATION[cut:], "NOT_CANONICAL"),
        "two-kinds": (OPERATION + OTHER[cut:], "NOT_CANONICAL"),
        "length-not-minimal": (long_length, "NOT_CANONICAL"),
        "key-not-minimal": (long_key, "NOT_CANONICAL"),
        "value-not-minimal": (long_value, "NOT_CANONICAL"),
        "truncated": (OPERATION[:-1], "UNPARSABLE"),
        "group": (OPERATION + varint(500 << 3 | 3) + varint(500 << 3 | 4), "NOT_CANONICAL"),
        "wire-type-7": (OPERATION + b"\x0f", "UNPARSABLE"),
        "empty": (b"", "MISSING_FIELD"),
        "no-kind": (OPERATION[:cut], "MISSING_FIELD"),
    }
    cases |= {
        name: (field(1, CONTEXT) + field(71, data), codes.get(name, "NOT_CANONICAL"))
        for name, data in query.items()
    }
    for number, family in ((11, compute_units()), (74, compute_openings()), (91, compute_votes())):
        cases |= {
            name: (field(1, CONTEXT) + field(number, data), code) for name, (data, code) in family.items()
        }
    return {
        name: {"message": "Operation", "bytes": data.hex(), "code": code}
        for name, (data, code) in cases.items()
    }


def compute_units() -> dict[str, tuple[bytes, str]]:
    """Units whose list of roles or whose name is out of bounds (SPEC 1.3, 1.4)."""
    name, rest = field(2, "窗口".encode()), field(4, 1) + field(5, b"310101")
    unit = field(1, b"office") + name + field(3, b"bureau") + rest
    texts = {
        f"unit-name-{title}": unit.replace(name, field(2, f"窗{character}口".encode()))
        for title, character in CONTROLS.items()
    }
    return {
        "unit": (unit + field(6, b"\x01\x02"), "OK"),
        "unit-role-zero": (unit + field(6, b"\x01\x00"), "MISSING_FIELD"),
        "unit-role-undefined": (unit + field(6, b"\x01\x7f"), "UNDEFINED_ENUM"),
        **{title: (data, "OUT_OF_RANGE") for title, data in texts.items()},
    }


def compute_openings() -> dict[str, tuple[bytes, str]]:
    """Openings of a use with items of a list that say nothing (SPEC 1.3)."""
    grants, particulars = field(3, ACTOR), field(1, 1)
    before, after = field(1, SUBJECT) + field(2, RECORD), field(5, SUBJECT)
    plain = grants + field(4, particulars)
    parts = {
        "opening": (plain, "OK"),
        "opening-no-grant": (field(4, particulars), "MISSING_FIELD"),
        "opening-grant-empty": (field(3, b"") + field(4, particulars), "MISSING_FIELD"),
        "opening-second-grant-empty": (grants + field(3, b"") + field(4, particulars), "MISSING_FIELD"),
        "opening-grant-short": (field(3, ACTOR[:31]) + field(4, particulars), "WRONG_DIGEST"),
        "opening-field-empty": (grants + field(4, particulars + field(5, b"")), "MISSING_FIELD"),
    }
    return {title: (before + data + after, code) for title, (data, code) in parts.items()}


def compute_votes() -> dict[str, tuple[bytes, str]]:
    """Votes whose change or proposal is out of bounds (SPEC 1.3, 5.11)."""
    proposal, approve = field(1, RECORD), field(2, 1)
    node = field(1, NODE_ID) + field(2, b"centre")

    def with_change(change: bytes) -> bytes:
        return proposal + approve + field(3, change)

    return {
        "vote": (with_change(field(5, node)), "OK"),
        "vote-rejection": (proposal, "OK"),
        "vote-approve-zero": (proposal + field(2, 0) + field(3, field(5, node)), "NOT_CANONICAL"),
        "vote-approve-two": (proposal + field(2, 2) + field(3, field(5, node)), "NOT_CANONICAL"),
        "vote-no-proposal": (approve + field(3, field(5, node)), "MISSING_FIELD"),
        "vote-proposal-short": (field(1, RECORD[:31]) + approve, "WRONG_DIGEST"),
        "vote-change-empty": (with_change(b""), "MISSING_FIELD"),
        "vote-change-unknown": (with_change(field(99, b"x")), "NOT_CANONICAL"),
        "vote-two-changes": (with_change(field(2, b"centre") + field(5, node)), "NOT_CANONICAL"),
        "vote-node-short": (with_change(field(5, field(1, NODE_ID[:19]) + field(2, b"m"))), "WRONG_DIGEST"),
        "vote-node-of-nobody": (with_change(field(5, field(1, NODE_ID))), "MISSING_FIELD"),
        "vote-removed-node-long": (with_change(field(6, NODE_ID + b"6")), "WRONG_DIGEST"),
        "vote-member-empty": (with_change(field(2, b"")), "MISSING_FIELD"),
        "vote-member-no-name": (with_change(field(2, "单位".encode())), "INVALID_NAME"),
        "vote-validator-short": (with_change(field(8, RECORD[:31])), "WRONG_DIGEST"),
    }


def compute_plain_votes() -> dict[str, Case]:
    """Approvals that, deciding, make an object, and the operations they amount to (SPEC 5.11)."""
    member = field(1, b"centre") + field(2, "中心".encode()) + field(3, 1) + field(4, 1)
    node = field(1, NODE_ID) + field(2, b"centre")
    recovery = field(1, b"centre") + field(2, SUBJECT)
    key = field(1, 1) + field(2, SUBJECT) + field(3, 4)
    amounts_to = {
        "put_member": (field(1, member), field(10, member)),
        "add_recovery_key": (
            field(4, recovery), field(13, field(1, field(2, b"centre") + field(4, key))),
        ),
        "put_node": (field(5, node), field(14, node)),
    }  # fmt: skip
    context = field(1, CONTEXT)
    return {
        kind: {
            "vote": (context + field(91, field(1, RECORD) + field(2, 1) + field(3, change))).hex(),
            "plain": (context + plain).hex(),
        }
        for kind, (change, plain) in amounts_to.items()
    }


def compute_ledger() -> dict[str, Case]:
    """Ids, digests, leaves and hashes of SPEC 1.2, 2.2, 4.3, 4.5, 4.6."""
    signature, prev = b"\x66" * 64, b"\x77" * 32
    entry_head = pack(">QHQQ", 7, 1, 9, 1_767_225_601_000) + DIGEST
    results = pack(">HHH", 2, 0, 103)
    batch_leaf = (
        b"\x01" + pack(">QQ", 9, 1_767_225_601_000) + prev + pack(">QQ", 40, 5)
        + pack(">H", len(HEADER)) + HEADER + signature + results + leaf(OTHER)
    )  # fmt: skip
    rows = {"10": b"a", "13": b"", "2f": b"not logical"}
    logical = b"".join(
        pack(">H", 1) + bytes.fromhex(key) + b"\x01" + pack(">I", len(value)) + value
        for key, value in sorted(rows.items())
        if key != "2f"
    )
    logs = b"".join(pack(">Q", size) + bytes([size]) * 32 for size in (1, 2, 3))
    app = tagged("zl/app/v1", logs, pack(">I", 0), b"\x04" * 32, b"\x05" * 32, b"\x06" * 32)
    grant = field(1, b"sandbox-00000000") + field(2, b"\x55" * 16) + field(3, 1)
    return {
        "batch-header": {"header": HEADER.hex(), "header_digest": DIGEST.hex(),
                         "operations": [OPERATION.hex(), OTHER.hex()]},
        "batch-leaf": {"leaf": batch_leaf.hex(), "height": 9, "time_ms": 1_767_225_601_000,
                       "prev_app_hash": prev.hex(), "first_registry_index": 40, "first_access_index": 5,
                       "header": HEADER.hex(), "signature": signature.hex(), "results": [0, 103],
                       "refused": [leaf(OTHER).hex()]},
        "entry": {"entry": (b"\x01" + entry_head + OPERATION).hex(), "batch_index": 7, "ordinal": 1,
                  "height": 9, "time_ms": 1_767_225_601_000, "header_digest": DIGEST.hex(), "code": 0,
                  "operation": OPERATION.hex()},
        "refusal": {"entry": (b"\x02" + entry_head + pack(">H", 103) + OTHER).hex(), "batch_index": 7,
                    "ordinal": 1, "height": 9, "time_ms": 1_767_225_601_000, "header_digest": DIGEST.hex(),
                    "code": 103, "operation": OTHER.hex()},
        "key-id": {"suite": 1, "public_key": (b"\x08" * 32).hex(),
                   "key_id": tagged("zl/key/v1", b"\x01", b"\x08" * 32).hex()},
        "request-nonce": {"request_id": "办件-2026-1",
                          "nonce": tagged("zl/request/v1", "办件-2026-1".encode())[:16].hex()},
        "grant-id": {"body": grant.hex(), "grant_id": tagged("zl/grant/v1", grant).hex()},
        "trace-key": {"kind": 4, "identifier": (b"unit\x00" + pack(">I", 681)).hex(),
                      "key": tagged("zl/trace/v1", b"\x04", b"unit\x00" + pack(">I", 681)).hex(),
                      "unit": "unit", "time_ms": 681 * 2_592_000_000 + 5},
        "present-target": {"record": RECORD.hex(), "use": ACTOR.hex(), "unit": "market",
                           "chain_id": "sandbox-00000000",
                           "target": tagged("zl/present/v1", RECORD, ACTOR, b"market", b"\0",
                                            b"sandbox-00000000").hex()},
        "file-digest": {"salt": SUBJECT.hex(), "file": b"%PDF-".hex(),
                        "sha256": tagged("zl/file/v1", SUBJECT, b"%PDF-").hex()},
        "delta": {"delta": prev.hex(), "writes": {key: value.hex() for key, value in rows.items()},
                  "next": tagged("zl/delta/v1", prev, sha256(logical).digest()).hex()},
        "vote": compute_plain_votes(),
        "app-hash": {"sizes": [1, 2, 3], "app_hash": app.hex()},
        "genesis": {"bytes": b"genesis".hex(), "name": "city",
                    "digest": tagged("zl/genesis/v1", b"genesis").hex(),
                    "chain_id": "city-" + tagged("zl/genesis/v1", b"genesis")[:4].hex()},
    }  # fmt: skip


def compute_vectors() -> dict[str, str]:
    """Every file: path below tests/vectors → text."""
    folders = {"canonical": compute_canonical(), "ledger": compute_ledger()}
    return {
        f"{folder}/{name}.json": json.dumps(case, indent=1, ensure_ascii=False) + "\n"
        for folder, cases in folders.items()
        for name, case in cases.items()
    }


def main() -> int:
    """Write the vectors; with --check, say which files differ."""
    found = compute_vectors()
    if "--check" not in sys.argv[1:]:
        for path, text in found.items():
            (VECTORS / path).parent.mkdir(exist_ok=True)
            (VECTORS / path).write_text(text, "utf-8")
        return 0
    stored = {
        f"{folder}/{file.name}": file.read_text("utf-8")
        for folder in ("canonical", "ledger")
        for file in (VECTORS / folder).glob("*.json")
    }
    drift = sorted(path for path in found.keys() | stored.keys() if found.get(path) != stored.get(path))
    for path in drift:
        sys.stderr.write(f"drift: tests/vectors/{path}; run scripts/gen-vectors\n")
    return 1 if drift else 0


if __name__ == "__main__":
    sys.exit(main())
