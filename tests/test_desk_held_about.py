"""What a report finds in files that a fault left aside, however large they are."""

from base64 import b64encode
from pathlib import Path

import pytest
from forms_filled import filled
from recovery_world import WORLD, Desks

from desk.drafting.drafts import Drafts, FormDraft
from desk.entries.held_about import Asked, held_about, matcher, put_aside
from desk.entries.held_words import plain, remains, report

MIB = 1 << 20


@pytest.mark.parametrize("at", [0, MIB - 4, MIB, 3 * MIB])
def test_an_id_is_found_wherever_it_stands_in_evidence(tmp_path: Path, at: int) -> None:
    folder = tmp_path / "alarms" / "1-refused-0123456789abcdef"
    folder.mkdir(parents=True)
    (folder / "alarm.evidence").write_bytes(b"\n" * at + b'"officer":"5f5f5f5f5f5f5f5f"\n')
    (folder / "other").write_bytes(b"\n" * MIB)
    who = Asked("5f5f5f5f5f5f5f5f", "officer")
    found = list(put_aside(tmp_path, [who.text.encode()], matcher(who.text), who))
    assert found == ["alarms/1-refused-0123456789abcdef/alarm.evidence"]


def test_a_draft_that_names_somebody_is_found_and_one_that_does_not_open_is_told(tmp_path: Path) -> None:
    desks = Desks(tmp_path)
    office = desks.desk("ec-night")
    drafts, at = Drafts(office.keyring.vault), WORLD.now
    about = filled("mutual-legal-assistance", persons=[{"role": "victim", "person": {"pseudonym": "Luna Ñandú"}}])
    drafts.add(FormDraft(filled=about, to=("co-desk",), begun=at, changed=at))
    drafts.add(FormDraft(filled=filled("general-message"), case="EC 12 Luna", begun=at, changed=at))
    drafts.add(FormDraft(filled=filled("general-message"), begun=at, changed=at))
    next(office.profile.path.rglob("form-draft-3.age")).write_bytes(b"x")
    found = held_about(office, Asked("luna nandu"))
    assert (found.drafts, len(found.unread)) == (["d1"], 1)
    assert held_about(office, Asked("luna")).drafts == ["d1", "d2"]
    assert held_about(office, Asked("co-desk", "contact")).drafts == ["d1"]
    assert held_about(office, Asked("mutual-legal-assistance")).drafts == [], "a form's own name is nobody's"
    assert any("`enlace form discard DRAFT` erases one" in each.why for each in remains(found, "ec"))
    told = report(found, {}, "ec")
    assert "Drafts of forms: d1" in told
    assert "not searched: " in told
    assert plain(found, "ec")["drafts"] == ["d1"]
    desks.close()


def test_words_are_found_behind_the_first_mebibyte_of_base64_too(tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir()
    hidden = b64encode(b'{"name":"Mesa de enlace nocturna"}')
    (tmp_path / "spool" / "item").write_bytes(b"\n" * (2 * MIB) + hidden + b"\n")
    who = Asked("enlace nocturna")
    assert list(put_aside(tmp_path, [], matcher(who.text), who)) == ["spool/item"]
