"""Properties of cards as hypothesis makes them: any that a card may hold."""

from hypothesis import strategies as st

from directory.exchange.vcard_values import COMPONENTS, KINDS, LISTS, Property

VERSION = Property("VERSION", ("4.0",))
# What may stand in a content line: no control but the line end, which is escaped.
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n"), max_size=120) | st.sampled_from(
    ["", "a;b,c\\d\ne", "\\n", "é" * 80, "🙂" * 40, " x ", "x:y", '"q"', "^n", "\u2028"]
)
words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), max_size=90)
names = st.sampled_from([*sorted(set(KINDS) - {"VERSION"}), "X-ENLACE-HOURS", "X-A-1"])
params = st.lists(
    st.tuples(
        st.sampled_from(["TYPE", "PREF", "LANGUAGE", "ALTID", "X-ENLACE-USE"]),
        st.lists(texts, min_size=1, max_size=3).map(tuple),
    ),
    max_size=3,
    unique_by=lambda each: each[0],
).map(tuple)


@st.composite
def properties(draw: st.DrawFn) -> Property:
    """A property with a value of a type that fits its name."""
    name = draw(names)
    kind = draw(st.sampled_from(["text", "uri"])) if name.startswith("X-") else KINDS[name]
    if kind != "text":
        return Property(name, (draw(words),), draw(params), kind)
    if name in COMPONENTS or name in LISTS:
        return Property(name, draw(st.lists(texts, min_size=2, max_size=7).map(tuple)), draw(params))
    return Property(name, (draw(texts),), draw(params))


cards = st.lists(properties(), max_size=6).map(lambda found: (VERSION, *found))
