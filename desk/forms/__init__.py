"""Forms as data: what they ask for, what is filled in, what is missing, how each side reads it. Pure.

1. A form is a file (`data/`), a list of codes is a file (`codes/`); code knows kinds of field, and no form by name but
   for the two exports that map one (`htcds`, `stix`).
2. Nothing here reads a clock, a network or a disk, its own files aside, which are read once (`catalogue`).
3. Whoever sends or stores a filled form does so elsewhere: `parse_filled` and `write_filled` of `filled` are the door.
"""
