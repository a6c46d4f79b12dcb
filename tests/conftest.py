"""Rules for every test run. Fixtures live beside the tests that use them.

1. With ENLACE_FULL=1 (`make test-full`) a skipped test or module is a failure: there, everything that a test
   could miss has been installed, and a skip would hide that it was not.
2. A shared two-core machine stalls now and then: hypothesis sets no deadline per example.
3. What a test records as the property `house` is printed when the run ends.
4. What was imported and collected stays to the end: the garbage collector does not go over it again and again.
5. What tests make once for all lies under pytest's own folder: pytest sweeps it, though the run before was killed.
"""

import gc
import os
from collections.abc import Generator

import pytest
from hypothesis import settings

settings.register_profile("house", deadline=None)
settings.load_profile("house")

OWN_FOLDER = "PYTEST_OWN_FOLDER"
SKIPS_FAIL = os.environ.get("ENLACE_FULL") == "1"


def _fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not SKIPS_FAIL or not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    report.outcome = "failed"
    report.longrepr = f"skipped, which is a failure under ENLACE_FULL=1: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip of a test into a failure (rule 1)."""
    report = yield
    _fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn a skip of a whole module into a failure (rule 1)."""
    report = yield
    _fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Leave what there is before the first test alone (rule 4)."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _own_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Say where that is, to what has no fixtures (rule 5)."""
    os.environ[OWN_FOLDER] = str(tmp_path_factory.getbasetemp())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests recorded about the house (rule 3)."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "house":
                terminalreporter.write_line(f"house: {value}")
