"""Test yourself: ten statements of the ledger, judged by the reader first."""

from __future__ import annotations

import pytest

from explainer import claims
from explainer.site.quiz import ANSWERS

FRONT = "en/chapters/introduction.html"


@pytest.fixture
def page(browser, server):
    page = browser.new_page()
    page.goto(f"{server}/{FRONT}")
    yield page
    page.close()


@pytest.mark.browser
def test_it_draws_ten_statements_from_the_ledger(page):
    items = page.locator("ol.quiz > li")
    assert items.count() == 10
    shown = {
        item.locator("p.quiz-statement").get_attribute("id").removeprefix("quiz-"): (
            item.get_attribute("data-verdict")
        )
        for item in items.all()
    }
    ledger = {entry.claim.id: entry.verdict.word for entry in claims.ledger()}
    assert shown == {name: ledger[name] for name in shown}
    assert set(shown.values()) == set(ANSWERS)


@pytest.mark.browser
def test_a_reader_judges_sees_the_verdict_and_is_given_a_score(page):
    items = page.locator("ol.quiz > li").all()
    for index, item in enumerate(items):
        verdict = item.get_attribute("data-verdict")
        wrong = next(word for word in ANSWERS if word != verdict)
        answer = ANSWERS[verdict if index % 2 == 0 else wrong]
        item.get_by_role("button", name=answer, exact=True).click()
        assert item.locator("details[open] .verdict").inner_text().strip().endswith(verdict)
    score = page.locator(".quiz-score")
    assert score.inner_text().startswith("5 of 10 as the ledger judges.")
    score.get_by_role("button").click()
    assert page.locator("ol.quiz details[open]").count() == 0
    assert page.evaluate("document.activeElement.closest('li').className") == "quiz-item"


@pytest.mark.browser
def test_a_first_answer_stands(page):
    item = page.locator("ol.quiz > li").first
    for text in ANSWERS.values():
        item.get_by_role("button", name=text, exact=True).dispatch_event("click")
    pressed = item.locator("button[aria-pressed=true]")
    assert pressed.count() == 1 and pressed.inner_text() == next(iter(ANSWERS.values()))


@pytest.mark.browser
def test_without_scripts_each_verdict_is_one_touch_away(browser, server):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server}/{FRONT}")
    item = page.locator("ol.quiz > li").first
    assert not any(button.is_visible() for button in item.locator("button").all())
    item.locator("summary").click()
    assert item.locator("details .verdict").is_visible()
    context.close()
