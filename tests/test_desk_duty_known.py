"""`enlace duty` on a desk that has no directory yet, or one without it: nothing is known, which is not that it serves
nobody."""

from pathlib import Path

import pytest
from desk_world import desk
from recovery_world import WORLD, Desks

from desk.commands.duty_options import check_known, one_contact
from desk.errors import NotFound
from desk.mail.store import MailStore
from desk.profile.unlocked import Unlocked
from desk.replica.store import ReplicaStore


def test_before_the_first_synchronisation_nothing_is_known_of_whom_a_desk_serves(tmp_path: Path) -> None:
    keyring = desk(tmp_path, "ec-night", WORLD)
    store = ReplicaStore(keyring.profile.path / "replica.db", keyring.replica_seal)
    mail = MailStore(keyring.profile.path / "messages.db", keyring)
    fresh = Unlocked(keyring.profile, keyring, store, mail, lambda: WORLD.now)
    try:
        for asked in (check_known, lambda each: one_contact(each, ""), lambda each: one_contact(each, "ec-desk")):
            with pytest.raises(NotFound, match=r"nothing is known yet .*: no directory is on this desk\. Run `enlace"):
                asked(fresh)
    finally:
        mail.close()
        store.close()


def test_a_directory_from_before_the_desk_was_enrolled_says_nothing_of_it(tmp_path: Path) -> None:
    desks = Desks(tmp_path)
    before = WORLD.copy()
    before.add_officer("ec-new", "ec")  # is enrolled, and serves nobody
    try:
        known = desks.desk("ec-new", before)
        check_known(known)
        with pytest.raises(NotFound, match="you serve no contact"):
            one_contact(known, "")
        early = desks.desk("ec-new", WORLD, "early")
        with pytest.raises(NotFound, match=r"the directory on this desk does not know it\. Run `enlace sync`"):
            one_contact(early, "")
    finally:
        desks.close()
