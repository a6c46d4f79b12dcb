"""Our readers, as the vectors call them, of what takes more than bytes and keys: logs, envelopes, files on a disk."""

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from msgspec import ValidationError
from vectors_log import staffed_by_two
from vectors_readers import READERS, Inputs, Out, WrongSeal, identity, keys, reader

from crypto.age_pq import PQIdentity
from crypto.encoding import b64
from crypto.merkle import leaf_hash
from crypto.signing import SecretPair
from desk.api.challenge import answer_to
from desk.errors import Distrust
from desk.indicators.export import read_indicators
from desk.keys.keyring import RECEPTION_FILE, Keyring, reception_keys
from desk.keys.vault import Vault
from desk.mail.attachments import open_file
from desk.mail.message import SealedFile
from desk.mail.opening import Reader, open_envelope
from desk.profile.folder import Identity, Profile
from desk.profile.recovery_file import RecoveryReader
from desk.replica.seal import mark_seal, replica_seal
from desk.replica.snapshot import _checked, _extended
from desk.replica.snapshot_file import read_snapshot
from desk.replica.standing import HALTED_FILE, read_mark
from desk.replica.statements import read_proposal
from desk.replica.store import ReplicaStore
from desk.roots.relay_file import check_signed, read_relay_file
from desk.roots.root_keys import read_public
from desk.roots.root_request import read_request
from desk.roots.root_signed import read_signed
from directory.canonical import Malformed, decode
from directory.exchange.contact_files import read_contact_file
from directory.judge import admit, founded
from directory.keyset import recipient_key
from directory.replay import Replica, extend
from directory.view import NEVER, View
from relay.at_rest import AtRest
from relay.key_files import read_pair, read_rest_key
from relay.rules.recovery import recovery_hash


@reader("log")
def read_log(given: Inputs) -> Out:
    replica = Replica(given["network"])
    if "seen_checkpoint" in given:
        replica = extend(replica, given["seen_entries"], given["seen_checkpoint"], given["now"])
    entries = given["entries"][replica.size :]
    replica = extend(replica, entries, given["checkpoint"], given["now"])
    assert replica.checkpoint is not None
    return {
        "size": replica.size,
        "root": replica.tree.root().hex(),
        "time": replica.checkpoint.time,
        "view": facts(replica.view, given["now"]),
    }


@reader("judge")
def read_judged(given: Inputs) -> Out:
    view = View()
    for entry in given["entries"]:
        view = admit(view, entry, given["now"])
    founded(view, given["network"])
    return {"view": facts(view, given["now"])}


def facts(view: View, now: int) -> dict[str, Any]:
    """What a view says, as vectors state it."""
    network, relay = view.founded, view.relay
    return {
        "network": {"name": network.name, "roots": sorted(network.roots), "threshold": network.threshold},
        "origin": relay.origin if relay else "",
        "members": {
            name: {"country": each.country, "live": each.live(view.size, now)}
            for name, each in sorted(view.members.items())
        },
        "officers": {
            name: {"member": each.member, "roles": list(each.roles[-1][1]), "revoked": each.revoked != NEVER}
            for name, each in sorted(view.officers.items())
        },
        "devices": {
            name: {"officer": each.officer, "live": view.device_live(name, view.size, now)}
            for name, each in sorted(view.devices.items())
        },
        "contacts": {
            name: {
                "member": each.member,
                "listed": each.listed,
                "officers": list(each.officers),
                "devices": list(view.contact_devices(name, now)),
                "body": each.body,
            }
            for name, each in sorted(view.contacts.items())
        },
        "circles": {name: list(each.members) for name, each in sorted(view.circles.items())},
        "erased": sorted(name for name, each in view.bodies.items() if each.erased != NEVER),
    }


@cache
def _directory() -> Replica:
    log = staffed_by_two()
    return extend(Replica(log.view.founded.id), log.entries, log.checkpoint(), log.now)


@reader("envelope")
def read_envelope(given: Inputs) -> Out:
    held = {recipient_key(each.recipient().raw): each for each in map(identity, given["identities"])}
    mine = Reader(given["device"], held.get, lambda key: False)
    opened = open_envelope(given["envelope"], None, mine, _directory(), 2**40)
    return {
        "hash": opened.envelope.hash,
        "id": opened.envelope.header.id,
        "stanza": opened.envelope.header.stanza_of(given["device"]),
        "stage": opened.stage,
        "devices": len(opened.envelope.header.recipients()),
        "note": hashlib.sha256(opened.note).hexdigest(),
        "message": opened.message.id,
    }


@reader("attachment")
def read_attachment(given: Inputs) -> Out:
    file = decode(given["sealed_file"], SealedFile)
    raw: bytes = given["file"]
    if len(raw) != file.cipher_size or hashlib.sha256(raw).hexdigest() != file.cipher_hash:
        raise Distrust("the ciphertext has other bytes than the sender signed for")
    with tempfile.TemporaryDirectory() as folder:
        sealed, target = Path(folder) / "sealed", Path(folder) / "plain"
        sealed.write_bytes(raw)
        open_file(sealed, file, target)
        plain = target.read_bytes()
        return {"name": file.name, "size": len(plain), "sha256": hashlib.sha256(plain).hexdigest()}


@reader("vault")
def read_vault(given: Inputs) -> Out:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"{given['name']}.age").write_bytes(given["file"])
        content = Vault(Path(folder), PQIdentity(identity(given["identity"]).seed)).get(given["name"])
        return {"content": b64(content or b"")}


@reader("relay-key")
def read_relay_key(given: Inputs) -> Out:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "key"
        path.touch(mode=0o600)
        path.write_bytes(given["file"])
        if given["use"] == "rest":
            return {"key": b64(read_rest_key(path))}
        found = read_pair(path, given["use"])
        return {"use": given["use"], "id": found.public.id}


@reader("relay-file")
def read_a_relay_file(given: Inputs) -> Out:
    named = read_relay_file(given["file"])
    network = _directory().view.founded
    assert (network.name, network.duty_id) == (given["network_name"], keys()["pairs"][given["duty"]]["local"])
    check_signed(named, network)
    leaf = leaf_hash(named.entry).hex()
    return {"relay": named.file.relay, "network": named.file.network, "origin": named.statement.origin, "leaf": leaf}


@reader("root-public")
def read_root_public(given: Inputs) -> Out:
    return {"local": read_public(given["file"]).local}


@reader("root-request")
def read_root_request(given: Inputs) -> Out:
    request, entries = read_request(BytesIO(given["file"]))
    kinds = [str(each.statement.__struct_config__.tag) for each in request.asked.drafts()]
    return {"id": request.asked.id, "entries": len(entries), "kinds": kinds}


@reader("root-signed")
def read_root_signed(given: Inputs) -> Out:
    found = read_signed(given["file"])
    return {"id": found.asked.id, "signers": [sorted(each) for each in found.signers()]}


@reader("snapshot")
def read_a_snapshot(given: Inputs) -> Out:
    head, entries, bodies = read_snapshot(BytesIO(given["file"]))
    after = _extended(Replica(given["network"]), entries, head.checkpoint.encode(), given["now"])
    assert after.checkpoint is not None
    opened = _checked(after, bodies, set(after.view.bodies))
    root = after.tree.root().hex()
    return {"size": after.size, "root": root, "time": after.checkpoint.time, "bodies": sorted(opened)}


@reader("contacts")
def read_a_contact_file(given: Inputs) -> Out:
    reading = read_contact_file(given["file"], given["kind"])
    for problem in reading.problems:
        spelled = "stands twice" in problem.what or "not UTF-8" in problem.what
        raise Malformed(problem.what) from (None if spelled else ValidationError(problem.what))
    return {"contacts": [{name: cell for name, cell in row.cells.items() if cell} for row in reading.rows]}


@reader("proposal")
def read_a_proposal(given: Inputs) -> Out:
    request, statements = read_proposal(given["file"])
    return {
        "kinds": [str(each.statement.__struct_config__.tag) for each in statements],
        "signers": [list(each.note.names()) for each in statements],
        "bodies": len(request.bodies),
    }


@reader("indicators")
def read_indicators_vector(given: Inputs) -> Out:
    found = read_indicators(given["file"])
    counts = {way: getattr(found, way).requests.count for way in ("sent", "received")}
    told = {way: count if isinstance(count, int) else 0 for way, count in counts.items()}
    return {"member": found.member, "period": found.period} | told


@reader("recovery-file")
def read_recovery(given: Inputs) -> Out:
    found = RecoveryReader(iter([given["plaintext"]]))
    sizes = [record.size for record, _ in found.records()]
    assert found.end is not None
    counts = {name: getattr(found.end, name) for name in ("messages", "proofs", "attachments", "lines", "drafts")}
    return counts | {"device": found.head.device, "sizes": sizes}


@reader("local")
def read_local(given: Inputs) -> Out:
    return _LOCAL[given["what"]](given)


def _at_rest(given: Inputs) -> Out:
    return {"value": b64(AtRest(given["key"]).open(given["row"], given["sealed"]))}


def _recovery_code(given: Inputs) -> Out:
    return {"hash": recovery_hash(given["key"], given["device"], given["code"]).hex()}


def _reception(given: Inputs) -> Out:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / RECEPTION_FILE
        path.write_bytes(given["file"])
        return {"id": reception_keys(Profile(path.parent, Identity(kind="officer", name=_NAME))).public.id}


def _replica_seal(given: Inputs) -> Out:
    with _store(given) as store:
        seal = replica_seal(store._seal_key, given["network"], given["checkpoint"], given.get("standing"))
        _hold(seal.hex(), given["seal"])
    return {}


def _halt(given: Inputs) -> Out:
    with _store(given) as store, tempfile.TemporaryDirectory() as folder:
        (Path(folder) / HALTED_FILE).write_bytes(given["file"])
        mark = read_mark(Path(folder))
        assert mark is not None
        _hold(mark_seal(store._seal_key, given["network"], mark.halt), mark.seal)
    return {"kind": mark.halt.kind, "size": mark.halt.size, "answer": mark.halt.answer}


def _challenge(given: Inputs) -> Out:
    return {"answer": answer_to(given["challenge"], given["token"], given["address"])}


@contextmanager
def _store(given: Inputs) -> Iterator[ReplicaStore]:
    """The replica's store of the desk whose vault has that identity."""
    keys_of = Keyring(Profile(Path(), Identity(kind="officer", name=_NAME)), *_unused(), identity(given["identity"]))
    with tempfile.TemporaryDirectory() as folder:
        store = ReplicaStore(Path(folder) / "replica.db", keys_of.replica_seal)
        try:
            yield store
        finally:
            store.close()


def _unused() -> tuple[SecretPair, PQIdentity]:
    return SecretPair(bytes(32), bytes(32)), PQIdentity(bytes(32))


def _hold(made: str, found: str) -> None:
    if made != found:
        raise WrongSeal


_NAME = "enlace.example"
_LOCAL: dict[str, Callable[[Inputs], Out]] = {
    "at rest": _at_rest,
    "recovery code": _recovery_code,
    "reception": _reception,
    "replica seal": _replica_seal,
    "halt": _halt,
    "api challenge": _challenge,
}

__all__ = ["READERS", "facts"]
