"""Entries of the directory as officers and administrators read, change, remind of and erase them."""
