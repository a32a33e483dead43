"""Whether a batch is accepted: the checks that need state, in their fixed order (SPEC 2.3).

CheckTx, ProcessProposal and FinalizeBlock all ask this one function; only FinalizeBlock's answer counts.
"""

from collections.abc import Callable
from typing import NamedTuple

from zhenglian_ledger.batch import Batch
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidBatch
from zhenglian_ledger.signers import find_author, is_key_in_force, is_signing_key_of
from zhenglian_ledger.state import State
from zhenglian_ledger.step import Author
from zhenglian_proto.v1 import batch_pb2, types_pb2

IsSignatureValid = Callable[[bytes, Batch], bool]
"""Port (public key, batch): whether the signature verifies. A node remembers verdicts behind it."""


class _Signer(NamedTuple):
    """Who may sign, and the key that verifies it."""

    author: Author
    public_key: bytes


def verify_acceptance(
    state: State, batch: Batch, chain_id: str, time_ms: int, *, is_signature_valid: IsSignatureValid
) -> Author:
    """The author of an acceptable batch.

    Raises InvalidBatch with the code of the first check that fails: FOREIGN_CHAIN; BATCH_EXPIRED,
    VALIDITY_TOO_LONG; UNKNOWN_SYSTEM, SYSTEM_NOT_IN_FORCE; UNKNOWN_KEY, KEY_NOT_IN_FORCE,
    KEY_OF_OTHER_SYSTEM, SUITE_UNSUPPORTED; WRONG_OPERATION_COUNT, WRONG_OPERATIONS_ROOT;
    WRONG_SIGNATURE; REPLAYED.
    """
    header = batch.header
    if header.chain_id != chain_id:
        raise InvalidBatch(Code.FOREIGN_CHAIN)
    verify_validity(state, header, time_ms)
    signer = state.recall(_get_signer, *batch.signer)
    if batch.fault:
        raise InvalidBatch(batch.fault)
    if not is_signature_valid(signer.public_key, batch):
        raise InvalidBatch(Code.WRONG_SIGNATURE)
    if state.get(batch.nonce_key) is not None:
        raise InvalidBatch(Code.REPLAYED)
    return signer.author


def verify_validity(state: State, header: batch_pb2.BatchHeader, time_ms: int) -> None:
    """The batch's validity covers `time_ms` and reaches no further than allowed (SPEC 1.6)."""
    parameters, until_ms = state.get_parameters(), header.valid_until_ms
    if until_ms <= time_ms:
        raise InvalidBatch(Code.BATCH_EXPIRED)
    if until_ms > time_ms + parameters.time_tolerance_ms + parameters.max_validity_ms:
        raise InvalidBatch(Code.VALIDITY_TOO_LONG)


def get_author(state: State, system_id: str) -> Author:
    """The system with its unit and member, all in force.

    Raises InvalidBatch: UNKNOWN_SYSTEM, SYSTEM_NOT_IN_FORCE.
    """
    if state.get_index(types_pb2.KIND_SYSTEM, system_id.encode()) is None:
        raise InvalidBatch(Code.UNKNOWN_SYSTEM)
    author = find_author(state, system_id)
    if author is None:
        raise InvalidBatch(Code.SYSTEM_NOT_IN_FORCE)
    return author


def _get_signer(state: State, system_id: str, key_id: bytes, suite: batch_pb2.Suite) -> _Signer:
    """The system's author and the key of that id and suite, all in force; raises InvalidBatch."""
    author = get_author(state, system_id)
    return _Signer(author, _get_signing_key(state, system_id, key_id, suite))


def _get_signing_key(state: State, system_id: str, key_id: bytes, suite: batch_pb2.Suite) -> bytes:
    found = state.get_object(types_pb2.KIND_KEY, key_id)
    if found is None:
        raise InvalidBatch(Code.UNKNOWN_KEY)
    if not is_key_in_force(state, found):
        raise InvalidBatch(Code.KEY_NOT_IN_FORCE)
    key = found.operation.key.body.add
    if not is_signing_key_of(key, system_id):
        raise InvalidBatch(Code.KEY_OF_OTHER_SYSTEM)
    if key.suite != suite or suite != batch_pb2.SUITE_ED25519:
        raise InvalidBatch(Code.SUITE_UNSUPPORTED)
    return key.public_key
