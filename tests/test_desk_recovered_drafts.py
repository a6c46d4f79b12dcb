"""Drafts of forms from a recovery file: each once, as this desk's own (R6 of `desk.profile.recovered`)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_world import changed as with_fields
from forms_filled import filled
from recovery_world import WORLD, Desks, forged, take, write

from desk.drafting.drafts import Drafts, FormDraft
from desk.profile.recovery import Wanted
from desk.profile.recovery_file import DraftRecord


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[Desks]:
    found = Desks(tmp_path)
    yield found
    found.close()


def test_drafts_come_back_once_and_what_is_none_is_told(desks: Desks, tmp_path: Path) -> None:
    old, new, file = desks.desk("ec-night"), desks.desk("ec-night/2"), tmp_path / "archive.age"
    kept = FormDraft(filled=filled("general-message", text={"es": "Sin enviar."}), begun=WORLD.now, changed=WORLD.now)
    drafts = Drafts(old.keyring.vault)
    for case in ("EC-1", "EC-2", "EC-3"):
        drafts.add(with_fields(kept, case=case))
    next(old.profile.path.rglob("form-draft-2.age")).write_bytes(b"x")
    done = write(old, file)
    assert (done.end.drafts, len(done.damaged)) == (2, 1)
    Drafts(new.keyring.vault).add(with_fields(kept, case="EC-9"))
    assert take(new, file).drafts == ["d2", "d3"]
    assert [each.case for _, each in Drafts(new.keyring.vault).each([])] == ["EC-9", "EC-1", "EC-3"]
    assert take(new, file).drafts == []
    without = tmp_path / "bare.age"
    assert write(old, without, Wanted(messages=False, attachments=False)).end.drafts == 0
    raw = b'{"begun":1,"changed":1,"filled":{"form":"general-message/1","language":"es","values":{"x":1}}}'
    forgery = forged(tmp_path / "forged.age", [(DraftRecord(size=len(raw)), raw)])
    assert take(new, forgery).refused == ["a draft of a form: x: the form has no such field"]
