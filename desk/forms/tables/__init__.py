"""What maps forms to the world outside: who is a party to what, and the names of fields in HTCDS."""
