"""A local API: the commands of `enlace` for programs and pages on this machine, one profile unlocked once."""
