"""Settings: types, defaults, the environment, and no key that nobody reads."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
import pytest

from config.settings import FilePath, SettingsError, load_settings, parse_settings, setting_names, variable_name

HERE = Path("/srv/enlace/relay.toml")


class Listen(msgspec.Struct, frozen=True, kw_only=True):
    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)]
    names: tuple[str, ...] = ()
    mode: Literal["on", "off"] = "on"


class Data(msgspec.Struct, frozen=True, kw_only=True):
    folder: FilePath = "data"
    keep: bool = True

    def __post_init__(self) -> None:
        if not self.keep:
            raise ValueError("keep has to be true on Tuesdays")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    listen: Listen
    data: Data


def parse(text: str, **environ: str) -> Settings:
    return parse_settings(Settings, text, HERE, environ)


def test_defaults_then_the_file_then_the_environment() -> None:
    plain = parse("[listen]\nport = 1")
    assert (plain.listen.host, plain.listen.port, plain.data.folder) == ("127.0.0.1", 1, "/srv/enlace/data")
    changed = parse(
        '[listen]\nport = 1\nhost = "::1"\n[data]\nfolder = "/var/x"',
        ENLACE_LISTEN_PORT="2",
        ENLACE_LISTEN_NAMES="a, b,",
        ENLACE_DATA_KEEP="true",
        HOME="somewhere",
    )
    assert changed.listen == Listen(host="::1", port=2, names=("a", "b"))
    assert changed.data == Data(folder="/var/x")
    assert parse("", ENLACE_LISTEN_PORT="3").listen.port == 3


@pytest.mark.parametrize(
    ("text", "environ", "words"),
    [
        ("[listen]\nprot = 1", {}, r"unknown setting prot in \[listen\]; did you mean port\?"),
        ("[lisen]\nport = 1", {}, r"unknown section \[lisen\]; did you mean listen\?"),
        ("[zzz]\n", {}, r"unknown section \[zzz\]; known are data, listen"),
        ("port = 1", {}, "unknown section"),
        ("listen = 1", {}, r"write \[listen\]"),
        ("[listen]\n", {}, r"\[listen\] port is not set \(or ENLACE_LISTEN_PORT"),
        ('[listen]\nport = "1"', {}, r"\[listen\] port: Expected `int`"),
        ("[listen]\nport = 0", {}, r"\[listen\] port: Expected `int` >= 1"),
        ("[listen]\nport = 1\nmode = 'maybe'", {}, r"mode: Invalid enum value 'maybe'"),
        ("[listen\n", {}, "is not TOML"),
        ("[listen]\nport = 1\n[data]\nkeep = false", {}, "on Tuesdays"),
        ("", {"ENLACE_LISTEN_PORT": "many"}, "ENLACE_LISTEN_PORT: Expected `int`"),
        ("[listen]\nport = 1", {"ENLACE_LISTEN_PROT": "1"}, "PROT sets nothing; did you mean ENLACE_LISTEN_PORT"),
        ("[listen]\nport = 1", {"ENLACE_DATA_0123456789012345678901234567890": "1"}, "sets nothing$"),
        ("[listen]\nport = 1", {"ENLACE_LISTN_PORT": "1"}, "did you mean ENLACE_LISTEN_PORT"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(text: str, environ: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        parse_settings(Settings, text, HERE, environ)


def test_variables_of_other_programs_are_left_alone() -> None:
    assert parse("[listen]\nport = 1", ENLACE_FULL="1", ENLACE_PROFILE="x").listen.port == 1


def test_a_file_is_read_and_a_missing_one_named(tmp_path: Path) -> None:
    path = tmp_path / "relay.toml"
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(Settings, path, {})
    path.write_bytes(b"\xff")
    with pytest.raises(SettingsError, match="is not UTF-8 from byte 0 on; save it as UTF-8"):
        load_settings(Settings, path, {})
    path.write_text("[listen]\nport = 7\n")
    assert load_settings(Settings, path, {}).data.folder == str(tmp_path / "data")


def test_every_setting_has_a_name_and_a_variable() -> None:
    assert list(setting_names(Settings)) == [
        ("listen", "host"),
        ("listen", "port"),
        ("listen", "names"),
        ("listen", "mode"),
        ("data", "folder"),
        ("data", "keep"),
    ]
    assert variable_name("listen", "port") == "ENLACE_LISTEN_PORT"
