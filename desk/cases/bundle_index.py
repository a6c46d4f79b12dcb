"""The readable index of a bundle: who is in the case, what was said, what is proven by what, and what is not. Pure.

Plain text that reads as Markdown. It is written from the checked parts alone, so that whoever verifies writes it again
and compares: it says nothing that the rest does not.
"""

from collections.abc import Iterator

from desk.cases.acts import Say
from desk.cases.bundle_checked import Answer, Contents
from desk.cases.bundle_words import limits, word
from desk.cases.case_words import said
from desk.cases.fold import Entry
from desk.cases.held import HeldEvent
from desk.cases.thread_shown import SHORT, Eyes, act_words, missing
from desk.mail.message import Message, SealedFile
from desk.mail.shown import page
from desk.safe_text import block, line
from desk.terminal import stamp
from relay.protocol.lines import Delivered, Step

WIDTH = 100


def index_of(contents: Contents) -> bytes:
    """The index, in the language that the manifest names."""
    return ("\n".join(_lines(contents)) + "\n").encode()


def _lines(contents: Contents) -> Iterator[str]:
    manifest, held, language = contents.manifest, contents.held, contents.manifest.language
    eyes = Eyes(contents.view, manifest.device, manifest.at, language)
    yield f"# {word('case', language)} {held.id[:SHORT]}: {line(held.title)}"
    yield ""
    opening = held.events.get(held.id)
    if opening is not None and opening.message.exercise:
        yield f"**{word('exercise', language)}**"
    who = f"{manifest.contact}, {_device(contents, manifest.device)}"
    yield f"- {word('exported', language)}: {who}, {stamp(manifest.at)}"
    size = f"{contents.replica.size} {word('statements', language)}"
    network = contents.view.founded
    yield f"- {word('log', language)}: {network.name} ({network.id}), {size}"
    case = held.case
    yield f"- {word('members', language)}: {', '.join(sorted(case.members)) if case is not None else '?'}"
    yield from ("", f"## {word('thread', language)}", "")
    for at, entry in enumerate(case.entries if case is not None else (), 1):
        yield from _entry(contents, entry, at, eyes)
    yield from _aside(contents, eyes)
    yield from _left(contents, language)
    yield from ("", f"## {word('limits', language)}", "")
    yield from (f"- {each}" for each in limits(language))


def _entry(contents: Contents, entry: Entry, at: int, eyes: Eyes) -> Iterator[str]:
    event, language = contents.held.events[entry.signed.id], eyes.language
    yield f"### {at}. {act_words(event, eyes)}"
    yield ""
    yield from _message(contents, event, language)
    yield f"- {word('taken-in', language)}: {stamp(entry.at)} ({entry.size} {word('statements', language)})"
    if entry.why is not None:
        yield f"- {word('no-effect', language)}: {said('why', entry.why, language)}"
    yield from _receipts(contents, event, language)
    yield from _words(event, language)
    yield ""


def _message(contents: Contents, event: HeldEvent, language: str) -> Iterator[str]:
    message = event.message
    yield f"- id {event.signed.id}"
    yield f"- {word('from', language)}: {message.sender.contact}, {_device(contents, message.sender.device)}"
    yield f"- {word('to', language)}: {_audience(message, language)}"
    yield f"- {word('signed', language)}: {stamp(message.at)}, TLP:{message.handling.tlp}"
    subject = getattr(message.content, "subject", "")
    if subject:
        yield f"- **{line(subject)}**"
    yield from (_attachment(contents, each, language) for each in message.attachments)


def _audience(message: Message, language: str) -> str:
    officers = ", ".join(each[:SHORT] for each in message.officers)
    also = f" {word('also', language)} {officers}" if officers else ""
    return f"{', '.join(message.contacts) or '-'}{also}"


def _attachment(contents: Contents, file: SealedFile, language: str) -> str:
    there = contents.opened(file) is not None
    state = word("in-it" if there else contents.left_out.get(file.cipher_hash, "not-here"), language)
    name = f"{line(file.name)}, {file.plain_size:,} B, SHA-256 {file.plain_hash}"
    return f"- {word('attachment', language)}: {name} ({state})"


def _receipts(contents: Contents, event: HeldEvent, language: str) -> Iterator[str]:
    rows = list[tuple[int, str]]()
    for checked in contents.lines.get(event.envelope, ()) if event.envelope else ():
        each = checked.line
        if isinstance(each, Delivered | Step):
            did = f"{word('delivered', language)} " if isinstance(each, Delivered) else f"{word(each.act, language)}, "
            doubt = "" if checked.judged.counts else f" ({word('unproven', language)})"
            rows.append((each.at, f"{stamp(each.at)}: {did}{_device(contents, each.device)}{doubt}"))
    if event.envelope:
        rows += [(each.message.at, _answer(contents, each)) for each in contents.answers.get(event.envelope, ())]
    if rows:
        yield f"- {word('receipts', language)}:"
    yield from (f"  - {words}" for _, words in sorted(rows))


def _answer(contents: Contents, answer: Answer) -> str:
    sender = answer.message.sender
    reason = f" ({line(answer.content.reason)})" if answer.content.reason else ""
    who = f"{sender.contact}, {_device(contents, sender.device)}"
    doubt = "" if answer.proven else f" ({word('unproven', contents.manifest.language)})"
    return f"{stamp(answer.message.at)}: {word(answer.content.act, contents.manifest.language)}{reason}, {who}{doubt}"


def _aside(contents: Contents, eyes: Eyes) -> Iterator[str]:
    """What has no place in the thread: unproven, or waiting; all, where the opening is so."""
    case = contents.held.case
    inside = {each.signed.id for each in case.entries} if case is not None else set[str]()
    for name, event in sorted(contents.held.events.items()):
        if name in inside:
            continue
        yield f"### {act_words(event, eyes)} ({word('unproven', eyes.language)})"
        yield ""
        yield from _message(contents, event, eyes.language)
        yield from _receipts(contents, event, eyes.language)
        yield from _words(event, eyes.language)
        yield ""


def _words(event: HeldEvent, language: str) -> Iterator[str]:
    """What was said, for whoever reads."""
    if isinstance(event.signed.event.act, Say):
        yield from ("", block(page(event.message, language, width=WIDTH).rstrip("\r\n"), WIDTH, "> "))


def _left(contents: Contents, language: str) -> Iterator[str]:
    left = contents.left_out
    lacking = [each for each in missing(contents.held) if each not in left]
    if not left and not lacking:
        return
    yield from ("", f"## {word('left-out', language)}", "")
    yield from (f"- {what}: {word(why, language)}" for what, why in left.items())
    yield from (f"- {what}: {word('missing', language)}" for what in lacking)


def _device(contents: Contents, device: str) -> str:
    record = contents.view.devices.get(device)
    member = contents.view.officers[record.officer].member if record is not None else "?"
    language = contents.manifest.language
    officer = f"{word('officer', language)} {record.officer[:SHORT]}, " if record is not None else ""
    return f"{member} ({officer}{word('device', language)} {device[:SHORT]})"
