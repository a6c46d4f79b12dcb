"""How fast, against what: `python -m bench` (README.md here says how it is measured, and what came out)."""
