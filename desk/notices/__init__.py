"""Waking somebody up: who is told, when, by which way, that mail waits; and nothing of what it says."""
