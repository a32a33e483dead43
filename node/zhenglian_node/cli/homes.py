"""A node's home: one directory with everything a node is, made once by `init` and only read afterwards.

    node.toml genesis.json trust.json validator.key.json tls/node.{key,csr,crt}.pem store/

node.toml is written last: a home without it was never finished, and `init` may be repeated. Nothing is
written before everything that can be refused has been looked at; the directories are their owner's alone.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from zhenglian_ledger.certificates import format_private_key_pem
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_ledger.genesis_text import format_genesis, parse_genesis_text
from zhenglian_ledger.trustfile import build_initial_trust, format_trust_file
from zhenglian_node.app.application import Application
from zhenglian_node.cli.files import (
    PUBLIC,
    SECRET,
    create_file,
    provide_private_directory,
    read_file,
    read_text,
    verify_absent,
)
from zhenglian_node.cli.keys import read_validator_public_key, verify_passphrase
from zhenglian_node.config import FILE_NAME, NodeConfig, TlsFiles, ValidatorFiles, format_config
from zhenglian_node.storage.leveldb import LevelDbStore
from zhenglian_node.storage.memory import MemoryStore

VALIDATOR_KEY: Final = "validator.key.json"
DEFAULT_LISTEN: Final = "127.0.0.1:7443"
INITIAL_HEIGHT: Final = 1


@dataclass(frozen=True, slots=True)
class HomePlan:
    """What a home is made from. Without `tls` files the node gets a fresh key and a certificate request."""

    genesis: Path
    validator_key: Path
    listen: str = DEFAULT_LISTEN
    passphrase_file: Path | None = None
    tls: TlsFiles | None = None
    heartbeat_ms: int = 10_000
    metrics_port: int = 0
    log_level: str = "info"
    reflection: bool = False


@dataclass(frozen=True, slots=True)
class NewHome:
    """What `init` made; `request` is the certificate request still to be answered, if there is one."""

    config: NodeConfig
    chain_id: str
    genesis_digest: bytes
    request: Path | None


def create_home(home: Path, plan: HomePlan) -> NewHome:
    """A node that can run lives in `home`, its genesis applied.

    Raises StoreError: ALREADY_INITIALISED, GENESIS_INVALID, STORE_OTHER_RULES, CONFIG_INVALID (the validator
    key is not the genesis's one); InvalidInput: FILE_NOT_FOUND, KEY_FILE_INVALID, and WRONG_PASSPHRASE where
    a passphrase is at hand. Nothing has been written then.
    """
    verify_absent(home / FILE_NAME)
    genesis_bytes = parse_genesis_text(read_text(plan.genesis))
    application = verify_genesis(genesis_bytes)
    _verify_validator(application, plan.validator_key)
    verify_passphrase(plan.validator_key, plan.passphrase_file)
    tls = _read_tls(plan.tls)
    config = _plan_config(home, plan)
    for directory in (home, config.store, config.tls.key.parent):
        provide_private_directory(directory)
    create_store(config, genesis_bytes)
    replace_file(config.genesis, format_genesis(application.genesis))
    replace_file(config.trust, build_trust_text(application))
    replace_file(home / VALIDATOR_KEY, read_file(plan.validator_key), SECRET)
    request = _provide_tls(config, tls)
    create_file(home / FILE_NAME, format_config(config))
    return NewHome(config, application.chain_id, application.genesis_digest, request)


def verify_genesis(genesis_bytes: bytes) -> Application:
    """The application in memory to which the genesis was applied: every operation of it is accepted.

    Raises StoreError: GENESIS_INVALID, STORE_OTHER_RULES.
    """
    application = Application(MemoryStore(), genesis_bytes)
    application.init_chain(INITIAL_HEIGHT)
    return application


def build_trust_text(application: Application) -> str:
    """The trust file of a new network, to be delivered out of band."""
    validators = [(validator.public_key, 1) for validator in application.genesis.validators]
    trust = build_initial_trust(
        application.chain_id,
        application.genesis_digest,
        validators,
        INITIAL_HEIGHT,
        application.genesis.genesis_time_ms,
    )
    return format_trust_file(trust)


def build_certificate_request(key: ec.EllipticCurvePrivateKey, name: str) -> bytes:
    """PEM of a certificate request (PKCS #10) for `key`."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return request.public_bytes(Encoding.PEM)


def _plan_config(home: Path, plan: HomePlan) -> NodeConfig:
    return NodeConfig(
        home=home,
        listen=plan.listen,
        tls=TlsFiles(home / "tls" / "node.crt.pem", home / "tls" / "node.key.pem"),
        validator=ValidatorFiles(
            home / VALIDATOR_KEY, plan.passphrase_file.resolve() if plan.passphrase_file else None
        ),
        heartbeat_ms=plan.heartbeat_ms,
        metrics_port=plan.metrics_port,
        log_level=plan.log_level,
        reflection=plan.reflection,
    )


def _verify_validator(application: Application, key: Path) -> None:
    found = [validator.public_key for validator in application.genesis.validators]
    if found != [read_validator_public_key(key)]:
        raise StoreError(Code.CONFIG_INVALID, field="validator key: not the genesis's only one")


def create_store(config: NodeConfig, genesis_bytes: bytes) -> None:
    """The home's store holds the state before the first block; raises StoreError."""
    store = LevelDbStore(config.store, create=True)
    try:
        Application(store, genesis_bytes).init_chain(INITIAL_HEIGHT)
    finally:
        store.close()


def _read_tls(files: TlsFiles | None) -> tuple[bytes, bytes] | None:
    """The key and certificate that were given."""
    return (read_file(files.key), read_file(files.certificate)) if files is not None else None


def _provide_tls(config: NodeConfig, given: tuple[bytes, bytes] | None) -> Path | None:
    if given is not None:
        replace_file(config.tls.key, given[0], SECRET)
        replace_file(config.tls.certificate, given[1])
        return None
    request = config.home / "tls" / "node.csr.pem"
    key = ec.generate_private_key(ec.SECP256R1())
    replace_file(config.tls.key, format_private_key_pem(key), SECRET)
    replace_file(request, build_certificate_request(key, "node"))
    return request


def replace_file(path: Path, data: bytes | str, mode: int = PUBLIC) -> None:
    """As `create_file`, over what an `init` that stopped half-way left behind."""
    path.unlink(missing_ok=True)
    create_file(path, data, mode)
