"""Pages in a real browser: no strangers, no errors, charts that wake up."""

from __future__ import annotations

import chromium
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from explainer import build

pytestmark = pytest.mark.browser
# `make test` opens a sample; `make check` opens every page.
SAMPLE = ("introduction", "2-the-trigger", "conclusion", "ledger")
PAGES = [
    pytest.param(page.stem, marks=[] if page.stem in SAMPLE else [pytest.mark.slow])
    for page in build.chapters()
]
SIZES = {"desk": (1280, 900), "phone": (390, 844)}


@pytest.fixture
def visit(browser, server, site):
    """Opens a page; gives it back with what it asked for and what it complained of."""
    contexts = []

    def opened(name, size="desk", scheme="light", scripts=True, file=False):
        width, height = SIZES[size]
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            java_script_enabled=scripts,
        )
        contexts.append(context)
        page = context.new_page()
        page.asked, page.complaints = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on(
            "console",
            lambda message: message.type in ("error", "warning")
            and page.complaints.append(message.text),
        )
        root = site.as_uri() if file else server
        page.goto(f"{root}/en/chapters/{name}.html")
        page.wait_for_load_state("networkidle")
        page.root = root
        return page

    yield opened
    for context in contexts:
        context.close()


def strangers(page):
    return [url for url in page.asked if not url.startswith((page.root, "data:"))]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_no_stranger_and_complains_of_nothing(visit, name, size):
    page = visit(name, size)
    page.mouse.wheel(0, 20000)
    assert strangers(page) == []
    assert page.complaints == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("name", PAGES)
def test_no_chart_script_is_loaded_before_a_reader_points_at_a_chart(visit, name):
    page = visit(name)
    page.mouse.wheel(0, 20000)
    assert not [url for url in page.asked if "charts.js" in url or "/charts/" in url]


def test_a_chart_that_could_not_be_fetched_stays_a_drawing_and_is_tried_again(visit):
    page = visit("2-the-trigger")
    page.route("**/charts/fund-flow.js*", lambda route: route.abort())
    figure = page.locator("#chart-fund-flow")
    slider = figure.locator("input").first
    slider.press("ArrowRight")
    page.wait_for_selector("#chart-fund-flow[data-state=static]")
    assert figure.locator(".chart-wide svg").bounding_box()["height"] > 60
    page.unroute("**/charts/fund-flow.js*")
    slider.press("ArrowRight")
    page.wait_for_selector("#chart-fund-flow[data-state=live]")
    assert figure.locator(".chart-readout").inner_text()


def test_a_holding_mixed_with_itself_is_said_to_be(visit):
    lab = visit("conclusion").locator("#chart-hedge-lab")
    first, second = lab.locator("select").all()
    first.select_option(label="Robotics (ROBO)")
    second.select_option(label="Robotics (ROBO)")
    remark = "Mixed with itself"
    expect(lab).to_contain_text(remark)
    second.select_option(label="Consumer staples (XLP)")
    expect(lab).not_to_contain_text(remark)


@pytest.mark.parametrize("file", [False, True], ids=["server", "file"])
@pytest.mark.parametrize("name", PAGES)
def test_every_chart_wakes_up_without_moving_the_page(visit, name, file):
    page = visit(name, file=file)
    figures = page.query_selector_all("figure.chart")
    for figure in figures:
        figure.scroll_into_view_if_needed()
        before = figure.bounding_box()["height"]
        figure.hover()
        page.wait_for_function("figure => figure.dataset.state === 'live'", arg=figure)
        assert abs(figure.bounding_box()["height"] - before) < 1, figure.get_attribute("id")
    assert page.complaints == []
    assert strangers(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_every_slider_and_picker_works_by_keyboard(visit, name):
    page = visit(name)
    # Sliders first: what a picker chooses may have a share of nought to begin with.
    sliders = page.query_selector_all(".chart-control input")
    for control in [*sliders, *page.query_selector_all(".chart-control select")]:
        figure = control.evaluate_handle("control => control.closest('figure')").as_element()
        control.focus()
        page.wait_for_function("figure => figure.dataset.state === 'live'", arg=figure)
        live = figure.query_selector(".chart-view")
        before = live.inner_html()
        moved = control.get_attribute("type") == "range" and control.evaluate(
            "control => +control.value === +control.max"
        )
        picker = control.evaluate("control => control.tagName === 'SELECT'")
        page.keyboard.press("ArrowDown" if picker else "ArrowLeft" if moved else "ArrowRight")
        page.wait_for_timeout(300)
        assert live.inner_html() != before, f"{control.get_attribute('id')} changes nothing"
    assert page.complaints == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_without_scripts_shows_text_and_drawings(visit, name):
    page = visit(name, scripts=False)
    assert len(page.inner_text("main").split()) > 100
    for figure in page.query_selector_all("figure.chart"):
        assert figure.query_selector(".chart-wide svg").bounding_box()["height"] > 60
        shown = figure.query_selector_all(".chart-control")
        assert not [control for control in shown if control.is_visible()]


def test_all_code_is_one_touch_away_and_a_number_leads_to_its_cell(visit):
    page = visit("2-the-trigger")
    folds = "[...document.querySelectorAll('details.folded')].map(fold => fold.open)"
    button = page.get_by_role("button", name="Show all code")
    button.click()
    assert all(page.evaluate(folds))
    page.get_by_role("button", name="Hide all code").click()
    assert not any(page.evaluate(folds))
    page.click("a.value >> nth=0")
    assert not any(page.evaluate(folds))
    card = page.locator(".card")
    told = page.locator("a.value >> nth=0").inner_text()
    assert card.get_attribute("aria-label") == f"Where {told} comes from"
    assert page.locator("a.value >> nth=0").inner_text() in card.inner_text()
    card.get_by_role("link").click()
    assert sum(page.evaluate(folds)) == 1
    assert page.locator("li:target").is_visible()


def test_a_chart_is_told_once_and_no_two_controls_have_the_same_name(visit):
    page = visit("2-the-trigger")
    figure = page.locator("figure.chart").first
    title, subtitle, description = (
        figure.locator(f".chart-{part}").text_content()
        for part in ("title", "subtitle", "description")
    )
    expect(figure).to_have_accessible_name(title)
    drawing = figure.get_by_role("img")
    expect(drawing).to_have_accessible_name(description)
    expect(drawing).to_have_accessible_description("")
    heard = figure.aria_snapshot().replace("\N{NO-BREAK SPACE}", " ")
    for once in (subtitle, description):
        assert heard.count(once.replace("\N{NO-BREAK SPACE}", " ")) == 1
    names = page.evaluate(
        "[...document.querySelectorAll('summary')]"
        ".map((fold) => fold.ariaLabel ?? fold.textContent)"
    )
    assert len(set(names)) == len(names) > 50


def test_the_keyboard_meets_the_sections_before_the_text_and_no_drawing(visit):
    page = visit("2-the-trigger")
    order = page.evaluate(
        "[...document.querySelectorAll('#contents a, #on-page a, main a')]"
        ".map((link) => link.closest('nav, main').id)"
    )
    assert list(dict.fromkeys(order)) == ["contents", "on-page", "main-content"]
    text, beside = (page.locator(part).bounding_box() for part in ("main", "#on-page"))
    assert beside["x"] > text["x"] + text["width"]
    assert page.evaluate(
        "[...document.querySelectorAll('.chart-view')]"
        ".every((drawing) => drawing.tabIndex < 0)"
    )


def test_cells_that_show_nothing_leave_the_text_alone_until_asked_for(visit):
    lines = ".cell:not(:has(> .cell_output)) > details"
    page = visit("2-the-trigger")
    assert page.locator(lines).count() > 3
    assert page.locator(f"{lines} >> visible=true").count() == 0
    page.get_by_role("button", name="Show all code").click()
    assert page.locator(f"{lines} >> visible=true").count() == page.locator(lines).count()
    plain = visit("2-the-trigger", scripts=False)
    assert plain.locator(f"{lines} >> visible=true").count() == plain.locator(lines).count()


def test_a_control_says_what_the_drawing_shows_when_a_reader_comes_back(visit):
    page = visit("introduction")
    slider = page.locator("#chart-falls-since input")
    start = slider.input_value()
    slider.press("End")
    assert slider.input_value() != start
    page.goto(f"{page.root}/en/chapters/glossary.html")
    page.go_back()
    told = page.locator("#chart-falls-since output").inner_text()
    labels = page.evaluate("JSON.parse(document.querySelector('input[type=range]').dataset.labels)")
    assert told == labels[int(slider.input_value())]


def test_a_finger_finds_what_a_mark_stands_for(browser, server):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.goto(f"{server}/en/chapters/ledger.html")
    chart = page.locator("#chart-how-strict")
    chart.scroll_into_view_if_needed()
    chart.locator(".chart-view").tap()
    page.wait_for_selector("#chart-how-strict[data-state=live]")
    chart.locator(".is-live path[aria-label], .is-live .mark-symbol path").first.tap()
    tip = page.locator(".chart-tip")
    assert "Statement" in tip.inner_text()
    page.mouse.wheel(0, 400)
    tip.wait_for(state="hidden")
    context.close()


def test_forced_colours_keep_a_charts_own_on_its_own_ground(visit):
    page = visit("introduction", scheme="dark")
    page.emulate_media(forced_colors="active")
    ground = "getComputedStyle(document.querySelector('.chart-view')).backgroundColor"
    assert page.evaluate(ground) == "rgb(20, 25, 31)"


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Asia/Shanghai"])
def test_the_crash_falls_on_the_27th_in_every_time_zone(browser, server, zone):
    context = browser.new_context(timezone_id=zone, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{server}/en/chapters/2-the-trigger.html")
    figure = page.query_selector("figure.chart")
    before = figure.query_selector(".chart-wide").inner_text()
    figure.hover()
    page.wait_for_function("figure => figure.dataset.state === 'live'", arg=figure)
    assert figure.query_selector(".chart-wide").inner_text() == before
    context.close()


def found_by_axe(page):
    """What axe finds, of any impact: rule, how many elements, the first of them."""
    return [
        f"{found['id']}: {len(found['nodes'])}, {found['nodes'][0]['html'][:120]}"
        for found in Axe().run(page).response["violations"]
    ]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_accessible_and_fits_in_both_themes(visit, name, scheme, size):
    page = visit(name, size, scheme)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert found_by_axe(page) == []
    assert page.complaints == []


def test_a_page_with_everything_open_is_accessible(visit):
    page = visit("2-the-trigger")
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    page.hover("figure.chart >> nth=0")
    page.click("a.claim >> nth=0")
    page.wait_for_selector(".card")
    assert found_by_axe(page) == []


def test_a_number_shows_the_tables_it_rests_on(visit):
    page = visit("toolbox")
    page.click("a.value >> nth=0")
    shown = page.wait_for_selector(".card .card-value")
    assert shown.get_attribute("data-from") == "Data: Daily closes of 48 instruments"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_readable_at_twice_the_size(visit, name):
    page = visit(name)
    # Zoom halves the space that a page has, and nothing else.
    page.set_viewport_size({"width": 640, "height": 450})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.slow
def test_letters_of_twice_the_size_fit_a_phone(browser, server):
    large = browser.browser_type.launch(
        executable_path=chromium.path(),
        args=[*chromium.ARGUMENTS, "--blink-settings=defaultFontSize=32"],
    )
    page = large.new_page(viewport={"width": 390, "height": 844})
    for chapter in build.chapters():
        page.goto(f"{server}/en/chapters/{chapter.stem}.html#main")
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, f"{chapter.name} is {width} px wide"
    large.close()


@pytest.mark.parametrize("menu", ["Contents", "On this page"])
def test_a_panel_closes_when_the_keyboard_goes_on_behind_it(visit, menu):
    page = visit("toolbox", "phone")
    button = page.get_by_role("button", name=menu)
    button.focus()
    page.keyboard.press("Enter")
    panel = page.locator(":popover-open")
    expect(panel).to_be_visible()
    inside = "document.querySelector(':popover-open')?.contains(document.activeElement)"
    page.keyboard.press("Tab")
    assert page.evaluate(inside)
    for _ in range(60):
        page.keyboard.press("Tab")
        if not page.evaluate(inside):
            break
    expect(panel).to_have_count(0)
    assert page.evaluate("document.activeElement !== document.body"), "focus went on"


def test_nothing_moves_for_readers_who_want_no_motion(visit):
    page = visit("2-the-trigger")
    page.emulate_media(reduced_motion="reduce")
    style = "getComputedStyle(document.documentElement).scrollBehavior"
    assert page.evaluate(style) == "auto"
    moving = "[...document.querySelectorAll('*')].filter(e => e.getAnimations().length)"
    assert page.evaluate(f"{moving}.length") == 0


@pytest.fixture
def phone_page(browser):
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, reduced_motion="reduce"
    )
    yield context.new_page()
    context.close()


def test_a_phone_lays_out_the_whole_page_in_the_end(phone_page, server):
    page, address = phone_page, f"{server}/en/chapters/2-the-trigger.html"
    late = """() => [...document.querySelectorAll('main > section section')]
      .filter((part) => getComputedStyle(part).contentVisibility !== 'visible').length"""
    page.goto(address, wait_until="commit")
    page.wait_for_selector("footer", state="attached")
    page.wait_for_function(f"() => ({late})() === 0")
    height = page.evaluate("document.documentElement.scrollHeight")
    page.goto("about:blank")
    page.goto(f"{address}#what-to-take-away")
    assert page.evaluate(late) == 0, "and who comes to a certain place waits for nothing"
    assert abs(page.evaluate("document.documentElement.scrollHeight") - height) < 400


def test_the_ledgers_rows_wait_on_a_phone_until_somebody_asks_for_one(phone_page, server):
    page, address = phone_page, f"{server}/en/chapters/ledger.html"
    guessed = "getComputedStyle(document.getElementById('E160')).contentVisibility === 'auto'"
    height = "document.documentElement.scrollHeight"
    page.goto(address)
    assert page.evaluate(guessed)
    page.wait_for_function(f"() => {height} > 40_000")
    before = page.evaluate(height)
    page.evaluate("location.hash = '#E160'")
    row = page.locator("#E160")
    expect(row.locator("details")).to_have_attribute("open", "")
    expect(row).to_be_in_viewport(ratio=0.9)
    assert not page.evaluate(guessed)
    assert abs(page.evaluate(height) / before - 1) < 0.05, "the guess was good"
    page.goto("about:blank")
    page.goto(f"{address}#E015")
    expect(page.locator("#E015")).to_be_in_viewport(ratio=0.9)
