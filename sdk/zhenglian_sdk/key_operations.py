"""Key operations that wait to be carried to the ledger: signed offline by a RECOVERY key, in one file.

The machine that holds the RECOVERY key needs no network: it knows the chain from a trust file and the next
sequence from whoever looked it up. The file holds nothing secret, and is good once, on one chain, in this
order; who carries it can change nothing in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from zhenglian_ledger.canonical import parse_canonical, serialise
from zhenglian_ledger.certificates import parse_certificate_pem
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput, ZhenglianError
from zhenglian_ledger.json_text import encode_json, parse_json
from zhenglian_ledger.keyfile import read_key_header
from zhenglian_ledger.keys import compute_key_id
from zhenglian_proto.v1.batch_pb2 import SUITE_P256
from zhenglian_proto.v1.members_pb2 import KEY_USAGE_TRANSPORT, Key, KeyOperation
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_sdk.builders.members import sign_key_operation
from zhenglian_sdk.certificate_file import compute_public_point
from zhenglian_sdk.files import read_text
from zhenglian_sdk.signer import Signer

FORMAT: Final = "zhenglian-key-operations"
VERSION: Final = 1
MAX_OPERATIONS: Final = 64
MAX_OPERATION_BYTES: Final = 1024

_PEM: Final = "-----BEGIN "


@dataclass(frozen=True, slots=True)
class KeyOperations:
    """Operations on keys of one member of one chain, in the order of their sequence numbers."""

    chain_id: str
    member: str
    operations: tuple[Operation, ...]


def read_system_key(path: Path, system: str) -> Key:
    """The public key of `system` in an encrypted key file, or in its channel's certificate (PEM).

    Raises InvalidInput: FILE_NOT_FOUND, KEY_FILE_INVALID; INPUT_INVALID unless the certificate is of P-256.
    """
    text = read_text(path, Code.KEY_FILE_INVALID)
    if not text.lstrip().startswith(_PEM):
        header = read_key_header(text)
        return Key(suite=header.suite, public_key=header.public_key, usage=header.usage, system=system)
    point = compute_public_point(parse_certificate_pem(text.encode()))
    return Key(suite=SUITE_P256, public_key=point, usage=KEY_USAGE_TRANSPORT, system=system)


def sign_keys(
    keys: Sequence[Key], *, chain_id: str, member: str, sequence: int, recovery: Signer
) -> KeyOperations:
    """Each key is added, the first one with `sequence`; raises InvalidEncoding naming the field."""
    bodies = (
        KeyOperation.Body(chain_id=chain_id, member=member, sequence=number, add=key)
        for number, key in enumerate(keys, start=sequence)
    )
    return KeyOperations(chain_id, member, tuple(sign_key_operation(body, recovery) for body in bodies))


def compute_added_key_id(operation: Operation) -> bytes:
    """The id of the key that the operation adds, 32 bytes."""
    key = operation.key.body.add
    return compute_key_id(key.suite, key.public_key)


def format_key_operations(signed: KeyOperations) -> str:
    """The text of the file."""
    return encode_json(
        {
            "format": FORMAT,
            "version": VERSION,
            "chain_id": signed.chain_id,
            "member": signed.member,
            "operations": [serialise(operation).hex() for operation in signed.operations],
        }
    )


def read_key_operations(path: Path) -> KeyOperations:
    """The operations in the file; raises InvalidInput: FILE_NOT_FOUND, KEY_FILE_INVALID naming the field."""
    reader = parse_json(read_text(path, Code.KEY_FILE_INVALID), Code.KEY_FILE_INVALID)
    reader.take_constant("format", FORMAT)
    reader.take_constant("version", VERSION)
    chain_id, member = reader.take_text("chain_id", 50), reader.take_text("member", 64)
    texts = reader.take_texts("operations", MAX_OPERATIONS, 2 * MAX_OPERATION_BYTES)
    reader.finish()
    operations = tuple(_parse_operation(text) for text in texts)
    bodies = [operation.key.body for operation in operations]
    if not bodies or any(
        (body.chain_id, body.member, body.sequence) != (chain_id, member, bodies[0].sequence + number)
        or not body.HasField("add")
        for number, body in enumerate(bodies)
    ):
        raise reader.wrong("operations")
    return KeyOperations(chain_id, member, operations)


def _parse_operation(text: str) -> Operation:
    """One canonical key operation in hex."""
    wrong = InvalidInput(Code.KEY_FILE_INVALID, field="operations")
    try:
        operation = parse_canonical(Operation, bytes.fromhex(text))
    except (ValueError, ZhenglianError) as error:
        raise wrong from error
    if operation.WhichOneof("kind") != "key":
        raise wrong
    return operation
