"""The endpoint on the officer's side, the only holder of private message keys: command line, watch, pages."""
