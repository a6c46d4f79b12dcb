"""One alert to many contacts: whom it is for, in how many envelopes it goes, and what came of it country by country."""
