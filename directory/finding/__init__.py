"""From an officer's words to the entry meant: searching, ordering, and who answers now."""
