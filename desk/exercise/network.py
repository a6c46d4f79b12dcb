"""Networks that are for exercises, and what may be in which. Pure.

E1  A network whose name begins with `exercise.` is for exercises, and everything in it is one: what is signed in it
    says so (`desk.mail.message`, rule 7), and whatever is shown of it begins with the mark, told by its name alone. The
    name is in the network's founding statement, and in each signature's line: nobody changes it later, and nobody need
    be believed for it.
E2  A contact of such a network has an id that ends in `-exercise`, and no contact of another network has one. What
    makes something an exercise to the reader is the network's name or the signed flag, and never an id: else whoever
    publishes a contact could have its messages taken for exercises.
E3  A message counts in the one network that it names (`desk.mail.message`). So nothing of an exercise network is ever
    taken in by a desk of another one, nor the other way round.
E4  In other networks an exercise is a message with the signed flag. A desk that is locked cannot read the flag, and
    whoever is called sees no message: so such an exercise is neither flash nor immediate, and calls nobody.
"""

from desk.errors import Usage
from directory.exercise import PREFIX
from directory.exercise import plays as plays

MARK = "EXERCISE"
NOTHING_REAL = f"{MARK}: nothing of this is real"
SUFFIX = "-exercise"
RINGING = ("flash", "immediate")


def check_contact(network: str, contact: str) -> None:
    """Return if a contact of this id may be in a network of this name (E2); raise Usage if not."""
    if plays(network) and not contact.endswith(SUFFIX):
        raise Usage(
            f"{network} is for exercises: its contacts have ids that end in {SUFFIX}, such as {contact}{SUFFIX}"
        )
    if contact.endswith(SUFFIX) and not plays(network):
        raise Usage(f"{contact} is the id of a contact for exercises, and {network} is a real network: take another id")


def check_urgency(network: str, *, exercise: bool, precedence: str, calls: bool) -> None:
    """Return if something so urgent may be sent there (E4); raise Usage if not. `calls`: whether somebody is called."""
    if not exercise or plays(network):
        return
    if precedence in RINGING:
        raise Usage(
            f"a locked desk could not tell this exercise from a real {precedence} message: send it as priority or "
            f"routine, or in a network whose name begins with {PREFIX}"
        )
    if calls:
        raise Usage("whoever is called could not see that it is an exercise: leave --call out")
