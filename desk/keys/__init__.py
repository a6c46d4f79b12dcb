"""This device's own keys and other devices' key sets: made, kept, renewed, erased on time."""
