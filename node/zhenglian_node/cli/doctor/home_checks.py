"""Checks of what lies in the home: files, permissions, keys, certificates, genesis, CometBFT's settings."""

import os
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.validators import compute_address
from zhenglian_ledger.errors import StoreError, ZhenglianError
from zhenglian_ledger.genesis import compute_chain_id, compute_genesis_digest
from zhenglian_node.api.credentials import read_pair
from zhenglian_node.cli.advice import Advice
from zhenglian_node.cli.doctor.findings import Finding, fail, ok, skip, warn
from zhenglian_node.cli.doctor.patient import Ledger, Patient
from zhenglian_node.cli.files import read_text
from zhenglian_node.cli.watch.service import read_own_validator, read_peer_addresses
from zhenglian_node.config import NodeConfig
from zhenglian_node.engines.cometbft.genesis_check import verify_cometbft_genesis
from zhenglian_node.engines.cometbft.home import Peer, format_config_toml, read_node_public_key

EXPIRY_DAYS: Final = 30
"""A certificate that holds no longer is worth a warning."""

_RENEW: Final = Advice(
    "请成员单位 CA 重新签发节点证书", "have the member's CA issue the node's certificate anew"
)
_CLOSE: Final = Advice("chmod 600（目录 700）", "chmod 600 (directories 700)")
_AGREE: Final = Advice(
    "恢复为本版本 accept 写成的内容；有意的改动须与全网一致",
    "put back what this version's accept writes; what is meant to differ must differ on the whole network",
)


_VOTE_IN: Final = Advice("请成员表决登记本节点（put_node）", "have the members vote this node in (put_node)")
_SET_BY_NODE: Final = "instrumentation"
"""The table whose settings `run` hands to CometBFT itself, as node.toml has them."""


def check_permissions(patient: Patient) -> Finding:
    """Everything in the home belongs to this user, and secrets are for their owner alone."""
    home = patient.config.home
    try:
        if home.stat().st_uid != os.geteuid():
            return fail(StoreError(Code.HOME_UNWRITABLE, path=f"{home} (uid {home.stat().st_uid})"))
    except OSError as error:
        return fail(StoreError(Code.HOME_UNWRITABLE, path=str(error)))
    if not os.access(home, os.W_OK | os.X_OK):
        return fail(StoreError(Code.HOME_UNWRITABLE, path=str(home)))
    open_files = [str(path) for path in get_secrets(patient.config) if path.exists() and _is_open(path)]
    if open_files:
        listed = ", ".join(open_files)
        return warn(f"他人可读的密钥文件：{listed}", f"secrets that others may read: {listed}", _CLOSE)
    return ok("目录归本用户，密钥仅属主可读", "the home is this user's, and its secrets are private")


def get_secrets(config: NodeConfig) -> Iterator[Path]:
    """Files that nobody but the node's user may read."""
    yield config.tls.key
    if config.validator is not None:
        yield config.validator.key
        if config.validator.passphrase is not None:
            yield config.validator.passphrase
    if config.cometbft is not None:
        yield from (config.cometbft.node_key, config.cometbft.validator_key, config.cometbft.validator_state)


def check_genesis(patient: Patient) -> Finding:
    """The genesis can be read, holds under this program's rules, and CometBFT's own follows from it."""
    if isinstance(patient.genesis, ZhenglianError):
        return fail(patient.genesis)
    digest = compute_genesis_digest(patient.genesis_bytes)
    chain_id = compute_chain_id(patient.genesis.name, digest)
    cometbft = patient.config.cometbft
    if cometbft is not None:
        verify_cometbft_genesis(read_text(cometbft.genesis), patient.genesis_bytes)
    return ok(f"创世一致：{chain_id}", f"the genesis fits: {chain_id}")


def check_certificate(patient: Patient) -> Finding:
    """Key and certificate belong together; it holds today and for a while; a CA in force issued it."""
    _, pem = read_pair(patient.config.tls)
    leaf = x509.load_pem_x509_certificate(pem)
    now = datetime.fromtimestamp(patient.now_ms / 1000, UTC)
    until = f"{leaf.not_valid_after_utc:%Y-%m-%d}"
    if not leaf.not_valid_before_utc <= now <= leaf.not_valid_after_utc:
        return fail(StoreError(Code.CONFIG_INVALID, field=f"tls.certificate: {until}"), _RENEW)
    ledger = patient.standing
    if ledger is None:
        return skip("节点未说明账本上的 CA", "the CAs on the ledger cannot be known from here")
    issuer = _find_issuer(leaf, ledger)
    if issuer is None and not ledger.is_newest:
        return warn(
            f"截至高度 {ledger.height}，账本上没有签发该证书的 CA；刚加入的成员须先同步",
            f"up to height {ledger.height} no member has the CA that issued it; a newcomer syncs first",
        )
    if issuer is None:
        return fail(StoreError(Code.CONFIG_INVALID, field="tls.certificate: CA"), _RENEW)
    ends = min(leaf.not_valid_after_utc, issuer.not_valid_after_utc)
    if ends - now < timedelta(days=EXPIRY_DAYS):
        return warn(
            f"证书或其 CA 将于 {ends:%Y-%m-%d} 到期", f"certificate or CA ends on {ends:%Y-%m-%d}", _RENEW
        )
    name = issuer.subject.rfc4514_string()
    return ok(f"证书有效至 {until}，签发 {name}", f"the certificate holds until {until}, issued by {name}")


def _find_issuer(leaf: x509.Certificate, ledger: Ledger) -> x509.Certificate | None:
    """The CA of a member in force that issued the leaf."""
    for authority in x509.load_pem_x509_certificates(ledger.roots) if ledger.roots else ():
        try:
            leaf.verify_directly_issued_by(authority)
        except (ValueError, TypeError, InvalidSignature):
            continue
        return authority
    return None


def check_validator(patient: Patient) -> Finding:
    """Whether this node's key is a validator's, by the ledger."""
    own = read_own_validator(patient.config)
    if not own:
        return fail(StoreError(Code.CONFIG_INVALID, field="validator key"))
    ledger = patient.standing
    if ledger is None:
        return skip("账本上的验证者无从得知", "the validators on the ledger cannot be known from here")
    validators = ledger.validators
    if own in validators:
        return ok(f"本节点是 {validators[own]} 的验证者", f"this node is the validator of {validators[own]}")
    if patient.config.cometbft is None:
        return fail(StoreError(Code.CONFIG_INVALID, field="validator key"))
    return ok("本节点不是验证者（只同步与应答）", "this node is no validator: it follows and answers")


def check_node_id(patient: Patient) -> Finding:
    """The ledger lets this node's id connect."""
    cometbft = patient.config.cometbft
    if cometbft is None:
        return skip("单节点，无网络", "a solo node has no network")
    node_id = compute_address(read_node_public_key(read_text(cometbft.node_key)))
    ledger = patient.standing
    is_listed = None if ledger is None else ledger.nodes.get(node_id)
    if ledger is None or is_listed is None:
        return skip(f"名单无从得知：{node_id.hex()}", f"the list cannot be known from here: {node_id.hex()}")
    told = f"（高度 {ledger.height}）", f" (height {ledger.height})"
    if is_listed and (ledger.is_newest or not patient.is_running):
        return ok(
            f"节点标识已登记{told[0]}：{node_id.hex()}",
            f"the ledger lets the node in{told[1]}: {node_id.hex()}",
        )
    if is_listed:
        return skip(
            f"旧状态中已登记{told[0]}，现状无从得知：{node_id.hex()}",
            f"an older state lets it in{told[1]}, the newest is not known here: {node_id.hex()}",
        )
    if not ledger.is_newest:
        return warn(
            f"截至高度 {ledger.height} 尚未登记；刚加入的成员须先同步：{node_id.hex()}",
            f"up to height {ledger.height} it is not on the list; a newcomer syncs first: {node_id.hex()}",
            _VOTE_IN,
        )
    return fail(StoreError(Code.CONFIG_INVALID, field=f"node id {node_id.hex()}"), _VOTE_IN)


def check_settings(patient: Patient) -> Finding:
    """CometBFT's config.toml says what this node would write, but for names, addresses, peers, log level."""
    cometbft = patient.config.cometbft
    if cometbft is None:
        return skip("单节点，无 CometBFT", "a solo node has no CometBFT")
    found = _read_toml(cometbft.config)
    peers = [Peer(node_id, address) for node_id, address in read_peer_addresses(cometbft).items()]
    listen = str(found.get("p2p", {}).get("laddr", "")).removeprefix("tcp://")
    text = format_config_toml(
        str(found.get("moniker", "")),
        listen,
        peers,
        log_level=str(found.get("log_level", "")),
    )
    expected = tomllib.loads(text)
    for settings in (expected, found):
        settings.pop(_SET_BY_NODE, None)
    differing = sorted(find_differences(expected, found))
    if differing:
        listed = ", ".join(differing)
        return warn(
            f"config.toml 与应有的不同：{listed}", f"config.toml is not as it should be: {listed}", _AGREE
        )
    return ok("config.toml 与应有的一致", "config.toml is as it should be")


def find_differences(expected: dict[str, Any], found: dict[str, Any]) -> Iterator[str]:
    """Names (`table.key`) of expected settings that are missing or differ, and of settings nobody expects."""
    for name in expected.keys() | found.keys():
        ours, theirs = expected.get(name), found.get(name)
        if isinstance(ours, dict) or isinstance(theirs, dict):
            yield from (f"{name}.{below}" for below in find_differences(ours or {}, theirs or {}))
        elif ours != theirs:
            yield name


def check_store(patient: Patient) -> Finding:
    """The store opens and belongs to the genesis; with --fsck, its rows lead to the app hash."""
    if patient.is_running:
        return skip("节点运行中，存储由其持有", "the node runs and holds its store")
    if isinstance(patient.ledger, ZhenglianError):
        return fail(patient.ledger)
    if patient.ledger.findings:
        return fail(StoreError(Code.STORE_CORRUPTED, what=patient.ledger.findings[0]))
    return ok(f"存储可用，高度 {patient.ledger.height}", f"the store opens at height {patient.ledger.height}")


def _is_open(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o077)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise StoreError(Code.CONFIG_INVALID, field=f"{path}: {error}") from error
