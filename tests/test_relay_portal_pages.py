"""What stands on the portal's pages: whom it is shown to, marks and warnings, languages, and other people's text."""

from urllib.parse import quote

import pytest
from desk_world import key_set
from directory_world import START, key_pair, local_id
from msgspec.structs import replace
from portal_world import Access, Browser, PortalWorld

from directory.bodies import ContactBody, Phone, write_body_bytes
from directory.four_languages import OFFICIAL
from directory.keyset import EPOCH, GRACE, write_keyset
from directory.statement import EraseBody, RetireContact

pytest_plugins = ("portal_together",)
pytestmark = pytest.mark.asyncio(loop_scope="module")  # one relay for all: to make a network takes a second


async def test_a_member_sees_what_it_may_read_and_no_more(world: PortalWorld, browser: Browser) -> None:
    ours = await browser.get("/portal/?q=Brigada+Reservada")
    assert "Brigada" not in ours.text.partition('id="results"')[2].partition("asked")[2].partition("</p>")[2]
    assert "tel:+12025550121" not in (await browser.get("/portal/contact/ar-secret")).text
    assert "Published to circles alone" in (await browser.get("/portal/contact/ar-secret")).text
    # Nor does it count in a search for what stands in it: name, number, nearly so, with filters around it.
    for asked in ("q=Brigada+Reservada", "q=%2B12025550121", "q=Brigda", "q=reservada&country=AR&now=1"):
        assert ">0 results<" in (await browser.get(f"/portal/?{asked}")).text, asked
    theirs = await world.browser()
    await theirs.log_in(await world.access("ar-night"))
    assert "tel:+12025550121" in (await theirs.get("/portal/contact/ar-secret")).text
    assert "Brigada Reservada" in (await theirs.get("/portal/?q=brigada")).text


async def test_nothing_is_shown_that_the_newest_directory_does_not_let_be_shown(own: PortalWorld) -> None:
    """The index may be some seconds old; what was erased or retired meanwhile is not shown from it."""
    world, night = own, await own.access("co-night")
    browser = await own.browser()
    await browser.log_in(night)
    here = world.here
    for contact in ("co-desk", "co-extradition"):
        assert (await browser.get(f"/portal/contact/{contact}")).status == 200
    body = here.world.view.contacts["co-desk"].body
    world.say(EraseBody, ("co-chief",), body=body)
    world.say(RetireContact, ("co-chief",), contact="co-extradition")
    await here.publish()
    erased = await browser.get("/portal/contact/co-desk")
    assert ("tel:+12025550110" in erased.text, "had its details erased" in erased.text) == (False, True)
    assert (await browser.get("/portal/contact/co-extradition")).status == 404
    assert "Extradition Office" not in (await browser.get("/portal/?q=extradition")).text


async def test_what_others_wrote_is_text_and_nothing_else(browser: Browser) -> None:
    for path in (
        "/portal/contact/ar-markup",
        "/portal/?q=consulate",
        "/portal/?q=" + quote('"><script>alert(2)</script>'),
    ):
        page = await browser.get(path)
        assert page.status == 200
        assert "<script" not in page.text
        assert "<b>bold" not in page.text
        assert 'href="javascript' not in page.text
        assert "\u202e" not in page.text
    page = await browser.get("/portal/contact/ar-markup")
    assert "{{ 7 * 7 }}" in page.text
    assert 'href="mailto:a%22b%3Cc%3E@mark.example"' in page.text


@pytest.mark.parametrize("language", OFFICIAL)
async def test_every_page_is_there_in_every_language(world: PortalWorld, night: Access, language: str) -> None:
    browser = await world.browser(language=f"{language}-XX,{language};q=0.9,de;q=0.8")
    await browser.log_in(night)
    tag = "pt-BR" if language == "pt" else language
    for path in ("/portal/", "/portal/?q=trata&now=1", "/portal/?q=zzzz&country=CO", "/portal/contact/co-desk",
                 "/portal/contact/ar-secret", "/portal/account", "/portal/login", "/portal/none"):  # fmt: skip
        assert f'<html lang="{tag}">' in (await browser.get(path)).text, path
    # Chosen once, it stays; what the browser prefers counts no more.
    other = "fr" if language != "fr" else "es"
    assert f'<html lang="{other}">' in (await browser.get(f"/portal/?lang={other}")).text
    assert f'<html lang="{other}">' in (await browser.get("/portal/account")).text
    assert '<html lang="' + other in (await browser.get("/portal/?lang=xx")).text


async def test_a_name_with_letters_of_two_alphabets_is_warned_of(browser: Browser) -> None:
    for path in ("/portal/?q=ar-alike", "/portal/contact/ar-alike"):
        page = await browser.get(path)
        assert "has letters that only look like ours (\u043e U+043E)" in page.text
        assert "has letters that only look like ours (\u0430 U+0430)" in page.text  # in the website
        assert ('class="fax"' in page.text, 'class="number"' in page.text) == (True, False)
    assert "only look like ours" not in (await browser.get("/portal/contact/co-desk")).text


async def test_a_search_is_narrowed_to_a_circle_of_ones_own(world: PortalWorld, browser: Browser) -> None:
    theirs = await world.browser(language="es")
    await theirs.log_in(await world.access("ar-night"))
    page = await theirs.get("/portal/?q=&circle=south")
    assert ('<option value="south" selected>Círculo del Sur<' in page.text, page.text.count("<article")) == (True, 1)
    assert "Brigada Reservada" in page.text
    assert "Círculo del Sur" in (await theirs.get("/portal/contact/ar-secret")).text
    assert (await theirs.get("/portal/?q=&circle=north")).text.count("<article") == 0
    # Whoever is not in it is offered none, and counts nothing by asking.
    assert 'name="circle"' not in (await browser.get("/portal/")).text
    page = await browser.get("/portal/?q=zzzz&circle=south&country=AR&function=police-investigation")
    found = page.text.partition('id="results"')[2]
    assert ("0 results" in found, "(1)" in found) == (True, False)
    assert "Southern &#34;Circle&#34;" in (await browser.get("/portal/contact/ar-secret")).text


async def test_no_result_leads_to_other_questions(browser: Browser) -> None:
    none = await browser.get("/portal/?q=Columbia&function=consular")
    assert 'href="/portal/?function=consular"' in none.text
    assert "Nobody is listed" in none.text
    long = "/portal/?q=" + "+".join(["trata", *(f"w{number}" for number in range(40))])
    assert "The first 16 words were looked for" in (await browser.get(long)).text
    assert "Nobody is listed" in (await browser.get("/portal/?q=%21%3F")).text
    assert (await browser.get("/portal/?country=ZZ&function=nix&language=qq&most=x&now=2")).status == 200
    assert (await browser.get("/portal/?q=" + "x" * 5000)).status == 200


async def test_a_contact_whose_keys_ran_out_is_marked_until_its_desk_is_back(own: PortalWorld) -> None:
    here, browser = own.here, await own.browser()
    await browser.log_in(await own.access("co-night"))
    for number, opens, cut_off in ((1, START - EPOCH - GRACE - 1, True), (2, START, False)):
        epoch = key_set(here.world, "co-night").epochs[0]
        epoch = replace(epoch, opens=opens, closes=opens + EPOCH, erase=opens + EPOCH + GRACE)
        made = key_set(here.world, "co-night", number, epochs=(epoch,))
        device = local_id("co-night")
        raw = write_keyset(made, here.world.view.device_name(device), key_pair("co-night"))
        await here.relay.keysets.put(device, raw)
        for path in ("/portal/?q=co-desk", "/portal/contact/co-desk"):
            text = (await browser.get(path)).text
            assert ("CANNOT RECEIVE by Enlace" in text, "Telephone and e-mail only" in text) == (cut_off, False)


async def test_where_many_fit_the_first_are_shown_and_more_on_demand(own: PortalWorld) -> None:
    world, night = own, await own.access("co-night")
    browser = await own.browser()
    await browser.log_in(night)
    for number in range(25):
        about = ContactBody(names={"en": f"Office number {number}"}, phones=(Phone(number="+12025550150"),))
        body = world.here.world.opening(write_body_bytes(about), f"many {number}")
        world.here.world.add_contact(f"co-many-{number}", "co", function="customs", body=body)
    await world.here.publish()
    world.here.clock.now += 5  # an index lasts so long
    page = await browser.get("/portal/?function=customs&country=CO")
    assert (page.text.count("<article"), "25 results" in page.text) == (20, True)
    assert (await browser.get("/portal/?function=customs&country=CO&most=100")).text.count("<article") == 25
