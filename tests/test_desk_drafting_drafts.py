"""Drafts of forms: sealed, named once, changed only as they were seen; and what their recipients ask for."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from forms_filled import MLA, NOW, filled
from hypothesis import given
from hypothesis import strategies as st

from crypto.age_pq import PQIdentity
from desk.drafting.drafts import MOST_DRAFTS, MOST_TO, Drafts, FormDraft, read_draft, write_draft
from desk.errors import NotFound, Usage
from desk.forms.filled import Filled
from desk.keys.vault import Damaged, Vault
from desk.mail.message import MOST_CASE
from directory.canonical import Malformed, encode

MLA_FORM = filled("mutual-legal-assistance", **MLA)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path, PQIdentity.generate())


def draft(form: Filled = MLA_FORM, **rest: Any) -> FormDraft:
    return FormDraft(filled=form, to=("ca-mla",), case="CO-1", begun=NOW, changed=NOW, **rest)


def test_a_draft_comes_back_as_it_was_put_and_nothing_of_it_is_readable(vault: Vault, tmp_path: Path) -> None:
    drafts = Drafts(vault)
    name = drafts.add(draft())
    assert name == "d1"
    assert drafts.get("d1") == draft()
    for each in tmp_path.iterdir():
        raw = each.read_bytes()
        assert b"ca-mla" not in raw
        assert b"Fiscal" not in raw


def test_names_are_counted_upwards_and_never_used_twice(vault: Vault) -> None:
    drafts = Drafts(vault)
    assert [drafts.add(draft()) for _ in range(10)] == [f"d{each}" for each in range(1, 11)]
    drafts.discard("d10")
    assert drafts.add(draft()) == "d11"
    assert drafts.names() == ["d1", "d2", "d3", "d4", "d5", "d6", "d7", "d8", "d9", "d11"]
    vault.erase("form-drafts")  # what a crash, or somebody with the folder in hand, takes away
    assert drafts.add(draft()) == "d12"


# --- from a recovery file ---


def test_a_draft_of_a_lost_desk_comes_once_whatever_became_of_it(vault: Vault, tmp_path: Path) -> None:
    drafts, raw = Drafts(vault), write_draft(draft())
    drafts.add(draft(filled("extradition")))
    assert read_draft(raw) == draft()
    assert drafts.bring(raw) == "d2"
    assert drafts.get("d2") == draft()
    drafts.change("d2", draft(), msgspec.structs.replace(draft(), case="CO-2"))
    assert drafts.bring(raw) is None, "changed since"
    drafts.discard("d2")
    assert drafts.bring(raw) is None, "discarded since"
    (tmp_path / "drafts-brought.age").write_bytes(b"x")
    assert Drafts(vault).bring(raw) == "d3", "what is not known any more is brought rather than lost"
    vault.erase("drafts-brought")
    assert Drafts(vault).bring(raw) is None, "as after a crash before it was noted"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b"{", b" {", "canonical"),
        (b'"begun"', b'"begum"', "unknown field"),
        (b'"case":"CO-1"', b'"case":null', "case"),
        (b'"to":["ca-mla"]', b'"to":["CA MLA"]', "to"),
        (b'"mutual-legal-assistance/1"', b'"general-message/1"', "no such field"),
        (b'"changed":', b'"changed":-', "changed"),
    ],
)
def test_what_is_no_draft_is_refused(vault: Vault, old: bytes, new: bytes, why: str) -> None:
    raw = write_draft(draft())
    assert raw.count(old) >= 1
    with pytest.raises(Malformed, match=why):
        Drafts(vault).bring(raw.replace(old, new, 1))
    assert Drafts(vault).names() == []


def test_a_draft_that_no_desk_would_have_kept_is_refused(vault: Vault) -> None:
    for wrong in (
        msgspec.structs.replace(draft(), case="x" * (MOST_CASE + 1)),
        msgspec.structs.replace(draft(), to=("ca-mla", "ca-mla")),
        draft(Filled(form="general-message/7", language="es")),
    ):
        with pytest.raises(Usage):
            Drafts(vault).bring(write_draft(wrong))
    assert Drafts(vault).names() == []


@given(st.binary(max_size=200))
def test_any_bytes_are_a_draft_or_refused(raw: bytes) -> None:
    try:
        found = read_draft(raw)
    except Malformed:
        return
    assert write_draft(found) == raw


def test_a_change_is_made_only_to_what_was_seen(vault: Vault) -> None:
    drafts = Drafts(vault)
    name = drafts.add(draft())
    later = msgspec.structs.replace(draft(), case="CO-2", changed=NOW + 1)
    drafts.change(name, draft(), later)
    assert drafts.get(name) == later
    with pytest.raises(Usage, match="changed in another window"):
        drafts.change(name, draft(), msgspec.structs.replace(draft(), case="CO-3"))
    assert drafts.get(name) == later


def test_one_draft_discarded_leaves_those_whose_names_begin_alike(vault: Vault) -> None:
    drafts = Drafts(vault)
    for _ in range(11):
        drafts.add(draft())
    drafts.discard("d1")
    assert "d11" in drafts.names()
    with pytest.raises(NotFound, match="there is no draft d1;"):
        drafts.get("d1")
    with pytest.raises(NotFound):
        drafts.discard("d1")


@pytest.mark.parametrize("name", ["", "7", "D7", "d0", "d07", "d1/../2", "d1\n", "d1234567890", "general-message"])
def test_what_names_no_draft_is_refused(vault: Vault, name: str) -> None:
    for act in (Drafts(vault).get, Drafts(vault).discard):
        with pytest.raises(Usage, match="names no draft"):
            act(name)


BAD = {
    "no such field": (draft(filled("general-message", nothing="x")), "no such field"),
    "a code that is not known": (draft(filled("mutual-legal-assistance", crimes=["sorcery"])), "not known here"),
    "a form that is not known": (draft(filled("search-for-persons")), "not known here"),
    "no time zone": (
        draft(filled("mutual-legal-assistance", deadline={"at": NOW, "zone": "America/Macondo"})),
        "no time zone",
    ),
    "somebody twice": (msgspec.structs.replace(draft(), to=("ca-mla", "ca-mla")), "each named once"),
    "too many": (msgspec.structs.replace(draft(), to=tuple(f"ca-x{n}" for n in range(MOST_TO + 1))), "at most"),
    "a long case": (msgspec.structs.replace(draft(), case="x" * 201), "201 characters"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_no_desk_would_send_is_not_stored(vault: Vault, name: str) -> None:
    wrong, words = BAD[name]
    drafts = Drafts(vault)
    with pytest.raises(Usage, match=words):
        drafts.add(wrong)
    assert drafts.names() == []
    drafts.add(draft())
    with pytest.raises(Usage, match=words):
        drafts.change("d1", draft(), wrong)
    assert drafts.get("d1") == draft()


def test_there_are_at_most_so_many(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desk.drafting.drafts.MOST_DRAFTS", 2)
    drafts = Drafts(vault)
    drafts.add(draft())
    drafts.add(draft())
    with pytest.raises(Usage, match="there are 2 drafts"):
        drafts.add(draft())
    assert MOST_DRAFTS == 500


def test_a_damaged_draft_keeps_nobody_from_the_others_and_can_be_discarded(vault: Vault, tmp_path: Path) -> None:
    drafts = Drafts(vault)
    drafts.add(draft())
    drafts.add(draft())
    file = tmp_path / "form-draft-1.age"
    file.write_bytes(file.read_bytes()[:-1])
    damaged = list[str]()
    assert [name for name, _ in drafts.each(damaged)] == ["d2"]
    assert len(damaged) == 1
    drafts.discard("d1")
    assert drafts.names() == ["d2"]


def test_one_drafts_file_under_anothers_name_is_refused(vault: Vault, tmp_path: Path) -> None:
    drafts = Drafts(vault)
    drafts.add(draft())
    drafts.add(msgspec.structs.replace(draft(), case="other"))
    (tmp_path / "form-draft-1.age").write_bytes((tmp_path / "form-draft-2.age").read_bytes())
    with pytest.raises(Damaged):
        drafts.get("d1")


def test_what_stands_there_and_is_no_draft_is_damage(vault: Vault) -> None:
    vault.put("form-draft-1", b"{}")
    with pytest.raises(Damaged):
        Drafts(vault).get("d1")
    wrong = draft(Filled(form="general-message/1", language="es", values={"nothing": "x"}))
    vault.put("form-draft-2", encode(wrong))
    with pytest.raises(Damaged, match="no such field"):
        Drafts(vault).get("d2")


def test_a_count_that_stands_before_its_draft_leaves_a_name_out(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    drafts = Drafts(vault)
    put = vault.put

    def crash(name: str, data: bytes) -> None:
        if name == "form-draft-1":
            raise KeyboardInterrupt
        put(name, data)

    monkeypatch.setattr(vault, "put", crash)
    with pytest.raises(KeyboardInterrupt):
        drafts.add(draft())
    monkeypatch.undo()
    assert drafts.names() == []
    assert drafts.add(draft()) == "d2"
