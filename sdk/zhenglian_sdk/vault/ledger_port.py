"""What the vault asks of the ledger: three calls, so that it stands on no more of the client than that."""

from typing import Protocol

from zhenglian_proto.v1.uses_pb2 import CloseUse
from zhenglian_sdk.vault.release import Caller, SeenUse


class VaultLedger(Protocol):
    """The ledger through a node, everything verified before it is believed.

    Each raises Unreachable where the node cannot be asked, Denied(VAULT_STALE) where its newest header is too
    old, and VerificationFailed where what it shows does not hold.
    """

    async def get_use(self, use: bytes) -> SeenUse | None:
        """The use of that 32-byte id; None where the node knows none."""

    async def get_caller(self, key: bytes) -> Caller | None:
        """Whose transport key that is: a system in force of a unit in force; None where it is nobody's."""

    async def close_use(self, close: CloseUse) -> None:
        """The use is closed on the ledger, signed by the vault's system; the same close may be sent again.

        Raises Refused with the code that the ledger refused it with.
        """
