"""The plain operation an entry amounts to: a vote that decides makes an object as genesis would (SPEC 5.11).

The approval that completes a majority is the new entry of the member, key or node it is about. Whoever reads
such an entry as an object reads the operation that genesis would have had in its place, so there is one way
to read a member, however it came in.
"""

from collections.abc import Callable
from typing import Any, Final

from zhenglian_proto.v1.batch_pb2 import SUITE_ED25519
from zhenglian_proto.v1.governance_pb2 import RecoveryKey
from zhenglian_proto.v1.members_pb2 import KEY_USAGE_RECOVERY, Key, KeyOperation
from zhenglian_proto.v1.operation_pb2 import Operation


def get_plain_operation(operation: Operation) -> Operation:
    """`operation`, or what it amounts to where it is an approval that, deciding, makes an object."""
    if not operation.HasField("vote"):
        return operation
    change = operation.vote.change
    kind = change.WhichOneof("kind")
    build = _PLAIN.get(kind or "")
    if build is None or kind is None:
        return operation
    plain = build(getattr(change, kind))
    if operation.HasField("context"):
        plain.context.CopyFrom(operation.context)
    return plain


def compute_recovery_key(recovery: RecoveryKey) -> Key:
    """The key that a vote registers for a member."""
    return Key(suite=SUITE_ED25519, public_key=recovery.public_key, usage=KEY_USAGE_RECOVERY)


def _build_key(recovery: RecoveryKey) -> Operation:
    body = KeyOperation.Body(member=recovery.member, add=compute_recovery_key(recovery))
    return Operation(key=KeyOperation(body=body))


_PLAIN: Final[dict[str, Callable[[Any], Operation]]] = {
    "put_member": lambda member: Operation(put_member=member),
    "add_recovery_key": _build_key,
    "put_node": lambda node: Operation(put_node=node),
}
"""Changes that make an object → its operation."""
