"""Age files that a user names: their keys, their passphrases, several pieces in one."""
