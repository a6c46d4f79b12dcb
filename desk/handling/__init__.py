"""What may be done with a message by its handling, decided and put into words."""
