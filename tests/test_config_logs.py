"""Logs let through what is on the list and nothing of content."""

import io
import json
import logging
import threading
from collections.abc import Iterator

import pytest
import structlog

from config.logs import AllowList, configure_logging
from config.unhurried import Unhurried

CANARY = "canary-word"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """A stream to log to; afterwards logging is as it was."""
    root = logging.getLogger()
    before = list(root.handlers)
    yield io.StringIO()
    root.handlers = before
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def configured(stream: io.StringIO, **options: object) -> AllowList:
    return configure_logging(frozenset({"route", "status"}), stream=stream, **options)  # type: ignore[arg-type]  # a test's shorthand


def test_only_listed_fields_get_through_and_the_others_are_counted(stream: io.StringIO) -> None:
    allow = configured(stream)
    structlog.get_logger().info("request", route="/v1/log", status=200, token=CANARY, body=CANARY)
    structlog.get_logger().info("request", token=CANARY)
    (first, second) = lines(stream)
    assert {**first, "time": ""} == {
        "event": "request",
        "level": "info",
        "time": "",
        "route": "/v1/log",
        "status": 200,
    }
    assert set(second) == {"event", "level", "time"}
    assert allow.dropped == {"token": 2, "body": 1}
    assert CANARY not in stream.getvalue()


def test_an_exception_is_told_by_class_and_place(stream: io.StringIO) -> None:
    configured(stream)
    try:
        raise KeyError(CANARY)
    except KeyError:
        structlog.get_logger().exception("failed")
    (line,) = lines(stream)
    assert line["error"] == "KeyError"
    assert str(line["where"]).startswith("tests/test_config_logs.py:")
    assert CANARY not in stream.getvalue()


def test_other_libraries_are_told_by_name_only(stream: io.StringIO) -> None:
    configured(stream)
    logging.getLogger("aiohttp.server").error("%s and %s", CANARY, CANARY)
    logging.getLogger("aiohttp.server").info(CANARY)
    try:
        raise ValueError(CANARY)
    except ValueError:
        logging.getLogger("asyncio").exception(CANARY)
    first, second = lines(stream)
    assert (first["library"], first["level"]) == ("aiohttp.server", "error")
    assert (second["library"], second["error"]) == ("asyncio", "ValueError")
    assert CANARY not in stream.getvalue()


def test_levels_are_kept_and_configuring_twice_does_not_double(stream: io.StringIO) -> None:
    configured(stream)
    configured(stream, level="warning")
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud")
    logging.getLogger("x").warning("once")
    assert [line["event"] for line in lines(stream)] == ["loud", "a library logged something"]


def test_plain_lines_are_for_people_and_hold_no_control_characters(stream: io.StringIO) -> None:
    configured(stream, form="plain")
    structlog.get_logger().info("request", route="/v1\n\x1b[31m", status=200)
    (line,) = stream.getvalue().splitlines()
    assert line.endswith(r'info request route="/v1\n\u001b[31m" status=200')


def test_a_stuck_reader_of_the_log_stops_nobody() -> None:
    stuck, free = threading.Event(), threading.Event()

    class Pipe(io.StringIO):
        def write(self, text: str) -> int:
            stuck.set()
            free.wait(10)
            return super().write(text)

    pipe = Pipe()
    unhurried = Unhurried(pipe, most=3)
    unhurried.write("0\n")
    assert stuck.wait(10)
    for number in range(1, 9):
        unhurried.write(f"{number}\n")
    assert unhurried.lost == 5
    free.set()
    unhurried.close(10)
    assert pipe.getvalue() == "0\n1\n2\n3\n"


def test_a_reader_that_went_away_is_counted() -> None:
    pipe = io.StringIO()
    pipe.close()
    unhurried = Unhurried(pipe)
    unhurried.write("line\n")
    unhurried.close(10)
    assert unhurried.lost == 1


def test_long_values_are_cut(stream: io.StringIO) -> None:
    configured(stream)
    structlog.get_logger().info("request", route="x" * 1000)
    assert lines(stream)[0]["route"] == "x" * 200
