"""Labelled pages are readable in a terminal and in a browser, whatever their text is."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab

from newsvoices.labels import LABELS
from newsvoices.predictions import Prediction
from newsvoices.rendering import html_page, json_rows, terminal_legend, terminal_text

HOSTILE = [
    "</style></p></div><script>document.title = 'owned'</script>",
    "<img src=x onerror=\"document.title='owned'\"> <svg onload=alert(1)>",
    "{{ 7 * 7 }} {% raw %} &lt;b&gt; &#x3c;script&#x3e; --> ]]>",
    "<a href=\"javascript:document.title='owned'\">click</a> \x1b[31mred \u202etxt.exe",
    "x" * 3000,
]
HOSTILE_TITLE = "\"><script>document.title = 'owned'</script>.html"


def predict(texts: list[str], cut: bool = False) -> list[Prediction]:
    """Predictions that go through the labels in turn."""
    made = []
    for index, text in enumerate(texts):
        scores = dict.fromkeys(LABELS, 0.02)
        label = LABELS[index % len(LABELS)]
        scores[label] = 0.9
        made.append(Prediction(text, label, 0.9, scores, cut))
    return made


TEXTS = [f"Paragraph {index} says something that is a little longer." for index in range(13)]


def test_plain_text_has_label_score_and_words_and_no_escapes() -> None:
    shown = terminal_text("page.html", predict(TEXTS), colour=False, width=60)
    assert shown.startswith("page.html\n\n reporting           0.90 Paragraph 0 says something")
    assert "\x1b" not in shown
    assert " ".join(shown.split()).count("a little longer.") == 13


@pytest.mark.parametrize("width", [10, 60, 200])
def test_lines_of_text_keep_to_the_width(width: int) -> None:
    shown = terminal_text("p", predict(TEXTS), colour=False, width=width)
    assert max(map(len, shown.splitlines())) <= max(width, 46)


def test_a_paragraph_without_a_label_is_unsure() -> None:
    (prediction,) = predict(["Nobody knows."])
    shown = terminal_text("p", [replace(prediction, label=None)], colour=True, width=60)
    assert "unsure" in shown
    assert "0.90 Nobody knows." in shown


def test_colours_are_around_the_names_only() -> None:
    coloured = terminal_text("p", predict(TEXTS), colour=True, width=60)
    plain = terminal_text("p", predict(TEXTS), colour=False, width=60)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
    assert coloured.count("\x1b[0m") >= 13


def test_the_legend_names_every_label() -> None:
    legend = terminal_legend(colour=False, width=80)
    assert [line.split()[0] for line in legend.splitlines()] == list(LABELS)
    assert max(map(len, legend.splitlines())) <= 80


def test_text_cannot_steer_the_terminal() -> None:
    shown = terminal_text("\x1b]0;owned\x07", predict(HOSTILE), colour=False, width=80)
    assert not set(shown) & {*map(chr, range(32)), "\x7f", "\x9b", "\u202e"} - {"\n"}


def test_rows_hold_the_prediction() -> None:
    prediction = predict(["„Grüße“"], cut=True)[0]
    (row,) = json_rows("a.txt", [prediction])
    assert "„Grüße“" in row
    assert json.loads(row) == {
        "id": "a.txt",
        "index": 0,
        "text": "„Grüße“",
        "label": "reporting",
        "score": 0.9,
        "scores": prediction.scores,
        "cut": True,
    }


def open_page(tab: Tab, folder: Path, title: str, predictions: list[Prediction]) -> None:
    file = folder / "page.html"
    file.write_text(html_page(title, predictions), encoding="utf-8")
    tab.goto(file.as_uri())


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_scrolls_sideways(tab: Tab, tmp_path: Path, width: int, scheme: str) -> None:
    tab.set_viewport_size({"width": width, "height": 844})
    tab.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    open_page(tab, tmp_path, "page.html", predict(TEXTS + HOSTILE))
    tab.locator(".paragraph").nth(3).focus()
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_a_hostile_page_stays_text(tab: Tab, tmp_path: Path) -> None:
    open_page(tab, tmp_path, HOSTILE_TITLE, predict(HOSTILE))
    assert tab.title() == HOSTILE_TITLE
    assert tab.locator("h1").inner_text() == HOSTILE_TITLE
    shown = tab.locator(".paragraph p").all_text_contents()
    assert shown[:3] == HOSTILE[:3]
    assert tab.locator("script, img, svg, a").count() == 0


def test_the_policy_would_stop_a_script_that_got_in(browser: Browser, tmp_path: Path) -> None:
    page = html_page("page", predict(TEXTS))
    file = tmp_path / "page.html"
    file.write_text(page.replace("<h1>", "<script>document.title = 'owned'</script><h1>"))
    tab = browser.new_page()
    tab.goto(file.as_uri())
    assert tab.title() == "page"
    assert tab.locator("h1").evaluate("e => getComputedStyle(e).lineHeight") == "26px"
    tab.close()


def test_every_paragraph_has_the_name_of_its_voice_and_the_margin_its_colour(
    tab: Tab, tmp_path: Path
) -> None:
    open_page(tab, tmp_path, "page", predict(TEXTS))
    names = tab.locator(".paragraph .name").all_text_contents()
    assert names == [LABELS[i % 6].replace("_", " ") for i in range(13)]
    margins = tab.locator(".paragraph").evaluate_all(
        "all => all.map(e => getComputedStyle(e).borderLeftColor)"
    )
    assert len(set(margins)) == 6


def test_the_legend_counts_and_filters_by_keyboard(tab: Tab, tmp_path: Path) -> None:
    open_page(tab, tmp_path, "page", predict(TEXTS))
    assert tab.locator(".legend .count").all_text_contents() == ["3", "2", "2", "2", "2", "2"]
    tab.keyboard.press("Tab")
    tab.keyboard.press("Space")
    visible = tab.locator(".paragraph:visible")
    assert visible.count() == 10
    assert "reporting" not in visible.locator(".name").all_text_contents()
    tab.keyboard.press("Space")
    assert visible.count() == 13


def test_unsure_paragraphs_have_their_own_entry_in_the_legend(tab: Tab, tmp_path: Path) -> None:
    first, *others = predict(TEXTS)
    open_page(tab, tmp_path, "page", [replace(first, label=None), *others])
    assert tab.locator(".legend .count").all_text_contents() == ["2", "2", "2", "2", "2", "2", "1"]
    tab.locator("#show-unsure").uncheck()
    assert tab.locator(".paragraph:visible").count() == 12


@pytest.mark.parametrize("way", ["hover", "focus"])
def test_scores_show_on_hover_and_focus(tab: Tab, tmp_path: Path, way: str) -> None:
    open_page(tab, tmp_path, "page", predict(TEXTS))
    paragraph = tab.locator(".paragraph").nth(1)
    assert not paragraph.locator(".scores").is_visible()
    getattr(paragraph, way)()
    assert paragraph.locator(".score").is_visible()
    assert "official statement" in paragraph.locator(".scores").inner_text()
    assert "0.900" in paragraph.locator(".scores").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_names_are_legible_on_their_background(tab: Tab, tmp_path: Path, scheme: str) -> None:
    tab.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    open_page(tab, tmp_path, "page", predict(TEXTS))
    ratios = tab.evaluate(CONTRAST)
    assert len(ratios) == 13
    assert min(ratios) >= 4.5  # WCAG 2.2, level AA, for small text


def test_print_has_scores_and_no_boxes_to_tick(tab: Tab, tmp_path: Path) -> None:
    open_page(tab, tmp_path, "page", predict(TEXTS))
    tab.emulate_media(media="print")
    assert tab.locator(".score").first.is_visible()
    assert not tab.locator(".legend input").first.is_visible()


# Contrast of each voice's name with the page, drawn to a canvas since colours may be mixed.
CONTRAST = """() => {
  const context = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const luminance = colour => {
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const linear = [...context.getImageData(0, 0, 1, 1).data].slice(0, 3).map(value => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const paper = luminance(getComputedStyle(document.body).backgroundColor);
  return [...document.querySelectorAll(".paragraph .name")].map(name => {
    const ink = luminance(getComputedStyle(name).color);
    return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
  });
}"""
