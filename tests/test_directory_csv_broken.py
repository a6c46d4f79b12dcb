"""Broken contact files: every fault is told with line, column and what to do, and nothing is planned."""

from dataclasses import dataclass

import pytest
from directory_entries import a_body, an_entry

from directory.exchange.csv_import import plan_csv, read_contacts
from directory.exchange.csv_problem import ImportRefused, Problem

HEADER = "contact,country,function,name_es,phone,zone,hours,escalation"
GOOD = "co-desk,CO,trata,Mesa,+12025550134,,24/7,"


@dataclass(frozen=True, slots=True)
class Broken:
    """A file (whole, or lines below the usual header), and how each message begins."""

    name: str
    told: tuple[str, ...]
    lines: tuple[str, ...] = ()
    raw: bytes = b""

    @property
    def file(self) -> bytes:
        return self.raw or "\n".join([HEADER, *self.lines, ""]).encode()


def lines(name: str, *told: str, of: tuple[str, ...]) -> Broken:
    return Broken(name, told, lines=of)


def whole(name: str, *told: str, raw: bytes | str) -> Broken:
    return Broken(name, told, raw=raw if isinstance(raw, bytes) else raw.encode())


BROKEN = [
    whole("no bytes", "line 1: the file is empty", raw=b"\n"),
    whole("only a byte order mark", "line 1: the file is empty", raw=b"\xef\xbb\xbf"),
    whole("a spreadsheet", "line 1: this is a spreadsheet", raw=b"PK\x03\x04\x14\x00"),
    whole(
        "UTF-16 cut off",
        "line 2: byte 0x61 is not UTF-16",
        raw=b"\xff\xfe" + f"{HEADER}\r\nco-desk,CO,tra".encode("utf-16-le")[:-1],
    ),
    whole("UTF-16 unmarked", "line 1: the file looks like UTF-16 without", raw=HEADER.encode("utf-16-le") * 2),
    whole("UTF-32", "line 1: the file is UTF-32", raw=HEADER.encode("utf-32")),
    whole(
        "Latin-1", "line 2: byte 0xed is not UTF-8", raw=f"{HEADER}\nco-desk,CO,trata,Policía,,,,\n".encode("latin-1")
    ),
    whole("NUL", "line 3: a NUL byte", raw=f"{HEADER}\n{GOOD}\nco-b,CO,fiscal\0,B,,,,\n"),
    whole("tabs", "line 3: 2 cells, where the header has 3", raw="sep=\t\ncontact\tcountry\tname_es\nco-desk\tCO\n"),
    whole(
        "an open quotation mark",
        "line 2: the quotation mark that opens this cell is never closed",
        raw=f'{HEADER}\nco-desk,CO,trata,"Mesa,,,,\n{GOOD}\n',
    ),
    lines("a stray quotation mark", "line 2: a quotation mark inside", of=('co-desk,CO,trata,La "Mesa",,,,',)),
    lines(
        "text after a quotation mark",
        "line 2: 'x' follows a closing quotation mark",
        of=('co-desk,CO,trata,"Mesa"x,,,,',),
    ),
    lines("too few cells", "line 2: 3 cells, where the header has 8", of=("co-desk,CO,trata",)),
    lines("too many cells", "line 2: 9 cells, where the header has 8", of=(GOOD + ",",)),
    lines("an unquoted comma in a name", "line 2: 9 cells, where", of=("co-desk,CO,trata,Mesa, de guardia,,,,",)),
    lines("an oversized cell", "line 2: a cell of 9000 characters", of=(f"co-desk,CO,trata,{'x' * 9000},,,,",)),
    lines("a long name", "line 2, name_es: 500 characters; at most 400", of=(f"co-desk,CO,trata,{'x' * 500},,,,",)),
    whole(
        "an unknown column",
        "line 1: no column is called 'functon'; did you mean function?",
        raw="contact,country,functon,name_es\nco-desk,CO,trata,Mesa\n",
    ),
    whole(
        "a column without a name",
        "line 1: column 3 has no name",
        raw="contact,name_es,,function\nco-desk,Mesa,x,trata\n",
    ),
    whole("a column twice", "line 1, name_es: the column is there twice", raw="contact,name_es,Name ES\nco-desk,a,b\n"),
    whole("nothing names a contact", "line 1: nothing says which contact", raw="country,phone\nCO,+12025550134\n"),
    whole(
        "no header",
        "line 1: no column is called 'co-desk'",
        "line 1: no column is called 'CO'",
        "line 1: no column is called 'trata'",
        "line 1: no column is called 'Mesa'",
        raw="co-desk,CO,trata,Mesa\n",
    ),
    lines("an id twice", "line 3, contact: co-desk stands in line 2 already", of=(GOOD, GOOD)),
    lines(
        "an id of another country",
        "line 2, contact: pe-desk is no id of a contact of CO",
        of=("pe-desk,CO,trata,Mesa,,,,",),
    ),
    lines(
        "an id that is none", "line 2, contact: 'Mesa Bogotá' is no contact id", of=("Mesa Bogotá,CO,trata,Mesa,,,,",)
    ),
    lines("no id and no function", "line 2, contact: no contact id, and no function", of=(",CO,,Mesa,,,,",)),
    lines(
        "no id and nothing else",
        "line 2, contact: no contact id, and no country and no function and no name",
        of=(",,,,+12025550134,,,",),
    ),
    lines(
        "the same made id", "line 3, contact: co-customs-aduana stands in line 2", of=(",CO,customs,Aduana,,,,",) * 2
    ),
    lines("no function", "line 2, function: no function", of=("co-desk,CO,,Mesa,,,,",)),
    lines("no name", "line 2, name_es: no name in any language", of=("co-desk,CO,trata,,,,,",)),
    lines(
        "an unknown country",
        "line 2, country: no country is called 'Columbia'; did you mean CO?",
        of=("co-desk,Columbia,trata,Mesa,,,,",),
    ),
    lines(
        "an unknown function",
        "line 2, function: no function is called 'consullar'; did you mean consular?",
        of=("co-desk,CO,consullar,Mesa,,,,",),
    ),
    lines(
        "a national number",
        "line 2, phone: '201 555 0134' is no full international number",
        of=("co-desk,CO,trata,Mesa,201 555 0134,,,",),
    ),
    lines(
        "a number too short for its country",
        "line 2, phone: no telephone can have the number +576015550; look for a digit too few",
        of=("co-desk,CO,trata,Mesa,+57 601 5550,,,",),
    ),
    lines(
        "a country code that is none",
        "line 2, phone: no telephone can have the number +9991234567",
        of=("co-desk,CO,trata,Mesa,+999 1234567,,,",),
    ),
    whole(
        "a language that there is not",
        "line 2, name_xx: no language has the code xx",
        raw="contact,country,function,name_xx\nco-desk,CO,trata,Mesa\n",
    ),
    whole(
        "an address that there cannot be",
        "line 2, email: no mailbox can have the address mesa@-x.example",
        raw="contact,country,function,name_es,email\nco-desk,CO,trata,Mesa,mesa@-x.example\n",
    ),
    lines(
        "a number as a sum",
        "line 2, phone: '1.20256E+10' was turned into a sum",
        of=("co-desk,CO,trata,Mesa,1.20256E+10,,,",),
    ),
    lines("a number run as a command", "line 2, phone:", of=("co-desk,CO,trata,Mesa,\"+cmd|' /C calc'!A0\",,,",)),
    lines(
        "a formula", "line 2, name_es: '=HYPERLINK(", of=('co-desk,CO,trata,"=HYPERLINK(""https://x.example"")",,,,',)
    ),
    lines("an at sign", "line 2, name_es: '@SUM(1)' begins like a formula", of=("co-desk,CO,trata,@SUM(1),,,,",)),
    lines(
        "a hidden character", "line 2, name_es: an invisible character (U+202E)", of=("co-desk,CO,trata,a\u202eb,,,,",)
    ),
    lines(
        "hours without a zone",
        "line 2, zone: hours without a time zone, and Brazil has several",
        of=("br-desk,BR,trata,Mesa,,,Mon 08:00-09:00,",),
    ),
    lines(
        "hours without a zone, country unknown",
        "line 2, zone: hours without a time zone",
        of=("xk-desk,XK,trata,Mesa,,,Mon 08:00-09:00,",),
    ),
    lines(
        "an unknown zone",
        "line 2, zone: 'Bogota/Colombia' is no IANA time zone",
        of=("co-desk,CO,trata,Mesa,,Bogota/Colombia,24/7,",),
    ),
    lines(
        "hours that are none",
        "line 2, hours: 'horario' is no day of the week",
        of=("co-desk,CO,trata,Mesa,,,horario oficina,",),
    ),
    lines(
        "its own alternate",
        "line 2, escalation: co-desk is its own alternate",
        of=("co-desk,CO,trata,Mesa,,,,co-desk",),
    ),
    lines(
        "an alternate that is nowhere",
        "line 2, escalation: no contact co-b of CO is listed",
        of=("co-desk,CO,trata,Mesa,,,,co-b",),
    ),
    lines(
        "an alternate abroad",
        "line 2, escalation: no contact pe-desk of CO",
        of=("co-desk,CO,trata,Mesa,,,,pe-desk", "pe-desk,PE,trata,Mesa,,,,"),
    ),
    lines(
        "too many alternates",
        "line 2, escalation: 9 of them; at most 8 are kept",
        of=('co-desk,CO,trata,Mesa,,,,"' + ";".join(f"co-{n}" for n in range(9)) + '"',),
    ),
    lines(
        "too many numbers",
        "line 2, phone: 13 of them; at most 12",
        of=('co-desk,CO,trata,Mesa,"' + ";".join(f"+120255501{n:02}" for n in range(13)) + '",,,',),
    ),
    whole(
        "a name of no language",
        "line 2, name_language: the language of the name is not told",
        raw="contact,function,name\nxk-desk,trata,Mesa\n",
    ),
    whole(
        "two names of one language",
        "line 2, name: the line has another name_es",
        raw="contact,function,name,name_language,name_es\nco-desk,trata,Mesa,es,Oficina\n",
    ),
    whole(
        "a body too large",
        "line 2: the entry cannot be published",
        raw="contact,function,name_es,"
        + ",".join(f"notes_{a}{b}" for a in "abc" for b in "abc")
        + "\nco-desk,trata,Mesa,"
        + ",".join(["x" * 3990] * 9)
        + "\n",
    ),
    lines(
        "several faults in one line",
        "line 2, country: no country",
        "line 2, function: no function",
        "line 2, phone: '5'",
        "line 2, hours: 'always open'"[:13],
        of=("co-desk,Atlantis,astrology,Mesa,5,,always open,",),
    ),
    lines(
        "faults in several lines",
        "line 2, phone:",
        "line 4: 1 cells",
        "line 5, function:",
        "line 6, name_es: no name",
        of=("co-a,CO,trata,A,5,,,", GOOD, "x", "co-b,CO,astrology,B,,,,", "co-c,CO,trata,,,,,"),
    ),
]


def problems(raw: bytes) -> tuple[Problem, ...]:
    with pytest.raises(ImportRefused) as refused:
        plan_csv(raw, ())
    assert str(refused.value).splitlines()[0].endswith("; nothing was imported")
    return refused.value.problems


@pytest.mark.parametrize("broken", BROKEN, ids=lambda each: each.name)
def test_a_broken_file_says_where_what_and_what_to_do(broken: Broken) -> None:
    found = problems(broken.file)
    messages = [str(each) for each in found]
    assert len(messages) == len(broken.told), messages
    for message, start in zip(messages, broken.told, strict=True):
        assert message.startswith(start)
    for each in found:
        assert each.what
        assert each.do
        assert str(each).isprintable()
        assert len(str(each)) < 400


def test_there_are_many_ways_to_break_a_file() -> None:
    assert len({each.name for each in BROKEN}) == len(BROKEN) >= 30


def test_the_good_line_is_good() -> None:
    assert [each.contact for each in read_contacts(f"{HEADER}\n{GOOD}\n".encode())] == ["co-desk"]


def test_a_fault_in_reading_and_one_in_planning_are_told_together() -> None:
    file = "\n".join([HEADER, "co-a,CO,trata,A,5,,,", "co-b,CO,trata,B,,,,co-zzz", "co-c,CO,trata,C,,,,co-a"]).encode()
    assert [(each.line, each.column) for each in problems(file)] == [(2, "phone"), (3, "escalation")]


def test_a_member_imports_its_own_contacts_only() -> None:
    file = f"{HEADER}\n{GOOD}\npe-desk,PE,trata,Mesa,,,,\n".encode()
    with pytest.raises(
        ImportRefused, match="line 3, country: pe-desk is a contact of PE, and CO publishes its own only"
    ):
        plan_csv(file, (), country="CO")


def test_provisional_contacts_have_no_officers_alternates_or_circles_and_replace_no_confirmed_one() -> None:
    file = (
        f"contact,function,name_es,officers,escalation,circles\nco-a,trata,A,{'0' * 32},co-b,inner\nco-b,trata,B,,,\n"
    )
    with pytest.raises(ImportRefused) as refused:
        plan_csv(file.encode(), [an_entry("co-b")], provisional=True)
    assert [(each.line, each.column) for each in refused.value.problems] == [
        (2, "officers"), (2, "escalation"), (2, "circles"), (3, "contact"),
    ]  # fmt: skip
    assert "co-b is confirmed; co-authority keeps it" in str(refused.value)


def test_ten_thousand_broken_lines_are_all_told() -> None:
    file = "\n".join([HEADER, *(f"co-{n},Columbia,consullar{n % 5},Mesa,{n},,," for n in range(10_000))]).encode()
    assert len(problems(file)) == 30_000


def test_reading_alone_refuses_the_same_faults() -> None:
    with pytest.raises(ImportRefused, match="line 2, phone: '5' is no full international number"):
        read_contacts(f"{HEADER}\nco-a,CO,trata,A,5,,,\n".encode())


def test_what_is_published_and_could_not_be_imported_is_told_where_the_file_leaves_it() -> None:
    published = an_entry("co-desk", "customs", a_body("Aduana", website="www.x.example"))
    with pytest.raises(ImportRefused, match=r"line 2, website: 'www.x.example' is no web address"):
        plan_csv(b"contact,name_es\nco-desk,Aduanas\n", [published])
    mended = plan_csv(b"contact,name_es,website\nco-desk,Aduana,https://www.x.example\n", [published])
    assert [each.column for each in mended.changed[0].differences] == ["website"]
