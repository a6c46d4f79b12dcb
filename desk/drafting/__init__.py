"""Forms while they are written: drafts sealed in the profile, filled in at a terminal, checked for who gets them."""
