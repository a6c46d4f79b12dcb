"""Settings that are written are read as they were; any other text is settings too, or refused in words."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.settings import SettingsError, parse_settings, variable_name
from relay.settings import RelaySettings

HERE = Path("/etc/enlace/relay.toml")
NEEDED = '[listen]\npublic_url = "https://relay.example"\n[log]\norigin = "log.example/1"\n'
NUMBERS = [
    (section.name, each.name)
    for section in msgspec.structs.fields(RelaySettings)
    for each in msgspec.structs.fields(section.type)
    if type(each.default) is int
]


def words(text: str, environ: dict[str, str]) -> str:
    """Why these settings are refused, empty if they are not."""
    try:
        parse_settings(RelaySettings, text, HERE, environ)
    except SettingsError as error:
        return str(error)
    return ""


@given(st.sampled_from(NUMBERS), st.integers(-(2**70), 2**70))
@settings(max_examples=80)
def test_a_number_is_taken_as_it_is_or_refused_by_name(where: tuple[str, str], number: int) -> None:
    section, name = where
    text = NEEDED.replace(f"[{section}]\n", f"[{section}]\n{name} = {number}\n")
    text += "" if f"[{section}]" in NEEDED else f"[{section}]\n{name} = {number}\n"
    try:
        read = parse_settings(RelaySettings, text, HERE, {})
    except SettingsError:
        with pytest.raises(SettingsError, match=variable_name(section, name)):
            parse_settings(RelaySettings, NEEDED, HERE, {variable_name(section, name): str(number)})
        return
    assert getattr(getattr(read, section), name) == number
    assert parse_settings(RelaySettings, NEEDED, HERE, {variable_name(section, name): str(number)}) == read


@given(st.text(max_size=60) | st.text('[]="\n a=1.', max_size=30))
@settings(max_examples=80)
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    for whole in (text, NEEDED + text):
        said = words(whole, {})
        assert not said or "relay.toml" in said
        assert "regex" not in said


@given(st.sampled_from(["ENLACE_LISTEN_PORT", "ENLACE_MAIL_BURST", "ENLACE_LISTEN_PUBLIC_URL"]), st.text(max_size=20))
def test_any_variable_is_read_or_refused_in_words(name: str, value: str) -> None:
    said = words(NEEDED, {name: value})
    assert not said or name in said or "listen" in said
    assert "regex" not in said
