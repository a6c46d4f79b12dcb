"""The mark of an exercise, and what may answer what. Pure.

1. What people are shown of an exercise begins with MARK, taken from the signed flag and never from the words.
2. What answers an exercise is an exercise itself; nothing that is one answers what is real, and the other way round.
3. In a network for exercises (`desk.exercise.network`) everything is one, and so counts there as real things do
   elsewhere: what is of another sort than its network is left out of duty, indicators and hand-over.
"""

from desk.errors import Usage
from desk.exercise.network import MARK as MARK
from desk.exercise.network import NOTHING_REAL, plays
from desk.mail.message import Message


def marked(message: Message, words: str) -> str:
    """A line about a message, with the mark before it if it is an exercise."""
    return f"{MARK} {words}" if message.exercise else words


def heading(message: Message) -> list[str]:
    """The line that stands before all others on a page about an exercise; none for what is real."""
    return [NOTHING_REAL] if message.exercise else []


def other_sort(message: Message, network: str) -> bool:
    """Whether a message is an exercise in a real network, or none in one for exercises (rule 3)."""
    return message.exercise != plays(network)


def answers_as(answered: Message, *, exercise: bool) -> bool:
    """Whether an answer to a message is an exercise; raises Usage where one that is said to be answers what is real."""
    if exercise and not answered.exercise:
        raise Usage("that message is real, and an exercise cannot answer it: answer without --exercise, or begin anew")
    return answered.exercise
