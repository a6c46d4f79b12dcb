"""The desk's verified copy of the directory: fetched, judged, kept, proved, carried on a stick."""
