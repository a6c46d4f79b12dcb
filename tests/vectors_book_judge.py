"""Vectors for whoever writes a judge: histories whose last entry counts, or breaks one rule. Edges, good beside bad."""

from vectors_case import Book
from vectors_judge_contacts import add_contacts
from vectors_judge_court import Court, before
from vectors_judge_network import add_every, add_later, add_members, add_relay, add_roots
from vectors_judge_people import add_devices, add_people


def judge_book() -> Book:
    """What the judge takes and refuses, and what holds then."""
    book = Book("judge", "docs/formats/judge.md")
    log = before()
    last = log.entries[-1]
    Court(book, log).enter("staffed", "two members with officers, devices and contacts", last, already=True)
    for add in (
        add_every, add_later, add_roots, add_relay, add_members, add_people, add_devices, add_contacts,
    ):  # fmt: skip
        add(book)
    return book
