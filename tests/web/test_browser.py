"""The desk in a real browser: mouse and keyboard, wide and narrow, light and dark."""

from __future__ import annotations

import shutil
from contextlib import contextmanager

import pytest

from tests.api.serving import served

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")


@pytest.fixture(scope="module")
def chromium():
    """Return a running browser."""
    from playwright.sync_api import sync_playwright

    with pytest.MonkeyPatch.context() as patch, sync_playwright() as play:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the browser's loop runs in this thread
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def url(book):
    """Return the address of a served process."""
    with served() as address:
        yield address


@contextmanager
def seat(chromium, url, login, password, **options):
    """Yield a page on which a person has signed in by keyboard; no complaint may come of it."""
    context = chromium.new_context(**options)
    page, complaints = context.new_page(), []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{url}/sign-in")
    page.wait_for_function("document.activeElement.id === 'id_username'")
    page.keyboard.type(login)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/exposure")
    yield page
    context.close()
    assert complaints == []


def test_a_held_order_is_released_by_two_people(chromium, url, house):
    """The analyst finds it with the keyboard and proposes; the manager signs."""
    desk = house.desk
    order = desk.hold(desk.held())["order_no"]
    with seat(chromium, url, *house.password(desk.people.analyst)) as page:
        page.keyboard.press("/")
        page.keyboard.type(desk.account.customer_no)
        page.keyboard.press("Enter")
        page.get_by_role("link", name=desk.account.name or desk.account.customer_no).click()
        page.get_by_role("link", name=order).click()
        page.get_by_label("Reason").fill("agreed with sales")
        page.get_by_role("button", name="Propose the release").click()
        assert "It waits for the" in page.get_by_role("status").inner_text()
    with seat(chromium, url, *house.password(desk.people.manager)) as page:
        page.get_by_role("link", name="Sign-offs").click()
        page.get_by_role("link", name=f"Release order {order}").click()
        page.get_by_role("button", name="Sign", exact=True).click()
        assert page.get_by_role("status").inner_text() == "The proposal is applied."
    assert desk.order(order)["state"] == "authorised"


@pytest.mark.parametrize("width", [380, 1280, 2560])
def test_it_fits_its_window(chromium, url, house, width):
    """No page is wider than the window, and every control has a name."""
    desk = house.desk
    hold = desk.held()
    asked = desk.propose(hold)
    size = {"width": width, "height": 800}
    with seat(chromium, url, *house.password(desk.people.manager), viewport=size) as page:
        for path in ("/exposure", house.account_page, "/holds", f"/holds/{hold}", "/sign-offs",
                     f"/proposals/{asked.proposal_id}"):  # fmt: skip
            page.goto(f"{url}{path}")
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, path
            nameless = page.evaluate("""[...document.querySelectorAll("input, select, textarea")]
                .filter((each) => each.type !== "hidden" && !each.labels.length).length""")
            assert nameless == 0, path


def test_it_is_dark_where_the_reader_wants_it(chromium, url, house):
    """The ground follows the reader's choice."""
    found = {}
    for scheme in ("light", "dark"):
        with seat(chromium, url, *house.password(house.desk.people.auditor),
                  color_scheme=scheme) as page:  # fmt: skip
            found[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert found["light"] != found["dark"]


def test_signing_out_ends_it(chromium, url, house):
    """The way back leads to the sign-in page."""
    with seat(chromium, url, *house.password(house.desk.people.controller)) as page:
        page.get_by_role("button", name="Sign out").click()
        page.goto(f"{url}/holds")
        assert page.get_by_role("heading").inner_text() == "Sign in"
