"""What a desk warns of in a message: the words it stores, and what people are told. There are no others."""

from desk.alarms.late import HANDED_LATE
from desk.mail.intake import TWO_TEXTS

WARNINGS = {
    "unproven": "UNPROVEN: no valid receipt shows that the sending device counted when this was sent",
    "released-early": "the relay released this earlier than the sender's stages allow",
    "turn-early": "ALARM: the relay asked a later stage before its time, and nobody of the sender's side ordered it",
    "turn-late": "ALARM: the relay asked a later stage too late, or gave no sign of it: telephone whom it was for",
    "turn-skipped": "ALARM: the relay passed over a stage or a call, and nobody signed that it was stopped",
    "turn-unstopped": "ALARM: the relay asked a later stage although the clock had been ended before",
    "accepted-twice": "ALARM: the relay let more than one officer accept this first: telephone them",
    HANDED_LATE: "ALARM: the relay handed this over late: it was due before the relay said that nothing waits",
    "early-or-ahead": "too early by the sender's clock: that one is ahead, or the relay released early and dates back",
    "fork": "ALARM: the sender saw another directory than this desk; the relay shows two histories",
    "gave-way": "the sender's desk followed a directory that gave way when the roots named another relay",
    "checkpoint": "the sender names a directory that the log never signed: something is wrong at their desk; telephone",
    "directory-behind": "the sender knew a newer directory than this desk: synchronise",
    "fallback-key": "sealed to the fallback key: without forward secrecy",
    "dated": "signed more than 15 minutes before or after the relay took it in: compare the two times",
    TWO_TEXTS: "the same device signed another text under this message's id; that one was put aside: telephone",
}
