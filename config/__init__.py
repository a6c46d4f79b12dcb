"""How a process starts: settings, logging, database opening, example files."""
