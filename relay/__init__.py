"""The service in between: log in, the log, mailboxes, delivery, escalation, storage. It reads no message."""
