"""What was not believed: kept as evidence, told in plain words, checked by a second party."""
