"""Statements that wait for another signature, in plain words, every field of them."""
