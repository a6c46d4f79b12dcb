"""An office whose people ask its relay with real proofs, and one thing wrong: what `refused_api` is played in.

    with House.opened(tmp_path) as house:
        got = house.ask("ar-desk", "GET", "/v1/log?start=x")        # a good request but for what is in it
        got = house.ask("ar-desk", "GET", "/v1/log", proof={"method": "POST"})

1. Every asker has the keys of a real profile, and its session where it has one. `stranger` has keys that nobody knows.
2. The house holds one of each thing to ask about: an envelope that waits, one that was accepted, an unfinished upload
   and a finished one, an invitation that nobody used, a revoked device, a suspended member, an ended session.
"""

import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from cli_world import PASSPHRASE, Office
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from mail_world import sealed
from wire import PATIENCE, Got, Header, Place, answer, frame, read_frame, request_bytes

from crypto.encoding import b64
from crypto.signing import SecretPair, ed25519_line
from desk.keys.keyring import Keyring, open_keyring, reception_keys
from desk.link.session import current_session
from desk.profile.folder import Profile
from desk.replica.store import ReplicaStore
from directory.canonical import encode
from directory.keyset import KeySet, choose, open_keyset
from directory.statement import AnyStatement, signed_entry, statement_text
from directory.view import View
from relay.protocol import routes
from relay.protocol.envelope import Header as EnvelopeHeader
from relay.protocol.envelope import Recipient, Stage, write_envelope
from relay.protocol.invitation import bind_keys, read_invitation, relay_proof
from relay.protocol.lines import Delivered, StageOrder, Step, device_name, reception_name, write_line
from relay.protocol.proof import make_proof

NONE = "0" * 64
DAY = 86_400
TUS = ("Tus-Resumable", "1.0.0")
GENEROUS = {"ENLACE_ACCESS_ADDRESS_BURST": "1000000", "ENLACE_LOG_REFUSED_BURST": "1000000"}


def fresh_hash() -> str:
    """A hash of nothing that anybody has."""
    return secrets.token_hex(32)


@dataclass
class Asker:
    """Somebody with a key, and perhaps a token."""

    key: Ed25519PrivateKey
    token: str | None = None
    keyring: Keyring | None = None


@dataclass
class House:
    """The office, its relay, and who asks."""

    office: Office
    place: Place
    people: dict[str, Asker] = field(default_factory=dict)
    invitations: dict[str, str] = field(default_factory=dict)
    accepted: str = ""
    ended_token: str = ""
    upload: bytes = b"seven times seven is forty-nine, and so on"
    whole: bytes = b"all of it is here"
    _nonce: tuple[float, str] = (0.0, "")

    @classmethod
    @contextmanager
    def opened(cls, folder: Path, **environ: str) -> Iterator["House"]:
        """A house with everything in it."""
        with Office.opened(folder, **(GENEROUS | environ)) as office:
            house = cls(office, Place.of(office.relay))
            house._furnish()
            yield house

    # --- asking --------------------------------------------------------------------------------------------------

    def nonce(self) -> str:
        """A nonce of the relay that is still good."""
        if time.monotonic() - self._nonce[0] > 60:
            proof = make_proof(self.people["stranger"].key, "GET", self.place.url + routes.LOG, "", int(time.time()))
            got = self.place.exchange(request_bytes("GET", routes.LOG, [(routes.PROOF_HEADER, proof)]))
            self._nonce = (time.monotonic(), got.headers["dpop-nonce"])
        return self._nonce[1]

    def proof(self, who: str, method: str, target: str, /, **changes: Any) -> str:
        """A proof of somebody's for one request; `changes` overrules what it says."""
        asker = self.people[who]
        about: dict[str, Any] = {
            "key": asker.key, "method": method, "url": self.place.url + target.partition("?")[0],
            "nonce": self.nonce(), "now": int(time.time()), "token": asker.token,
        }  # fmt: skip
        return make_proof(**(about | changes))

    def headers(self, who: str, method: str, target: str, /, **changes: Any) -> list[Header]:
        """The headers that prove who asks."""
        asker = self.people[who]
        found: list[Header] = [(routes.PROOF_HEADER, self.proof(who, method, target, **changes))]
        return found + ([("Authorization", f"DPoP {asker.token}")] if asker.token is not None else [])

    def ask(
        self,
        who: str,
        method: str,
        target: str,
        body: object = None,
        *,
        kind: str | None = routes.JSON,
        more: Sequence[Header] = (),
        proof: Mapping[str, Any] | None = None,
        length: str | None = None,
    ) -> Got:
        """Ask as somebody; a body of bytes goes as it is, any other as JSON. `nobody` brings no proof."""
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        about = [] if who == "nobody" else self.headers(who, method, target, **(proof or {}))
        about += [("Content-Type", kind)] if raw is not None and kind is not None else []
        return self.place.exchange(request_bytes(method, target, [*about, *more], raw, length=length), method=method)

    def renew(self, who: str) -> None:
        """Renew somebody's session."""
        got = self.ask(who, "POST", routes.RENEW)
        assert got.status == 200, got
        self.people[who].token = json.loads(got.body)["token"]

    def with_headers(self, method: str, target: str, headers: Sequence[Header], body: bytes | None = None) -> Got:
        """Ask with just these headers."""
        return self.place.exchange(request_bytes(method, target, headers, body), method=method)

    def stream(
        self,
        *frames: bytes,
        who: str = "co-night",
        target: str = routes.STREAM,
        then: Callable[[dict[str, Any]], bytes] | None = None,
        patience: float = PATIENCE,
    ) -> Got:
        """Open the stream, send frames, and read until the relay closes it: its `Closing` frame is the body.

        `then` makes another frame from the first envelope that is handed over.
        """
        upgrade: list[Header] = [
            ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", b64(secrets.token_bytes(16))),
        ]  # fmt: skip
        with self.place.connect() as connection:
            connection.sendall(request_bytes("GET", target, [*self.headers(who, "GET", target), *upgrade]))
            got = answer(connection)
            if got.status != 101:
                return got
            connection.settimeout(patience)
            for each in frames:
                connection.sendall(each)
            closing, code = b"", 0
            while True:
                opcode, payload = read_frame(connection)
                if opcode == 1 and b'"closing"' in payload:
                    closing = payload
                elif opcode == 1 and then is not None and b'"kind":"envelope"' in payload:
                    connection.sendall(then(json.loads(payload)))
                    then = None
                if opcode == 8:
                    code, reason = int.from_bytes(payload[:2], "big"), payload[2:]
                    return Got(code, {"reason": reason.decode()}, closing)
                if opcode == -1:
                    return Got(code, {}, closing)

    def acknowledge(self, by: str = "co-night", **fields: Any) -> Got:
        """Acknowledge the first envelope that is handed over to co-desk, with a line by somebody; "" for none."""

        def ack(item: dict[str, Any]) -> bytes:
            line = self.delivered(by, **({"envelope": item["envelope"]} | fields)) if by else b""
            said = {"frame": "ack", "number": item["number"], "delivered": line.decode()}
            return frame(1, json.dumps(said).encode())

        return self.stream(then=ack)

    # --- what to ask about -----------------------------------------------------------------------------------------

    def keyring(self, who: str) -> Keyring:
        """Somebody's keys."""
        found = self.people[who].keyring
        assert found is not None
        return found

    def device(self, who: str) -> str:
        """Somebody's device."""
        return self.keyring(who).profile.identity.device

    def view(self, who: str = "ar-admin") -> View:
        """The directory, as somebody's desk last verified it."""
        keyring = self.keyring(who)
        store = ReplicaStore(keyring.profile.path / "replica.db", keyring.replica_seal)
        try:
            return store.load(keyring.profile.identity.network).view
        finally:
            store.close()

    def statement(self, who: str, kind: type[Any], *, key: SecretPair | None = None, **fields: Any) -> bytes:
        """A statement signed by somebody's device; `fields` overrules what is filled in."""
        view = self.view()
        about: dict[str, Any] = {"network": view.founded.id, "at": int(time.time()), "seq": 0} | fields
        subject = view.subjects.get(kind(**about).subject)
        if subject is not None:
            filled = {"seq": subject.count, "at": max(int(time.time()), subject.last_at)}
            about = about | filled | fields
        made: AnyStatement = kind(**about)
        text, pair = statement_text(made), key or self.keyring(who).device
        name = f"{view.founded.name}/{self.device(who)}"
        return signed_entry(text, [ed25519_line(pair.ed25519, name, text)])

    def envelope_header(self, who: str = "ar-desk", to: str = "co-desk", **fields: Any) -> EnvelopeHeader:
        """A header that the relay takes; `fields` overrules anything."""
        view, now = self.view(), int(time.time())
        good: dict[str, Any] = {
            "id": secrets.token_hex(16), "network": view.founded.id, "sender": self.device(who),
            "stages": (Stage(after=0, devices=(self.recipient(to),)),), "own": (), "precedence": "flash",
            "stop": "accepted", "time": now, "expires": now + 86_400, "attachments": (), "tree_size": view.size,
        }  # fmt: skip
        return EnvelopeHeader(**(good | fields))

    def recipient(self, who: str, key: str = "") -> Recipient:
        """A device with the key it is sealed to now."""
        return Recipient(device=self.device(who), key=key or choose(self.keyset(who), int(time.time())).key)

    def keyset(self, who: str) -> KeySet:
        """Somebody's published key set."""
        keyring, view = self.keyring(who), self.view()
        got = self.ask("ar-desk", "POST", routes.KEYSETS, {"devices": [self.device(who)]})
        raw = json.loads(got.body)["keysets"][0].encode()
        device = self.device(who)
        return open_keyset(raw, view.founded.id, device, view.device_name(device), keyring.device.public)

    def envelope(self, who: str = "ar-desk", to: str = "co-desk", **fields: Any) -> bytes:
        """An envelope that the relay takes, but for `fields`."""
        header = self.envelope_header(who, to, **fields)
        return write_envelope(header, sealed(len(header.recipients()))).raw

    def step(self, who: str, envelope: str, *, key: SecretPair | None = None, **fields: Any) -> bytes:
        """A step by somebody's device."""
        device, view = self.device(who), self.view()
        about: dict[str, Any] = {
            "network": view.founded.id, "envelope": envelope, "at": int(time.time()), "device": device,
            "act": "accepted",
        }  # fmt: skip
        line = Step(**(about | fields))
        return write_line(line, device_name(view.founded.name, line.device), key or self.keyring(who).device)

    def order(self, who: str, envelope: str, *, key: SecretPair | None = None, **fields: Any) -> bytes:
        """An order by somebody's device."""
        device, view = self.device(who), self.view()
        about: dict[str, Any] = {
            "network": view.founded.id, "envelope": envelope, "at": int(time.time()), "device": device, "act": "stop",
        }  # fmt: skip
        line = StageOrder(**(about | fields))
        return write_line(line, device_name(view.founded.name, line.device), key or self.keyring(who).device)

    def delivered(self, by: str, **fields: Any) -> bytes:
        """A *delivered* line in co-desk's name, signed by somebody's reception keys."""
        device, view = self.device("co-desk"), self.view()
        about: dict[str, Any] = {
            "network": view.founded.id, "at": int(time.time()), "device": device,
        }  # fmt: skip
        keys = reception_keys(self.keyring(by).profile)
        return write_line(Delivered(**(about | fields)), reception_name(view.founded.name, device), keys)

    @property
    def waiting(self) -> bytes:
        """The envelope that waits."""
        return self._waiting

    def invited(self, name: str) -> tuple[str, str, bytes]:
        """An unused invitation: officer, the bearer's proof, secret."""
        invitation = read_invitation(Path(self.invitations[name]).read_bytes(), 0)
        return invitation.officer, relay_proof(invitation.secret_bytes), invitation.secret_bytes

    def offer(self, name: str, **changes: Any) -> dict[str, Any]:
        """What a new desk offers under an invitation, with the stranger's keys."""
        officer, proof, secret = self.invited(name)
        pair, reception = self._stranger, self._other
        four = tuple(b64(each) for pair in (pair, reception) for each in (pair.public.ed25519, pair.public.mldsa44))
        keys = bind_keys(secret, self.view().founded.id, officer, four)  # type: ignore[arg-type]  # there are four
        made: dict[str, Any] = json.loads(encode(keys))
        return {"proof": proof, "keys": made | changes}

    # --- moving in ---------------------------------------------------------------------------------------------------

    def _furnish(self) -> None:
        office = self.office
        self._stranger, self._other = SecretPair.generate(), SecretPair.generate()
        self._suspended_member()
        gone = office.invite("ar", "coordinator", "ar-gone")
        self._gone = gone
        for name in ("ar-desk", "ar-admin", "co-desk", "co-admin", "ar-gone", "ec-admin", "secretariat"):
            self._come_in(name)
        self.people["stranger"], self.people["other-stranger"] = (
            Asker(self._stranger.ed25519),
            Asker(self._other.ed25519),
        )
        for name, who in (("ar-key", "ar-desk"), ("gone-key", "ar-gone"), ("ec-key", "ec-admin")):
            self.people[name] = Asker(self.people[who].key)
        for name in ("ar", "co"):
            reception = reception_keys(self.keyring(f"{name}-desk").profile)
            self.people[f"{name}-night"] = Asker(reception.ed25519, None, self.keyring(f"{name}-desk"))
        self._invite("fresh")
        office.ask("ar-admin", "device", "revoke", self.device("ar-gone"), "--reason", "lost", "--yes")
        office.ask("secretariat", "network", "suspend", "ec", "--hours", "72")
        office.ask("ar-admin", "sync")
        self.ended_token = self.people["co-admin"].token or ""
        office.ask("co-admin", "logout")
        office.log_in("co-admin")
        self._come_in("co-admin")
        self._mail()

    def _suspended_member(self) -> None:
        office, letters = self.office, str(self.office.folder / "letters" / "ec")
        admitted = office.ask(
            "secretariat", "network", "admit", "ec", "--country", "EC", "--name", "en=Authority EC",
            "--administrators", "1", "--out", letters, *office.roots,
        )  # fmt: skip
        office.enrol("ec-admin", admitted["invitations"][0], "secretariat", *office.roots)

    def _come_in(self, name: str) -> None:
        keyring = open_keyring(Profile.open(self.office.profile(name)), PASSPHRASE.encode())
        session = current_session(keyring)
        self.people[name] = Asker(keyring.session_key, session.token if session else None, keyring)

    def _invite(self, name: str) -> None:
        out = str(self.office.folder / "letters" / name)
        options = ("--role", "coordinator", "--label", "Officer on duty", "--out", out)
        self.invitations[name] = self.office.ask("ar-admin", "invite", *options)["invitation"]

    def _mail(self) -> None:
        accepted = self.envelope()
        assert self.ask("ar-desk", "POST", routes.ENVELOPES, accepted, kind=routes.BYTES).status == 200
        self.accepted = sha256(accepted).hexdigest()
        path = routes.STEPS.format(hash=self.accepted)
        got = self.ask("co-desk", "POST", path, self.step("co-desk", self.accepted), kind=routes.NOTE)
        assert got.status == 200, got
        self._waiting = self.envelope()
        assert self.ask("ar-desk", "POST", routes.ENVELOPES, self._waiting, kind=routes.BYTES).status == 200
        for data, sent in ((self.upload, self.upload[:10]), (self.whole, self.whole)):
            self.announce(data)
            path = routes.ATTACHMENT.format(hash=sha256(data).hexdigest())
            more = [TUS, ("Upload-Offset", "0")]
            assert self.ask("ar-desk", "PATCH", path, sent, kind=routes.CHUNK, more=more).status == 204

    def announce(self, data: bytes) -> None:
        """Announce an attachment of ar-desk's."""
        metadata = "sha256 " + b64(sha256(data).hexdigest().encode())
        more = [TUS, ("Upload-Length", str(len(data))), ("Upload-Metadata", metadata)]
        assert self.ask("ar-desk", "POST", routes.ATTACHMENTS, more=more).status == 201
