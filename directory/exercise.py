"""Networks for exercises, told by their name alone. Pure.

A network whose name begins with PREFIX is for exercises: everything in it is one. The name stands in the founding
statement and in the line of every signature, so nobody changes it later (docs/exercise.md).
"""

PREFIX = "exercise."


def plays(network: str) -> bool:
    """Whether a network of this name is for exercises."""
    return network.startswith(PREFIX)
