"""Requests to the root keys of `desk_world.network`, and what they sign, for tests of the ceremony.

asked = suspending(world)                        # what is asked: suspend member co
seen = reviewed(world, asked)                    # as an offline machine verifies it
done = signed(world, asked, "root-1", "root-3")  # as it comes back
"""

import secrets
from collections.abc import Sequence

import pytest
from desk_world import ORIGIN, checkpoint
from directory_world import ROOTS, World, founding, key_pair, local_id, public_key, relay_keys

from crypto.encoding import b64
from desk.replica.statements import Batch, NeedsRoots, Voice
from desk.roots.ceremony import Reviewed, complete, review, sign_with
from desk.roots.drafts import Asked
from desk.roots.root_request import Request
from desk.roots.root_signed import Signed, sign
from directory.bodies import AnyBody, write_body_bytes
from directory.commitment import SALT_SIZE, commit
from directory.fields import FOREVER
from directory.judge import admit
from directory.statement import Continues, NameRelay, RekeyRoots, SuspendMember
from directory.view import View
from relay.protocol.requests import OpenedBody

OLD_ROOTS = ROOTS


def voices(*handles: str) -> list[Voice]:
    """The voices of handles."""
    return [Voice(key_pair(each).ed25519, local_id(each)) for each in handles]


def asked_for(batch: Batch) -> Asked:
    """What a drafted batch asks the roots for."""
    with pytest.raises(NeedsRoots) as caught:
        batch.request()
    return caught.value.asked


def suspending(world: World, member: str = "co", until: int = FOREVER) -> Asked:
    """A request to suspend a member, unless told otherwise until it is reinstated."""
    batch = Batch(world.view, [], world.now, drafting=True)
    batch.issue(SuspendMember, member=member, until=until)
    return asked_for(batch)


def rekeying(world: World, *new: str) -> Asked:
    """A request to put two of these root keys in the place of those of today."""
    batch = Batch(world.view, [], world.now, drafting=True)
    roots = tuple(sorted(map(public_key, new)))
    batch.issue(RekeyRoots, roots=roots, threshold=2, duty=public_key("duty"))
    return asked_for(batch)


def founding_asked(now: int, *roots: str) -> Asked:
    """A request to found a network with two of these root keys, and to name its relay."""
    batch = Batch(View(), [], now, drafting=True)
    batch.found(founding(roots or ROOTS, at=now))
    batch.issue(NameRelay, origin="log.enlace.example", **relay_keys())
    return asked_for(batch)


def naming(world: World) -> Asked:
    """A request to name another relay, which continues the log of this one."""
    batch = Batch(world.view, [], world.now, drafting=True)
    continues = Continues(origin=ORIGIN, size=len(world.entries), root="ab" * 32)
    batch.issue(NameRelay, origin="other.enlace.example", continues=continues, **relay_keys("other relay"))
    return asked_for(batch)


def named_body(body: AnyBody) -> tuple[str, OpenedBody]:
    """A body with a fresh salt, and its commitment."""
    salt, raw = secrets.token_bytes(SALT_SIZE), write_body_bytes(body)
    return commit(salt, raw), OpenedBody(salt=b64(salt), body=b64(raw))


def request(world: World, asked: Asked, time: int | None = None, known: Sequence[OpenedBody] = ()) -> Request:
    """The request as the secretariat's desk writes it, with the whole log of `world`."""
    signed_by_log = checkpoint(world, time=time).decode() if world.entries else ""
    return Request(
        asked=asked, made=world.now, checkpoint=signed_by_log, entries=len(world.entries), known=tuple(known)
    )


def reviewed(world: World, asked: Asked) -> Reviewed:
    """The request as an offline machine verifies it, at the time of `world`."""
    return review(request(world, asked), world.entries, world.now)


def signed(world: World, asked: Asked, *who: str, judged: bool = True) -> Signed:
    """What comes back from root keys; without `judged`, from a machine that does not look at what it signs."""
    if judged:
        return sign_with(reviewed(world, asked), voices(*who))
    roots = sorted(map(b64, world.view.founded.roots.values()))
    return sign(asked, roots, world.view.founded.threshold, [each.key for each in voices(*who)])


def published(world: World, asked: Asked, *who: str, now: int = 0) -> World:
    """The world after the asked statements, signed by these, were published."""
    after = world.copy()
    for entry in complete(signed(world, asked, *who), world.view, now or world.now).statements:
        after.view = admit(after.view, entry.encode(), now or world.now)
        after.entries.append(entry.encode())
    return after
