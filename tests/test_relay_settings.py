"""The example file loads, names every setting, and shows every default as it is."""

import tomllib
from importlib.resources import files
from pathlib import Path

import msgspec
import pytest

from config.settings import SettingsError, parse_settings, setting_names
from relay.settings import RelaySettings

EXAMPLE = (files("config") / "examples" / "relay.toml").read_text("utf-8")
HERE = Path("/etc/enlace/relay.toml")
NEEDED = '[listen]\npublic_url = "https://relay.example"\n[log]\norigin = "log.example/1"\n'


def test_the_example_names_every_setting_and_no_other() -> None:
    named = [(section, name) for section, table in tomllib.loads(EXAMPLE).items() for name in table]
    assert sorted(named) == sorted(setting_names(RelaySettings))


def test_the_example_shows_the_defaults() -> None:
    example = parse_settings(RelaySettings, EXAMPLE, HERE, {})
    plain = parse_settings(RelaySettings, NEEDED, HERE, {})
    needed = {
        "listen": msgspec.structs.replace(plain.listen, public_url=example.listen.public_url),
        "log": msgspec.structs.replace(plain.log, origin=example.log.origin),
    }
    assert msgspec.structs.replace(plain, **needed) == example


def test_paths_are_relative_to_the_file() -> None:
    settings = parse_settings(RelaySettings, NEEDED, HERE, {"ENLACE_KEYS_REST": "/run/keys/rest.key"})
    assert settings.keys.log == "/etc/enlace/keys/log.key"
    assert settings.keys.rest == "/run/keys/rest.key"
    assert settings.store("log.db") == Path("/etc/enlace/data/log.db")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "public_url is not set"),
        (NEEDED.replace("https", "http"), "public_url"),
        (NEEDED.replace("relay.example", "relay.example/"), "public_url"),
        (NEEDED.replace("log.example/1", "LOG"), "origin"),
        (NEEDED + "[access]\ntoken_seconds = 3000\nshift_seconds = 1000\n", "at most shift_seconds"),
        (NEEDED + "[access]\nshift_seconds = 90000\n", "shift_seconds"),
        (NEEDED + "[limits]\njson_bytes = 100000000\n", "json_bytes"),
        (NEEDED.replace("[log]", "trusted_proxies = ['nginx']\n[log]"), "'nginx' is no IP address and no network"),
        (NEEDED.replace("[log]", "trusted_proxies = ['10.0.0.1/8']\n[log]"), "host bits set"),
        (NEEDED.replace("[log]", "trusted_proxies = ['::/0']\n[log]"), "trusted_proxies: '::/0' is everybody"),
        (NEEDED + "[logging]\nlevel = 'chatty'\n", "level"),
        (NEEDED + "[mail]\nqueue_itms = 1\n", "did you mean queue_items"),
    ],
)
def test_what_cannot_work_is_refused(text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        parse_settings(RelaySettings, text, HERE, {})
