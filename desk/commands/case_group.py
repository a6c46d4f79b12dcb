"""`enlace case`, with all its commands."""

from desk.commands import case_bundle, case_hand_over, case_show
from desk.commands.cases import case

__all__ = ["case", "case_bundle", "case_hand_over", "case_show"]
