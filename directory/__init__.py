"""The directory: signed statements, the judge that folds them into a view, search, formats in and out."""
