"""The system's own Chromium, for tests marked `full`: skipped with a clear message where there is none."""

import os
import shutil
from pathlib import Path

import pytest
from house_source import ROOT

ARGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
AXE = ROOT / "tests" / "node" / "node_modules" / "axe-core" / "axe.min.js"
RUN_AXE = "async () => (await axe.run()).violations.map(v => v.id + ': ' + v.nodes.map(n => n.html).join(' | '))"


def executable() -> str:
    """Where Chromium is."""
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("needs Chromium: make setup-full")
    return found


def axe() -> str:
    """The source of axe-core, which finds what keeps people from using a page."""
    if not AXE.is_file():
        pytest.skip("needs tests/node/node_modules: make setup-full")
    return AXE.read_text("utf-8")


def pages_of(pdf: bytes) -> int:
    """How many pages a PDF has."""
    return pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page>") + pdf.count(b"/Type /Page ")


def shots() -> Path | None:
    """Where to leave pictures of the pages, if ENLACE_SHOTS names a folder."""
    named = os.environ.get("ENLACE_SHOTS")
    return Path(named) if named else None
