"""What a shell becomes that reads a file of ours, as it was told to be typed."""

import os
import subprocess

# Folders that a shell would take apart.
AWKWARD = ("plain", "o'brien", "two words", '$HOME `id` "x" \\ ; #', "line\nfeed")


def become(typed: str) -> dict[str, str]:
    """The environment of a real shell that was typed this, beginning without any setting of Enlace's."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ENLACE_")}
    ran = subprocess.run(["/bin/sh", "-c", f"{typed}\nenv -0"], env=kept, capture_output=True, text=True, check=True)
    assert ran.stderr == ""
    return dict(each.split("=", 1) for each in ran.stdout.split("\0") if each)
