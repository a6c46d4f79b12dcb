"""Logs that cannot say what they must not: an allow-list of fields, and nothing of content in between.

1. A line holds an event (a constant text in the code), a level, a time, and the fields on the program's allow-list.
   Every other field is dropped, and counted: `AllowList.dropped` says how often, by name.
2. An exception is told by its class and where it happened, never by its words: those may quote what somebody sent.
3. Other libraries' records are told by logger, level and place alone, for the same reason.
4. A text value is cut at 200 characters.
"""

import json
import logging
import sys
import traceback
from collections import Counter
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, Literal, TextIO

import structlog

from config.unhurried import Unhurried

Level = Literal["debug", "info", "warning", "error"]
Format = Literal["json", "plain"]
MOST_TEXT = 200
ALWAYS = frozenset({"event", "level", "time", "error", "where", "library"})


class AllowList:
    """A structlog processor that lets only named fields through; `dropped` counts the others by name."""

    def __init__(self, fields: frozenset[str]) -> None:
        self._fields = fields | ALWAYS
        self.dropped: Counter[str] = Counter()

    def __call__(self, logger: Any, method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """The line without what is not on the list."""
        for name in [each for each in line if each not in self._fields]:
            del line[name]
            self.dropped[name] += 1
        for name, value in line.items():
            if not isinstance(value, int | float | None):
                line[name] = str(value)[:MOST_TEXT]
        return line


def configure_logging(
    fields: frozenset[str], level: Level = "info", form: Format = "json", stream: TextIO | Unhurried | None = None
) -> AllowList:
    """Send every log line of this process to `stream` (standard error unless given) under the rules above."""
    allow = AllowList(fields)
    out: Any = stream or sys.stderr  # structlog only writes and flushes
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            _without_words,
            allow,
            _as_json if form == "json" else _as_text,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, _Library)]:
        root.removeHandler(handler)
    root.addHandler(_Library(max(threshold, logging.WARNING)))
    return allow


def where(error: BaseException | None) -> str:
    """The innermost place an exception went through, as file, line and function."""
    frames = traceback.extract_tb(error.__traceback__) if error is not None else []
    if not frames:
        return ""
    last = frames[-1]
    return f"{'/'.join(Path(last.filename).parts[-2:])}:{last.lineno} {last.name}"


def _without_words(logger: Any, method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    error = line.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        line["error"], line["where"] = type(error).__name__, where(error)
    return line


def _as_json(logger: Any, method: str, line: MutableMapping[str, Any]) -> str:
    first = {name: line[name] for name in ("time", "level", "event") if name in line}
    return json.dumps(first | dict(line), ensure_ascii=False)


def _as_text(logger: Any, method: str, line: MutableMapping[str, Any]) -> str:
    """One line for a person: time, level, event, then the fields; control characters escaped as JSON does."""
    rest = " ".join(
        f"{name}={json.dumps(value, ensure_ascii=False) if isinstance(value, str) else value}"
        for name, value in line.items()
        if name not in ("time", "level", "event")
    )
    event = json.dumps(line.get("event", ""), ensure_ascii=False)[1:-1]
    return f"{line.get('time', '')} {line.get('level', '')} {event} {rest}".rstrip()


class _Library(logging.Handler):
    """Tells that another library logged something, not what (rule 3)."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        place = where(error) or f"{'/'.join(Path(record.pathname).parts[-2:])}:{record.lineno} {record.funcName}"
        structlog.get_logger().log(
            record.levelno,
            "a library logged something",
            library=record.name,
            error=type(error).__name__ if error else None,
            where=place,
        )
