"""Exercises: a mark that nothing of them is taken for real by, and a counterpart that is played by a program."""
