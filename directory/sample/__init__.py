"""A sample network, inside the package: real institutions and missions, and invented desks for the demonstration.

Where the files come from, and what not to use them for, stands in README.txt beside them. Offices only, never persons.
"""

from importlib.resources import files

from directory.exchange.csv_import import read_contacts
from directory.exchange.csv_plan import Row

FILES = ("desks.csv", "authorities.csv", "missions.csv")
MEMBERS = ("AR", "CO", "EC")
"""The countries that the demonstration admits; the contacts of all others are listed as provisional."""


def sample_bytes(name: str) -> bytes:
    """A file of the sample, by its name; refuses (ValueError) a name that is none of them."""
    if name not in FILES:
        raise ValueError(f"no sample file {name!r}; there are {', '.join(FILES)}")
    return files(__name__).joinpath(name).read_bytes()


def desks() -> tuple[Row, ...]:
    """The invented desks of the demonstration's members."""
    return read_contacts(sample_bytes("desks.csv"))


def authorities() -> tuple[Row, ...]:
    """Institutions that public documents named."""
    return read_contacts(sample_bytes("authorities.csv"))


def missions() -> tuple[Row, ...]:
    """Diplomatic missions of one state in another."""
    return read_contacts(sample_bytes("missions.csv"))


def sample_contacts(country: str) -> tuple[Row, ...]:
    """Everything of the sample that belongs to a country, for its member to publish."""
    return tuple(row for row in _everything() if row.cells["country"] == country)


def provisional_contacts() -> tuple[Row, ...]:
    """Everything of the sample that belongs to a state that the demonstration does not admit."""
    return tuple(row for row in _everything() if row.cells["country"] not in MEMBERS)


def _everything() -> tuple[Row, ...]:
    return (*desks(), *authorities(), *missions())
