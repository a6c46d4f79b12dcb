"""Words that nobody but the people concerned may see: looked for in every file of the relay and of every desk.

One night is played, with unusual words for everything that is secret, and with strangers who send some of them where
they do not belong. Then all files are searched: as they were while the relay ran, with its write-ahead logs, and as
they are after it has stopped.
"""

import shutil
from base64 import b32decode, b64encode, urlsafe_b64encode
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyotp
import pytest
from relay_world import Answer, Caller
from story_canaries import Wanted, spellings
from story_desk import Desk
from story_world import Story, build, logging_to, play

from desk.errors import Locked
from desk.handling.marks import Handling
from desk.link.session import connected, current_session, log_in
from desk.mail.attachments import download, open_file
from relay.protocol import routes
from relay.protocol.invitation import read_invitation, relay_proof
from relay.protocol.requests import LogIn, Session

SUBJECT, TEXT = "Quetzalcoatlus sobre el Iguazú", "Xylophonübung at 4:17, behind the Zwiebelfisch warehouse"
CASE, PURPOSE, REASON = "EXP-Okapi/7719-Ñandú", "purpose-Axolotl-prosecution", "reason-Numbat-elsewhere-Ærø"
FILE, CONTENT = "pasaporte-Wolpertinger.pdf", b"Tatzelwurm " * 40
PASSPHRASE = "seven Schnabeltier dance on Popocatépetl"
NAMES = ("Officer co-night", "Officer ar-chief", "Desk co-desk", "Desk ar-desk", "Authority of co")


@dataclass
class Night:
    """What was played, and the words to look for."""

    folder: Path
    words: list[tuple[str, str | bytes]] = field(default_factory=list)
    read: list[str] = field(default_factory=list)

    @property
    def log(self) -> Path:
        return self.folder / "relay.log"

    @property
    def states(self) -> tuple[Path, Path]:
        """The files while the relay ran, and after it had stopped."""
        return self.folder / "running", self.folder / "files"

    def note(self, what: str, *words: str | bytes) -> None:
        self.words += [(what, each) for each in words]

    def note_session(self, session: Session) -> None:
        self.note("token", session.token)
        for code in session.recovery_codes:
            self.note("recovery code", code, code.replace("-", ""))


_NIGHTS: dict[Path, Night] = {}


@pytest.fixture
async def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The night, played once a process; its folder holds the files as they were while the relay ran."""
    base = tmp_path_factory.getbasetemp()
    if base not in _NIGHTS:
        folder = base / "night"
        folder.mkdir()
        _NIGHTS[base] = night = Night(folder)
        with night.log.open("w", encoding="utf-8") as stream, logging_to(stream):
            built = await build(folder / "built", PASSPHRASE)
            async with play(folder / "files", built) as story:
                await _play(story, night)
                shutil.copytree(folder / "files", folder / "running")
    return _NIGHTS[base]


async def _play(story: Story, night: Night) -> None:
    story.passphrase = PASSPHRASE
    story.clock.now += 60
    night.note("passphrase", *(story.desk(each).passphrase for each in story.built.phones), PASSPHRASE)
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await _enrol(story, night)
    for desk in (ar, co):
        night.note("code", desk.code())
        night.note_session(await desk.log_in())
    story.clock.now += 660  # tokens have run out
    await _write(story, night, ar, co)
    for desk in (ar, co):
        session = current_session(desk.keyring)
        assert session is not None
        night.note_session(session)
    for uri in story.built.phones.values():
        secret = pyotp.parse_uri(uri).secret
        night.note("code secret", secret, b32decode(secret))
    night.read += co.subjects()
    await _strangers(story, night)


async def _enrol(story: Story, night: Night) -> None:
    """A new desk, by an invitation; it logs in with a recovery code too."""
    chief, officer = story.desk("ar-chief"), story.built.officers["ar-day"]
    invitation = await story.invite(chief, "ar", officer)
    secret = read_invitation(invitation, 0)
    night.note("invitation", secret.secret, secret.secret_bytes, relay_proof(secret.secret_bytes))
    new = story.begin("ar-new", invitation)
    night.note("passphrase", new.passphrase)
    await new.offer()
    await story.confirm(chief, officer)
    session = await new.finish()
    night.note("code", new.code())
    night.note_session(session)
    night.note_session(await log_in(new.keyring, story.clock, LogIn(recovery=session.recovery_codes[0])))


async def _write(story: Story, night: Night, ar: Desk, co: Desk) -> None:
    """A message with everything in it, read, saved and accepted; another refused; a third that waits."""
    night.note("subject", SUBJECT)
    night.note("text", TEXT)
    night.note("case", CASE)
    night.note("purpose", PURPOSE)
    night.note("reason", REASON)
    night.note("file name", FILE)
    night.note("file", CONTENT[:22])
    photo, saved = night.folder / FILE, night.folder / "saved.pdf"
    photo.write_bytes(CONTENT)
    handling = Handling(tlp="AMBER", purpose=PURPOSE)
    about: dict[str, Any] = {"subject": SUBJECT, "text": TEXT, "case": CASE, "handling": handling}
    await ar.send("co-desk", files=[photo], precedence="flash", **about)
    await co.listen()
    await co.exchange()
    stored = co.read(1)
    (file,) = stored.message.attachments
    async with connected(co.keyring, story.clock) as client:
        cipher = await download(client, file, co.path / "files", lambda *_: None)
    open_file(cipher, file, saved)
    assert saved.read_bytes() == CONTENT
    await co.decide(1, "accepted")
    await ar.send("co-desk", **about)
    await co.exchange()
    await co.decide(max(each.number for each in co.messages()), "refused", REASON)
    await ar.exchange()
    await ar.send("co-desk", **about)
    await co.listen()  # lies in co-night's spool
    ar.queue("co-desk", **about)  # waits in ar-night's outbox, never sealed


async def _strangers(story: Story, night: Night) -> None:
    """Words sent where they do not belong: wrong codes, wrong paths, broken requests, a wrong passphrase."""
    co, stranger = story.desk("co-night"), await story.here.caller("stranger")
    night.note("code", co.code(), "000017")
    with pytest.raises(Locked):
        await co.log_in("000017")
    with pytest.raises(Locked):
        await co.log_in(passphrase=b"almost " + PASSPHRASE.encode())
    token = next(word for what, word in night.words if what == "token")
    assert isinstance(token, str)
    for call in _misplaced(stranger, co.code(), token):
        await call


def _misplaced(stranger: Caller, code: str, token: str) -> Iterator[Coroutine[Any, Any, Answer]]:
    bearer = {"User-Agent": TEXT, "Authorization": f"DPoP {token}"}
    yield stranger.call("POST", routes.LOGIN, LogIn(code=code))
    yield stranger.call("POST", routes.LOGIN, data=f'{{"code":"{code}","text":"{TEXT}'.encode())
    yield stranger.call("GET", f"/v1/{SUBJECT}?q={CASE}", headers=bearer)
    yield stranger.call("POST", routes.STATEMENTS, data=f'{{"statements":["{TEXT}"]}}'.encode())
    yield stranger.send("GET", routes.LOG, None, {routes.PROOF_HEADER: PASSPHRASE.encode().hex()})
    yield stranger.call("PUT", routes.INVITATION.format(officer=FILE), data=CONTENT)
    yield stranger.call("POST", routes.ENVELOPES, data=TEXT.encode(), kind=TEXT)


def test_the_night_was_played(night: Night) -> None:
    assert night.read == [SUBJECT] * 2
    kinds = ["passphrase", "invitation", "token", "code", "subject", "text", "case", "purpose", "reason", "file"]
    assert {what for what, _ in night.words} == {*kinds, "recovery code", "code secret", "file name"}
    lines = night.log.read_text().splitlines()
    assert len(lines) > 100
    assert any("nonce-needed" in each for each in lines)
    assert any("code-wrong" in each for each in lines)


def test_what_is_no_secret_is_found(night: Night) -> None:
    wanted = Wanted([("contact", "co-desk"), ("network", "enlace.example"), ("desk", "Desk co-desk")])
    found = wanted.found_in(night.states[0])
    assert found["data/log.db-wal"] | found["data/log.db"] == {"contact", "network"}
    assert found["desks/ar-night/replica.db"] == {"contact", "network", "desk"}


@pytest.mark.parametrize("word", [SUBJECT, PASSPHRASE, "000017", "MZXW6YTBOJRWQYLS", bytes(range(100, 120))])
def test_a_word_is_found_in_every_spelling(word: str | bytes, tmp_path: Path) -> None:
    raw = word.encode() if isinstance(word, str) else word
    short = len(raw) < 8
    for spelt in [raw] if short else spellings(raw):
        (tmp_path / "file").write_bytes(b"\x00before: " + spelt + b" after")
        assert Wanted([("it", word)]).found_in(tmp_path) == {"file": {"it"}}
    (tmp_path / "file").write_bytes(b"before after")
    assert Wanted([("it", word)]).found_in(tmp_path) == {}


@pytest.mark.parametrize("lead", range(6))
@pytest.mark.parametrize("encode", [b64encode, urlsafe_b64encode])
def test_a_word_is_found_in_the_middle_of_base64(lead: int, encode: Callable[[bytes], bytes]) -> None:
    text = encode(b"\xff" * lead + SUBJECT.encode() + b"\xff" * 5)
    assert Wanted([("it", SUBJECT)]).found(b"x" + text) == {"it"}


@pytest.mark.parametrize("state", [0, 1])
def test_no_word_is_in_any_file(night: Night, state: int) -> None:
    assert Wanted(night.words).found_in(night.states[state]) == {}


def test_no_name_is_in_the_relays_files(night: Night) -> None:
    found = Wanted([("name", each) for each in NAMES]).found_in(night.states[0])
    assert {name.split("/")[0] for name in found} == {"desks"}  # there the directory is in the clear, and says so


def test_no_word_and_no_name_is_in_the_relays_log(night: Night) -> None:
    ids = [(f"id of {each}", each) for each in ("co-desk", "ar-desk", "co-night", "ar-chief")]
    assert Wanted([*night.words, *(("name", each) for each in NAMES), *ids]).found(night.log.read_bytes()) == set()
