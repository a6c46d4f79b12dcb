"""The rules of portal access: names, cookies, sessions that turn and end, where a form leads, whose access counts."""

import string
from dataclasses import replace

import pytest
from directory_world import START, World, local_id, officer_id
from hypothesis import given
from hypothesis import strategies as st

from directory.statement import RevokeDevice, RevokeOfficer, SuspendMember
from relay.portal.paths import FIND, query_text, way_back
from relay.rules.portal import (
    AGAIN,
    AHEAD,
    LATE,
    MOST_NETWORKS,
    Limits,
    Over,
    PortalSession,
    Used,
    bound_to,
    check_running,
    cookie_of,
    form_token,
    made_name,
    next_token,
    officer_counts,
    officer_is_out,
    opened,
    read_cookie,
    shown,
    taken_along,
    typed_name,
)

LIMITS = Limits(900, 14_400)
NOW = START
HERE = bound_to("a browser", "192.0.2.7")
TYPED = string.printable + "\u2011\u00e9\u202e\u0130\uff4b\ud800\\\x00"
KEY = b"k" * 32
TOKENS = [f"{number:064x}" for number in range(9)]
SESSION = opened("1" * 32, TOKENS[0], "5" * 32, HERE, NOW)


def turn(
    session: PortalSession, token: str, now: int, *, key: bytes = KEY, late: bool = False
) -> tuple[PortalSession, str]:
    """The session after a page, and the token that it brings."""
    page = shown(session, token, key, HERE, now, LIMITS, late=late)
    return page.session, page.token


def why(session: PortalSession, token: str, bound: str = HERE, now: int = NOW) -> tuple[str, bool]:
    with pytest.raises(Over) as over:
        shown(session, token, KEY, bound, now, LIMITS, late=False)
    return over.value.why, over.value.ends


@given(st.binary(min_size=5, max_size=5))
def test_a_name_is_read_as_it_is_written_whatever_its_case_and_spacing(randomness: bytes) -> None:
    name = made_name(randomness)
    assert typed_name(name) == name
    assert typed_name(f" {name.upper().replace('-', ' ')} ") == name
    assert typed_name(name.replace("1", "l").replace("0", "O").replace("-", "\u2011")) == name
    assert not set(name) & set("ilou")


@given(st.text(TYPED, max_size=12))
def test_whatever_is_typed_is_a_name_or_nothing(text: str) -> None:
    name = typed_name(text)
    assert name == "" or (typed_name(name) == name and set(name) <= set(string.ascii_lowercase + string.digits + "-"))


@pytest.mark.parametrize(
    "text", ["", "k7mw3np", "k7mw-3npqq", "k7mw-3np!", "desk@example", "k7mw-3npu", "\uff4b7mw-3npq"]
)
def test_what_can_be_no_name_is_none(text: str) -> None:
    assert typed_name(text) == ""


def test_names_need_five_bytes() -> None:
    with pytest.raises(ValueError, match="5 random bytes"):
        made_name(bytes(4))


@pytest.mark.parametrize(
    "text", ["", "x", "1" * 32, f"{'1' * 32}.{'2' * 63}", f"{'1' * 32}.{'G' * 64}", f"{'1' * 32}.{'2' * 64}\n"]
)
def test_what_is_no_cookie_of_ours_is_no_session(text: str) -> None:
    with pytest.raises(Over) as over:
        read_cookie(text)
    assert (over.value.why, over.value.ends) == ("none", False)


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=32, max_size=32), st.text(TYPED, max_size=3))
def test_a_cookie_is_read_as_it_is_written_and_in_no_other_way(one: bytes, two: bytes, more: str) -> None:
    cookie = cookie_of(one.hex(), two.hex())
    assert read_cookie(cookie) == (one.hex(), two.hex())
    if more:
        with pytest.raises(Over):
            read_cookie(cookie + more)


def test_every_page_brings_another_token_and_takes_the_one_before_once_more() -> None:
    second, token = turn(SESSION, TOKENS[0], NOW + 60)
    assert second.newest != SESSION.newest
    assert second.seen_at == NOW + 60
    # Pages at once, or asked for again soon: the token that was just used brings the same one, whatever comes first.
    assert turn(second, TOKENS[0], NOW + 60) == (second, token)
    asked, same = turn(second, TOKENS[0], NOW + 60 + AGAIN)
    assert (asked.newest, asked.turned_at, same) == (second.newest, second.turned_at, token)
    assert turn(asked, token, NOW + 61 + AGAIN)[0].before == second.newest
    # The answer was lost: the same token, later, brings another one in the place of that which nobody has.
    again, other = turn(second, TOKENS[0], NOW + 61 + AGAIN)
    assert why(again, token, now=NOW + 95) == ("replayed", True)
    third, _ = turn(again, other, NOW + 95)
    assert why(third, TOKENS[0], now=NOW + 95) == ("replayed", True)


def test_a_relay_that_started_anew_meanwhile_brings_another_token() -> None:
    second, token = turn(SESSION, TOKENS[0], NOW + 60)
    again, other = turn(second, TOKENS[0], NOW + 61, key=b"n" * 32)
    assert other != token
    assert turn(again, other, NOW + 62)[1]
    assert why(again, token, now=NOW + 62) == ("replayed", True)


def test_a_request_that_was_overtaken_is_shown_its_page_and_brings_nothing() -> None:
    second, token = turn(SESSION, TOKENS[0], NOW + 60)
    third, _ = turn(second, token, NOW + 61)
    assert turn(third, TOKENS[0], NOW + 61, late=True) == (third, "")
    with pytest.raises(Over):
        shown(third, TOKENS[0], KEY, bound_to("another", "192.0.2.7"), NOW + 61, LIMITS, late=True)


def test_used_tokens_are_known_for_some_seconds_and_only_so_many() -> None:
    used = Used(2)
    used.note("1", "a", NOW)
    assert used.lately("1", "a", NOW)
    assert used.lately("1", "a", NOW + LATE)
    assert not used.lately("1", "a", NOW + LATE + 1)
    assert not used.lately("1", "a", NOW - 1)
    assert not used.lately("2", "a", NOW)  # of another session
    assert not used.lately("1", "b", NOW)
    used.note("1", "b", NOW)
    used.note("1", "c", NOW)
    assert [used.lately("1", each, NOW) for each in "abc"] == [False, True, True]


def test_the_next_token_is_known_to_nobody_without_the_key() -> None:
    made = {next_token(key, token, at) for key in (KEY, b"n" * 32) for token in TOKENS[:2] for at in (NOW, NOW + 1)}
    assert len(made) == 8
    assert all(read_cookie(cookie_of("1" * 32, each))[1] == each for each in made)


@pytest.mark.parametrize("thief_first", [True, False])
def test_two_who_hold_one_cookie_are_found_out_whoever_moves_first(thief_first: bool) -> None:
    """Each goes on with what they were given; after one page of each, somebody's token is an old one."""
    session, now = SESSION, NOW + 100
    session, one = turn(session, TOKENS[0], now)
    session, two = turn(session, TOKENS[0], now + 60)
    order = (one, two) if thief_first else (two, one)
    ended: list[tuple[str, bool]] = []
    for step, token in enumerate(order):
        try:
            session, _ = turn(session, token, now + 120 + step)
        except Over as over:
            ended.append((over.why, over.ends))
    assert ended == [("replayed", True)]


@pytest.mark.parametrize("pause", [0, AGAIN])
def test_two_who_hold_one_cookie_at_one_time_are_found_out_at_the_second_page_of_one(pause: int) -> None:
    """Asked for at once, both get the same token; who asks twice while the other does not leaves them behind."""
    session, token = turn(SESSION, TOKENS[0], NOW)
    session, same = turn(session, TOKENS[0], NOW + pause)
    assert same == token
    session, further = turn(session, token, NOW + pause + 20)
    session, _ = turn(session, further, NOW + pause + 40)
    assert why(session, token, now=NOW + pause + 60) == ("replayed", True)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2 * AGAIN)), max_size=12))
def test_no_token_counts_but_the_newest_and_the_one_used_last(moves: list[tuple[int, int]]) -> None:
    """Whoever asks, and whenever."""
    session, now, newest, last = SESSION, NOW, TOKENS[0], ""
    for which, later in moves:
        now += later
        token = [newest, last, *TOKENS][which]
        if token not in (newest, last) or not token:
            assert why(session, token, now=now) == ("replayed", True)
            continue
        session, brought = turn(session, token, now)
        newest, last = brought, token


def test_a_cookie_of_another_browser_ends_the_session() -> None:
    for token in (TOKENS[0], TOKENS[5]):
        assert why(SESSION, token, bound_to("another browser", "192.0.2.7")) == ("elsewhere", True)


@pytest.mark.parametrize("address", ["198.51.100.7", "2001:db8::1"])
def test_a_good_cookie_from_another_network_is_shown_nothing_and_ends_nothing(address: str) -> None:
    there = bound_to("a browser", address)
    session, _ = turn(SESSION, TOKENS[0], NOW)
    assert why(SESSION, TOKENS[0], there) == why(session, TOKENS[0], there) == ("moved", False)
    with pytest.raises(Over) as late:
        shown(session, TOKENS[7], KEY, there, NOW, LIMITS, late=True)
    assert (late.value.why, late.value.ends) == ("moved", False)
    # One that is not good is found out wherever it comes from.
    assert why(session, TOKENS[5], there) == ("replayed", True)


def test_whoever_logs_in_from_another_network_has_both_and_four_at_most() -> None:
    places = ["192.0.2.7", "2001:db8::1", "198.51.100.7", "203.0.113.7", "2001:db8:1::1"]
    session = SESSION
    for address in places[1:]:
        both = taken_along(session, TOKENS[0], bound_to("a browser", address), NOW, LIMITS)
        assert both is not None
        session = replace(session, bound=both)
    good = [each for each in places if not _moved(session, bound_to("a browser", each))]
    assert good == places[-MOST_NETWORKS:]
    again = taken_along(session, TOKENS[0], bound_to("a browser", places[1]), NOW, LIMITS)
    assert again is not None
    assert sorted(again.split(" ")) == sorted(session.bound.split(" "))
    # Where addresses do not count, none is asked for.
    assert not _moved(session, bound_to("a browser", "192.0.2.7", addresses=False))


def test_no_other_cookie_takes_networks_along() -> None:
    there, session = bound_to("a browser", "198.51.100.7"), turn(SESSION, TOKENS[0], NOW)[0]
    assert taken_along(session, TOKENS[0], there, NOW, LIMITS) == f"{HERE} {there.split(' ')[1]}"
    assert taken_along(session, TOKENS[5], there, NOW, LIMITS) is None
    assert taken_along(session, TOKENS[0], bound_to("another", "192.0.2.7"), NOW, LIMITS) is None
    assert taken_along(session, TOKENS[0], there, NOW + 900, LIMITS) is None
    assert taken_along(replace(session, ended="replayed"), TOKENS[0], there, NOW, LIMITS) is None


def _moved(session: PortalSession, bound: str) -> bool:
    try:
        shown(session, TOKENS[0], KEY, bound, NOW, LIMITS, late=False)
    except Over as over:
        return over.why == "moved"
    return False


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.7", "192.0.2.250", True),
        ("192.0.2.7", "192.0.3.7", False),
        ("2001:db8:1:1::5", "2001:db8:1:ffff::9", True),
        ("2001:db8:1::5", "2001:db8:2::5", False),
        ("192.0.2.7", "::ffff:192.0.2.9", True),
        ("a proxy's socket", "a proxy's socket", True),
    ],
)
def test_what_counts_as_the_same_network(one: str, other: str, same: bool) -> None:
    assert (bound_to("x", one) == bound_to("x", other)) is same
    assert bound_to("x", one, addresses=False) == bound_to("x", other, addresses=False)
    assert bound_to("x", one) != bound_to("y", one)


def test_a_session_ends_when_nothing_is_asked_for_and_after_its_time() -> None:
    assert why(SESSION, TOKENS[0], now=NOW + 900) == ("idle", False)
    session, token = SESSION, TOKENS[0]
    for minute in range(1, 240):
        session, token = turn(session, token, NOW + 60 * minute)
    assert why(session, token, now=NOW + 14_400) == ("longest", False)


def test_a_clock_set_back_a_little_leaves_a_session_and_far_back_ends_it() -> None:
    assert turn(SESSION, TOKENS[0], NOW - AHEAD)[0].before == SESSION.newest
    assert why(SESSION, TOKENS[0], now=NOW - AHEAD - 1) == ("longest", False)


def test_a_session_that_was_ended_says_why_and_is_not_ended_again() -> None:
    for ended in ("replayed", "elsewhere"):
        with pytest.raises(Over) as over:
            check_running(replace(SESSION, ended=ended), NOW, LIMITS)
        assert (over.value.why, over.value.ends) == (ended, False)


def test_forms_of_two_sessions_carry_different_tokens() -> None:
    assert form_token("1" * 32) != form_token("2" * 32)
    assert len(form_token("1" * 32)) == 64


@pytest.fixture(scope="module")
def world() -> World:
    world = World.founded()
    world.add_member("co")
    world.add_officer("co-night", "co")
    world.admit(world.enrolling("co-second", "co-night"), "co-chief")
    return world


def test_an_officer_counts_while_one_device_does(world: World) -> None:
    world, officer = world.copy(), officer_id("co-night")
    assert officer_counts(world.view, officer, world.now)
    assert not officer_is_out(world.view, officer)
    assert not officer_counts(world.view, "0" * 32, world.now)
    assert officer_is_out(world.view, "0" * 32)
    for handle, left in (("co-night", True), ("co-second", False)):
        world.admit(world.say(RevokeDevice, device=local_id(handle), reason="lost"), "co-chief", "co-deputy")
        assert officer_counts(world.view, officer, world.now) is left
        assert officer_is_out(world.view, officer) is not left


def test_an_officer_who_is_revoked_is_out_and_one_who_is_suspended_waits(world: World) -> None:
    officer = officer_id("co-night")
    revoked = world.copy()
    revoked.admit(revoked.say(RevokeOfficer, officer=officer, reason="left"), "co-chief", "co-deputy")
    assert officer_is_out(revoked.view, officer)
    waiting = world.copy()
    waiting.admit(waiting.say(SuspendMember, member="co", until=waiting.now + 3600), "duty")
    assert not officer_counts(waiting.view, officer, waiting.now)
    assert not officer_is_out(waiting.view, officer)
    assert officer_counts(waiting.view, officer, waiting.now + 3600)


@pytest.mark.parametrize(
    ("text", "leads"),
    [
        ("", FIND),
        ("/portal/", FIND),
        ("/portal/?q=trata&country=CO", "/portal/?q=trata&country=CO"),
        ("/portal/?country=CO&q=Bogot%C3%A1&evil=1&lang=fr", "/portal/?q=Bogot%C3%A1&country=CO"),
        ("/portal/contact/co-desk?q=x", "/portal/contact/co-desk?q=x"),
        ("/portal/account", "/portal/account"),
        ("/portal/logout", FIND),
        ("/portal/login", FIND),
        ("https://evil.example/portal/", FIND),
        ("//evil.example", FIND),
        ("/\\evil.example", FIND),
        ("/portal/contact/../../v1/log", FIND),
        ("/portal/contact/co-desk\r\nSet-Cookie: x=y", FIND),
        ("/portal/?q=%0d%0aSet-Cookie", "/portal/?q=%0D%0ASet-Cookie"),
        ("/portal/?q=%ff", FIND),
        ("javascript:alert(1)", FIND),
    ],
)
def test_nobody_is_led_out_of_the_portal(text: str, leads: str) -> None:
    assert way_back(text) == leads


@given(st.text(TYPED, max_size=80))
def test_wherever_a_text_leads_is_in_the_portal(text: str) -> None:
    for each in (text, f"/portal/{text}", f"/portal/?{text}", f"/portal/contact/{text}"):
        found = way_back(each)
        assert found.startswith("/portal/")
        assert found.isascii()
        assert found.isprintable()
        assert way_back(found) == found


def test_a_query_keeps_what_was_asked_and_nothing_empty() -> None:
    assert query_text({"q": "a b", "country": "", "now": "1", "lang": "fr"}) == "?q=a+b&now=1"
    assert query_text({}) == ""
