"""Codec of an encrypted key file: a header that anyone may read and a seed that the passphrase opens.

The header (whose key it is, what for, how it was sealed) is associated data of the encryption, so it cannot
be changed without the passphrase; until the file is opened, it is only what the file says of itself.
Randomness and passphrase are arguments: salt and nonce must be fresh for every sealing. Nothing here
touches a disk.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput
from zhenglian_ledger.field_reader import FieldReader
from zhenglian_ledger.json_text import encode_json, parse_json
from zhenglian_ledger.keys import PUBLIC_KEY_SIZES, SEED_SIZE, compute_key_id, compute_public_key
from zhenglian_proto.v1 import batch_pb2, members_pb2

FORMAT: Final = "zhenglian-key"
VERSION: Final = 1
CIPHER: Final = "AES-256-GCM"
SALT_SIZE: Final = 16
NONCE_SIZE: Final = 12
MAX_OWNER: Final = 200
MAX_KDF_MEMORY: Final = 1 << 30

N = TypeVar("N")

_TAG_SIZE: Final = 16
_SUITES: Final = {suite: batch_pb2.Suite.Name(suite).removeprefix("SUITE_") for suite in PUBLIC_KEY_SIZES}
_USAGES: Final = {
    members_pb2.KEY_USAGE_SIGN: "SIGN",
    members_pb2.KEY_USAGE_TRANSPORT: "TRANSPORT",
    members_pb2.KEY_USAGE_ENCRYPT: "ENCRYPT",
    members_pb2.KEY_USAGE_RECOVERY: "RECOVERY",
}


@dataclass(frozen=True, slots=True)
class KdfCost:
    """Parameters of scrypt (RFC 7914): memory is 128·n·r bytes, n a power of two."""

    n: int = 1 << 15
    r: int = 8
    p: int = 1


DEFAULT_COST: Final = KdfCost()


@dataclass(frozen=True, slots=True)
class KeyHeader:
    """What a key file says of its key without the passphrase; `owner` is free text."""

    suite: batch_pb2.Suite
    usage: members_pb2.KeyUsage
    owner: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """The id of the key, 32 bytes."""
        return compute_key_id(self.suite, self.public_key)


@dataclass(frozen=True, slots=True)
class KeyMaterial(KeyHeader):
    """An opened key: the header, now authentic, and the 32-byte seed, which is never shown."""

    seed: bytes = field(repr=False)


def seal_key(
    seed: bytes,
    *,
    suite: batch_pb2.Suite,
    usage: members_pb2.KeyUsage,
    owner: str,
    passphrase: str,
    salt: bytes,
    nonce: bytes,
    cost: KdfCost = DEFAULT_COST,
) -> str:
    """The text of the key file of `seed`; `salt` (16 bytes) and `nonce` (12 bytes) are fresh randomness.

    Raises InvalidInput: WRONG_LENGTH or SUITE_UNSUPPORTED for the seed, KEY_FILE_INVALID naming any other
    argument that no file could hold, INPUT_INVALID for an empty passphrase.
    """
    header = _build_header(
        KeyHeader(suite, usage, owner, compute_public_key(suite, seed)), salt=salt, nonce=nonce, cost=cost
    )
    wrapping_key = _derive_wrapping_key(passphrase, salt, cost)
    ciphertext = AESGCM(wrapping_key).encrypt(nonce, seed, encode_json(header).encode())
    text = encode_json(header | {"ciphertext": ciphertext.hex()})
    read_key_header(text)  # never write what cannot be read
    return text


def open_key(text: str, passphrase: str) -> KeyMaterial:
    """The key in a key file.

    Raises InvalidInput(WRONG_PASSPHRASE) for a wrong passphrase or a changed header or ciphertext, which
    cannot be told apart, and KEY_FILE_INVALID naming the field for anything else.
    """
    sealed = _parse(text)
    wrapping_key = _derive_wrapping_key(passphrase, sealed.salt, sealed.cost)
    associated = encode_json(
        _build_header(sealed.header, salt=sealed.salt, nonce=sealed.nonce, cost=sealed.cost)
    )
    try:
        seed = AESGCM(wrapping_key).decrypt(sealed.nonce, sealed.ciphertext, associated.encode())
    except InvalidTag as error:
        raise InvalidInput(Code.WRONG_PASSPHRASE) from error
    header = sealed.header
    if compute_public_key(header.suite, seed) != header.public_key:
        raise InvalidInput(Code.KEY_FILE_INVALID, field="public_key")
    return KeyMaterial(header.suite, header.usage, header.owner, header.public_key, seed)


def read_key_header(text: str) -> KeyHeader:
    """What the file says of its key; raises InvalidInput(KEY_FILE_INVALID) naming the field."""
    return _parse(text).header


@dataclass(frozen=True, slots=True)
class _SealedKey:
    header: KeyHeader
    cost: KdfCost
    salt: bytes
    nonce: bytes
    ciphertext: bytes


def _build_header(key: KeyHeader, *, salt: bytes, nonce: bytes, cost: KdfCost) -> dict[str, object]:
    """Every field of the file but the ciphertext."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "suite": _SUITES.get(key.suite, ""),
        "usage": _USAGES.get(key.usage, ""),
        "owner": key.owner,
        "key": key.key_id.hex(),
        "public_key": key.public_key.hex(),
        "kdf": {"name": "scrypt", "n": cost.n, "r": cost.r, "p": cost.p, "salt": salt.hex()},
        "cipher": {"name": CIPHER, "nonce": nonce.hex()},
    }


def _parse(text: str) -> _SealedKey:
    reader = parse_json(text, Code.KEY_FILE_INVALID)
    reader.take_constant("format", FORMAT)
    reader.take_constant("version", VERSION)
    suite = _take_named(reader, "suite", _SUITES)
    header = KeyHeader(
        suite=suite,
        usage=_take_named(reader, "usage", _USAGES),
        owner=reader.take_text("owner", MAX_OWNER),
        public_key=reader.take_bytes("public_key", [PUBLIC_KEY_SIZES[suite]]),
    )
    reader.take_constant("key", header.key_id.hex())
    cost, salt = _take_kdf(reader.take_object("kdf"))
    cipher = reader.take_object("cipher")
    cipher.take_constant("name", CIPHER)
    nonce = cipher.take_bytes("nonce", [NONCE_SIZE])
    cipher.finish()
    ciphertext = reader.take_bytes("ciphertext", [SEED_SIZE + _TAG_SIZE])
    reader.finish()
    return _SealedKey(header, cost, salt, nonce, ciphertext)


def _take_kdf(reader: FieldReader) -> tuple[KdfCost, bytes]:
    """The cost is bounded, so that a file from elsewhere cannot exhaust the machine that opens it."""
    reader.take_constant("name", "scrypt")
    cost = KdfCost(
        n=reader.take_integer("n", 2, 1 << 20),
        r=reader.take_integer("r", 1, 32),
        p=reader.take_integer("p", 1, 16),
    )
    if cost.n & (cost.n - 1) or 128 * cost.n * cost.r > MAX_KDF_MEMORY:
        raise reader.wrong("n")
    salt = reader.take_bytes("salt", [SALT_SIZE])
    reader.finish()
    return cost, salt


def _take_named(reader: FieldReader, name: str, names: Mapping[N, str]) -> N:
    text = reader.take_text(name, 32)
    for number, known in names.items():
        if known == text:
            return number
    raise reader.wrong(name)


def _derive_wrapping_key(passphrase: str, salt: bytes, cost: KdfCost) -> bytes:
    if not passphrase:
        raise InvalidInput(Code.INPUT_INVALID, what="passphrase")
    secret = passphrase.encode("utf-8", "surrogatepass")
    return Scrypt(salt=salt, length=32, n=cost.n, r=cost.r, p=cost.p).derive(secret)
