"""The way into a network that runs: the steward's office registers what its ledger does not have yet.

Keys are signed by their members' RECOVERY keys and only carried by the steward. Whatever is there as it
should be is left alone, so a second story, or one that broke off, registers only what is new.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final

from story.home import Home
from story.registry import Entry, MemberKey
from zhenglian import AsyncClient, build
from zhenglian_ledger.keys import compute_key_id
from zhenglian_ledger.objects import compute_effect
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.types_pb2 import KIND_KEY, KIND_MEMBER, KIND_REGION
from zhenglian_sdk.signer import FileSigner, Signer

_KEPT: Final = frozenset({KIND_MEMBER, KIND_REGION})
"""Kinds of which the network's own entry stays, whatever the story would say."""


async def register(steward: AsyncClient, home: Home, entries: Sequence[Entry]) -> int:
    """Every one of `entries` is on the ledger, members apart; how many were not there.

    Raises Refused with the first refusal.
    """
    missing = await find_missing(steward, entries)
    members = sorted({entry.member for entry in missing if isinstance(entry, MemberKey)})
    recovery = {member: _open_recovery(home, member) for member in members}
    sequences = dict(
        zip(members, await asyncio.gather(*(_get_sequence(steward, m) for m in members)), strict=True)
    )
    operations = []
    for entry in missing:
        if isinstance(entry, MemberKey):
            sequences[entry.member] += 1
            operations.append(_build_key(steward, entry, sequences[entry.member], recovery[entry.member]))
        else:
            operations.append(entry)
    for receipt in await steward.submit_all(operations, in_flight=1):
        receipt.raise_for_refusals()
    return len(operations)


async def find_missing(client: AsyncClient, entries: Iterable[Entry]) -> list[Entry]:
    """Those of `entries` that the ledger does not have, or has otherwise, in order."""
    asked = list(entries)
    known = await asyncio.gather(*(_is_known(client, entry) for entry in asked))
    return [entry for entry, is_known in zip(asked, known, strict=True) if not is_known]


async def _is_known(client: AsyncClient, entry: Entry) -> bool:
    if isinstance(entry, MemberKey):
        key_id = compute_key_id(entry.key.suite, entry.key.public_key)
        return await client.get_object(KIND_KEY, key_id) is not None
    effect = compute_effect(entry)
    assert effect is not None  # noqa: S101  the table has only what registers something
    found = await client.get_object(effect.kind, effect.identifier)
    if found is None or effect.kind in _KEPT:
        return found is not None
    return found.is_valid and bool(found.message == getattr(entry, entry.WhichOneof("kind") or ""))


def _open_recovery(home: Home, member: str) -> FileSigner:
    folder = home.get_member(member)
    passphrase = (folder / "passphrase").read_text(encoding="utf-8").removesuffix("\n")
    return FileSigner(folder / "recovery.key.json", passphrase)


async def _get_sequence(client: AsyncClient, member: str) -> int:
    _, _, sequence = await client.session.get_object(KIND_MEMBER, member.encode())
    return sequence


def _build_key(client: AsyncClient, entry: MemberKey, sequence: int, recovery: Signer) -> Operation:
    return build.add_key(
        entry.key.public_key,
        suite=entry.key.suite,
        usage=entry.key.usage,
        system=entry.key.system,
        chain_id=client.chain_id,
        member=entry.member,
        sequence=sequence,
        recovery=recovery,
    )
