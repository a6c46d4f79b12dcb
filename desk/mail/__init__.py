"""Messages on this desk: written, signed, sealed, sent; received, opened, archived; and what became of each."""
