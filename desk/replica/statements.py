"""Issuing statements: filled in, judged on the desk's own replica, signed, and sent as one batch, all or none.

1. The desk runs the judge before it sends, so what the directory would refuse is refused here, with the same words.
2. A statement that needs somebody else's signature too becomes a *proposal*: a file with the signed note and bodies,
   which the other one looks at, signs and sends (`enlace approve`). It is worth nothing until then. Only a voice
   that counts for something proposes: the line of anybody else would have to come off again.
3. Bodies get a fresh salt each.
4. A batch for root keys that are elsewhere is *drafted* (`desk.roots.drafts`): judged as if they had signed, sent
   nowhere.
5. A contact for exercises is published in a network for exercises alone, and no other one there (`desk.exercise`).
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto.encoding import b64
from crypto.errors import CryptoError
from crypto.fingerprint import fingerprint
from crypto.signing import ed25519_line
from desk.errors import Declined, Usage
from desk.exercise.network import check_contact
from desk.keys.keyring import Keyring
from desk.link.client import RelayClient
from desk.roots.drafts import Asked, Draft, as_if_signed
from directory.bodies import AnyBody, write_body_bytes
from directory.canonical import Malformed, decode, encode
from directory.commitment import SALT_SIZE, commit
from directory.judge import Refused, admit, signed_by
from directory.judge_network import duty_id, root_id, root_keys
from directory.statement import (
    AnyStatement,
    EraseBody,
    FoundNetwork,
    ListProvisional,
    PublishContact,
    RekeyRoots,
    SignedStatement,
    parse_statement,
    signed_entry,
    statement_text,
)
from directory.view import Subject, View
from relay.protocol import routes
from relay.protocol.requests import Appended, NewStatements, OpenedBody
from relay.protocol.routes import MOST_JSON_BYTES

NEEDS_OTHERS = {"R6", "R11", "R12", "R21", "R22"}


class NeedsOthers(Exception):
    """A statement that somebody else has to sign too; `proposal` is the file for them."""

    def __init__(self, why: str, proposal: bytes) -> None:
        super().__init__(why)
        self.proposal = proposal


class NeedsRoots(NeedsOthers):
    """What root keys have to sign on other machines; `asked` is what to ask them (`desk.roots.root_request`)."""

    def __init__(self, asked: Asked) -> None:
        super().__init__("the root keys have to sign", b"")
        self.asked = asked


@dataclass(frozen=True, slots=True)
class Voice:
    """A key that signs statements, and the local id under which the directory knows it."""

    key: Ed25519PrivateKey
    local: str


@dataclass
class Batch:
    """Statements to send together; `view` is the directory as it will be after them.

    With `drafting` root keys elsewhere are to sign them too, and no root key is among the voices.
    """

    view: View
    voices: Sequence[Voice]
    now: int
    drafting: bool = False
    statements: list[bytes] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    bodies: list[OpenedBody] = field(default_factory=list)
    why_others: str = ""

    def body(self, body: AnyBody) -> str:
        """The commitment of a body that is sent along; raises Usage for one that no reader would take."""
        try:
            salt, raw = secrets.token_bytes(SALT_SIZE), write_body_bytes(body)
        except (Malformed, UnicodeEncodeError) as error:
            raise Usage(f"the directory cannot hold these details: {error}") from error
        self.bodies.append(OpenedBody(salt=b64(salt), body=b64(raw)))
        return commit(salt, raw)

    def found(self, statement: FoundNetwork) -> None:
        """Add the founding statement."""
        self._add(statement, statement.name)

    def issue(self, kind: type[Any], **fields: Any) -> None:
        """Add a statement of `kind`; network, time and sequence are filled in. Raises Declined if the judge refuses.

        A statement that only lacks others' signatures is kept for a proposal, and has to be the last of its batch.
        """
        if self.why_others:
            raise Usage(f"the statement before needs somebody else's signature first: {self.why_others}")
        draft = kind(network=self.view.founded.id, at=self.now, seq=0, **fields)
        if isinstance(draft, PublishContact | ListProvisional):
            check_contact(self.view.founded.name, draft.contact)
        subject = self.view.subjects.get(draft.subject, Subject(0, 0))
        # A re-keying by a clock that was minutes ahead voids what root keys sign with an earlier time (R39).
        since = self.view.founded.since if self._by_roots() else 0
        at = max(self.now, subject.last_at, since)
        self._add(kind(network=self.view.founded.id, at=at, seq=subject.count, **fields), self.view.founded.name)

    def request(self) -> NewStatements:
        """The batch as it is sent; raises NeedsOthers if others have to sign first, NeedsRoots if it was drafted."""
        if self.drafting:
            network = self.view.founded.id
            raise NeedsRoots(Asked(network=network, statements=tuple(self.drafts), bodies=tuple(self.bodies)))
        request = NewStatements(statements=tuple(each.decode() for each in self.statements), bodies=tuple(self.bodies))
        if self.why_others:
            raise NeedsOthers(self.why_others, encode(request))
        return request

    def _by_roots(self) -> bool:
        """Whether root keys sign this, here or elsewhere."""
        return self.drafting or any(each.local in self.view.founded.roots for each in self.voices)

    def _add(self, statement: AnyStatement, network: str) -> None:
        if self.drafting:
            self._draft(statement, network)
            return
        if not self.voices:
            raise Usage("nobody signs this: name the root keys with --root-key, or ask them elsewhere with --request")
        _check_voices(self.view, statement, self.voices)
        try:
            text = statement_text(statement)
            lines = tuple(ed25519_line(voice.key, f"{network}/{voice.local}", text) for voice in self.voices)
            self.statements.append(signed_entry(text, lines))
        except (CryptoError, Malformed, UnicodeEncodeError) as error:
            raise Usage(f"the directory cannot hold this: {error}") from error
        try:
            self.view = admit(self.view, self.statements[-1], self.now)
        except Refused as error:
            if error.rule not in NEEDS_OTHERS or not _have_say(self.view, self.voices, statement):
                self.statements.pop()
                raise Declined(f"the directory's rules refuse this: {error}", "statement-refused") from error
            self.why_others = str(error)
        except (CryptoError, Malformed) as error:
            self.statements.pop()
            raise Usage(f"the directory cannot hold this: {error}") from error

    def _draft(self, statement: AnyStatement, network: str) -> None:
        """Add a statement for root keys elsewhere; raises Declined for what they could not save, or need not sign."""
        try:
            text = statement_text(statement)
            lines = tuple(ed25519_line(voice.key, f"{network}/{voice.local}", text).line() for voice in self.voices)
            draft = Draft(text=text, lines=tuple(sorted(each.removesuffix("\n") for each in lines)))
            self.view = as_if_signed(self.view, draft.signed(), self.now)
        except Refused as error:
            hint = ". The root keys need not sign this: call it again without --request" if error.rule == "R5" else ""
            raise Declined(f"the directory's rules refuse this: {error}{hint}", "statement-refused") from error
        except (CryptoError, Malformed, UnicodeEncodeError) as error:
            raise Usage(f"the directory cannot hold this: {error}") from error
        self.drafts.append(draft)


async def send(client: RelayClient, batch: Batch) -> Appended:
    """Send a batch; raises Declined if the relay refuses it whole, NeedsOthers if it is not fully signed."""
    return await send_request(client, batch.request())


async def send_request(client: RelayClient, request: NewStatements) -> Appended:
    """Send signed statements with their bodies."""
    return await client.call("POST", routes.STATEMENTS, request, answer=Appended)


def read_proposal(raw: bytes) -> tuple[NewStatements, list[SignedStatement]]:
    """A proposal file, and its statements; raises Usage if it is none."""
    try:
        request = decode(raw, NewStatements, MOST_JSON_BYTES)
        return request, [parse_statement(each.encode()) for each in request.statements]
    except (Malformed, CryptoError) as error:
        raise Usage(f"this is no proposal, or it was altered: {error}") from error


def co_sign(request: NewStatements, view: View, voices: Sequence[Voice], now: int) -> NewStatements:
    """The proposal with further signatures, where it lacks any.

    Raises Declined if it breaks a rule or none of `voices` counts for anything, NeedsOthers if it needs still more,
    Usage if what was signed was altered.
    """
    signed_all, missing, counts = list[str](), "", True
    for text in request.statements:
        try:
            complete = _complete(view, text.encode(), now)
            if complete is not None:
                view = complete
                signed_all.append(text)
                continue
            signed_all.append(_with_lines(text.encode(), view, voices).decode())
            view = admit(view, signed_all[-1].encode(), now)
        except Refused as error:
            if error.rule not in NEEDS_OTHERS or missing:
                raise Declined(f"the directory's rules refuse this: {error}", "statement-refused") from error
            missing, counts = str(error), _have_say(view, voices, parse_statement(text.encode()).statement)
        except (Malformed, CryptoError) as error:
            raise Usage(f"this proposal was altered: {error}") from error
    result = NewStatements(statements=tuple(signed_all), bodies=request.bodies)
    if not counts:
        raise Declined(
            "this officer's signature counts for nothing here: an administrator's of the member does, or a root key's"
        )
    if missing:
        raise NeedsOthers(missing, encode(result))
    return result


def _complete(view: View, entry: bytes, now: int) -> View | None:
    """The view after a statement that counts as it is signed; None for one that does not."""
    try:
        return admit(view, entry, now)
    except Refused:
        return None


def _have_say(view: View, voices: Sequence[Voice], statement: AnyStatement) -> bool:
    """Whether a voice counts for anything in it: a root key's, the duty key's, or an administrator's of its member."""
    officers = [view.devices[each.local].officer for each in voices if each.local in view.devices]
    leading = {view.officers[each].member for each in officers if view.officers[each].has("administrator", view.size)}
    member = _member_of(view, statement)
    return any(each.local not in view.devices for each in voices) or bool(leading if not member else member in leading)


def _member_of(view: View, statement: AnyStatement) -> str:
    """The member that a statement is about; empty where it is about none, or about what is not known."""
    named: str = getattr(statement, "member", "")
    device = view.devices.get(getattr(statement, "device", ""))
    officer = view.officers.get(device.officer if device is not None else getattr(statement, "officer", ""))
    contact = view.contacts.get(getattr(statement, "contact", ""))
    erased = view.bodies.get(statement.body) if isinstance(statement, EraseBody) else None
    found = [each.member for each in (officer, contact) if each is not None]
    return named or (view.eraser(erased) if erased is not None else next(iter(found), ""))


def _with_lines(entry: bytes, view: View, voices: Sequence[Voice]) -> bytes:
    """A statement, its signatures checked, with those of `voices` that it lacks."""
    signed = parse_statement(entry)
    _check_voices(view, signed.statement, voices)
    present, text = signed_by(view, signed), signed.note.text
    fresh = (each for each in voices if each.local not in present)
    lines = tuple(ed25519_line(each.key, f"{view.founded.name}/{each.local}", text) for each in fresh)
    return signed_entry(text, signed.note.signatures + lines)


def _check_voices(view: View, statement: AnyStatement, voices: Sequence[Voice]) -> None:
    """Return if every voice is one the directory knows, or a root key that the statement names; else raise Declined."""
    own = root_keys(statement.roots) if isinstance(statement, FoundNetwork | RekeyRoots) else {}
    for voice in voices:
        if voice.local in own or view.network is None or view.verifier(voice.local) is not None:
            continue
        kind, _, _ = voice.local.rpartition("-")
        what = {"root": "this root key", "duty": "this profile's duty key"}.get(kind, "this desk's device key")
        words = "is none of the network's, or no longer, so its signature would count for nothing"
        raise Declined(f"{what} {words} ({fingerprint(voice.local)})")


def device_voice(keyring: Keyring) -> Voice:
    """This device's own voice."""
    return Voice(keyring.device.ed25519, keyring.profile.identity.device)


def duty_voice(keyring: Keyring) -> Voice:
    """The secretariat's duty voice."""
    return Voice(keyring.duty, duty_id(_public(keyring.duty)))


def root_voice(key: Ed25519PrivateKey) -> Voice:
    """The voice of a root key."""
    return Voice(key, root_id(_public(key)))


def _public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()
