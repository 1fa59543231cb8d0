"""Pages that compute: driven in a real browser, and compared with the engine."""

import json
import re
import shutil
from html import unescape

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import Tensor, explain, explore
from autograd.view.exploration import layout
from autograd.view.exploration.exploration import Exploration
from autograd.view.exploration.layout import Link
from autograd.view.exploration.widget import widget_class
from autograd.view.graph.renderers import NoRenderer
from autograd.view.graph.spelling import number
from autograd.view.graph.theme import DARK, LIGHT

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
ODD = ('</script><b>"x"|{y}</b>', "😀 a\nb", "שלום", "back\\slash $_%&amp;")


@pytest.fixture(scope="module")
def browser():
    api = pytest.importorskip("playwright.sync_api", reason="playwright, which drives browsers")
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    with api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def tab(browser):
    """A tab for the readers without wishes of their own: each opens its page in it."""
    page = browser.new_page()
    page.set_default_timeout(10_000)
    yield page
    page.close()


@pytest.fixture
def show(browser, tab, tmp_path):
    """Open a saved page; afterwards nothing may have been complained of, or asked for."""
    opened, trouble = [], []
    hears = {
        "console": lambda message: trouble.append(message.text),
        "pageerror": lambda error: trouble.append(str(error)),
        "request": lambda r: r.url.startswith("file:") or trouble.append(r.url),
    }

    def open_page(exploration, **wishes):
        path = exploration.save(tmp_path / "f.html")
        page = browser.new_page(**wishes) if wishes else tab
        opened.append(page)
        for event, heard in hears.items():
            page.on(event, heard)
        page.mouse.move(0, 0)
        page.goto(path.as_uri())
        return page

    yield open_page
    for page in opened:
        for event, heard in hears.items():
            page.remove_listener(event, heard)
        if page is not tab:
            page.close()
    assert trouble == []


def abc():
    return explore("(a + b) * c", a=2, b=3, c=4)


def lines(page):
    return page.locator(".worked .line-of").all_text_contents()


def numbers(page, kind):
    return page.locator(f".picture .{kind}:not(:empty)").all_text_contents()


def flows(page):
    return page.locator("output.flow").all_text_contents()


def drag(page, name, share):
    """Drag a slider to a share of its way."""
    box = page.get_by_role("slider", name=name).bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] / 2, steps=3)
    page.mouse.up()


def item(page, start):
    """Find a box, a circle or a wire by what is said of it."""
    return page.locator(f'.item[aria-label^="{start}"]')


# ── numbers ───────────────────────────────────────────────────────────────────────────────────
def test_the_page_opens_with_the_numbers_of_the_notes(show):
    page = show(abc())
    assert page.title() == page.locator("h1").inner_text() == "f = (a + b) * c"
    assert flows(page) == ["∂f/∂a = 4", "∂f/∂b = 4", "∂f/∂c = 5"]
    assert lines(page) == [
        "f = d · c = 5 · 4 = 20", "∂f/∂a = ∂f/∂d · ∂d/∂a = 4 · 1 = 4",
        "∂f/∂b = ∂f/∂d · ∂d/∂b = 4 · 1 = 4", "∂f/∂c = d = 5",
    ]  # fmt: skip
    assert numbers(page, "value") == ["2", "3", "5", "4", "20"]
    assert numbers(page, "gradient") == ["∂ 4", "∂ 4", "∂ 4", "∂ 5", "∂ 1"]


def test_dragging_updates_every_value_and_gradient_as_the_engine_would(show):
    def f(a, b, c):
        q = a * b
        return np.tanh(q) * c + q / a

    page = show(explore(f, a=0.5, b=-1.2, c=2))
    drag(page, "a", 0.9)
    drag(page, "c", 0.2)
    shown = {n: float(page.locator(f"#input-{k}").input_value()) for k, n in enumerate("abc")}
    assert shown["a"] > 0.5
    assert shown["c"] < 2
    xs = {n: Tensor(v, requires_grad=True) for n, v in shown.items()}
    y = f(**xs)
    y.backward()
    assert flows(page) == [f"∂f/∂{n} = {number(x.grad.data)}" for n, x in xs.items()]
    assert lines(page)[0].endswith(f"= {number(y.data)}")
    assert (
        item(page, "q")
        .get_attribute("aria-label")
        .startswith(f"q, value {number(xs['a'].data * xs['b'].data)}")
    )


def test_a_number_can_be_typed_and_widens_the_range(show):
    page = show(abc())
    page.fill("#input-0", "-70")
    assert flows(page)[2] == "∂f/∂c = −67"
    assert page.get_by_role("slider", name="a").get_attribute("min") == "-70"
    page.fill("#input-0", "")
    assert page.locator("#input-0").get_attribute("aria-invalid") == "true"
    assert flows(page)[2] == "∂f/∂c = −67"


def test_numbers_are_pale_while_a_field_holds_none(show):
    page = show(abc())
    pale = {"picture": "0.4", "worked": "0.4", "controls": "1"}
    page.fill("#input-0", "")
    assert {part: shade(page, part) for part in pale} == pale
    ring = page.locator("#input-0").evaluate("field => getComputedStyle(field).outlineColor")
    assert ring == page.locator("#input-0").evaluate("field => getComputedStyle(field).borderColor")
    drag(page, "a", 0.9)
    assert page.locator("#input-0").get_attribute("aria-invalid") == "false"
    assert shade(page, "picture") == "1"


def shade(page, part):
    return page.locator(f".{part}").evaluate("part => getComputedStyle(part).opacity")


def test_what_is_undefined_is_shown_as_such_and_breaks_nothing(show):
    page = show(explore("log(a) * b", a=1, b=2))
    page.fill("#input-0", "-1")
    assert flows(page)[1] == "∂f/∂b = NaN"
    assert "= NaN" in lines(page)[0]
    page.fill("#input-0", "1")
    assert flows(page) == ["∂f/∂a = 2", "∂f/∂b = 0"]


def test_a_line_says_where_0_is_a_convention_as_explain_does(show):
    a = Tensor(-1.0, requires_grad=True)
    page = show(explore("log(a) * maximum(a, 1) + a", a=2))
    assert "convention" not in page.locator(".worked").inner_text()
    page.fill("#input-0", "-1")
    remark = "; 0 is taken by convention where the formula has no value"
    assert lines(page)[1].endswith(f" = 1 · (−1) + NaN · 0 + 1 = 0{remark}")
    with np.errstate(invalid="ignore"):
        assert remark in str(explain(np.log(a) * np.maximum(a, 1) + a))
    page.get_by_role("button", name="step back").click()
    page.get_by_role("button", name="first step").click()
    assert "convention" not in page.locator(".worked").inner_text()


def test_a_derivation_follows_the_branch_that_is_taken(show):
    page = show(explore(lambda a: ag.relu(a) * 3, a=1))
    circle = item(page, "relu")
    circle.hover()
    assert "∂f/∂a = ∂f/∂b · ∂b/∂a = 3 · 1 = 3" in flows_of(page, "∂f/∂a")
    page.fill("#input-0", "-2")
    assert flows(page) == ["∂f/∂a = 0"]
    item(page, "wire from a to").hover()
    assert lines(page)[0] == "∂b/∂a = ∂relu(a)/∂a = 0"
    page.fill("#input-0", "2")
    item(page, "wire from a to").hover()
    assert lines(page)[0] == "∂b/∂a = ∂relu(a)/∂a = 1"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("where((x > 0) * (y > 0), x * y, 0)", ["0", "∂f/∂x = 0", "∂f/∂y = 0"]),
        ("where(logical_and(x > 0, y > 0), x, y)", ["3", "∂f/∂x = 0", "∂f/∂y = 1"]),
        ("(1 - (x > 0)) * x * y", ["−3", "∂f/∂x = 3", "∂f/∂y = −1"]),
        ("(y > x) / 2 * x * y", ["−1.5", "∂f/∂x = 1.5", "∂f/∂y = −0.5"]),
        ("argmin([x, y, 1])**2 + x * y", ["−3", "∂f/∂x = 3", "∂f/∂y = −1"]),
    ],
)
def test_conditions_that_are_combined_follow_the_inputs(show, text, told):
    page = show(explore(text, x=4, y=3))
    page.fill("#input-0", "-1")
    assert [lines(page)[0].rpartition(" = ")[2], *flows(page)] == told


def test_a_formula_of_arrays_holds_wherever_their_entries_go(show):
    page = show(explore(lambda z: np.sum(ag.relu(z) * 3), z=np.array([1.0, 2.0])))
    page.locator(".table input").nth(1).fill("-2")
    rule = "where(z > 0, ∂f/∂a, 0) = where([1, −2] > 0, [3, 3], 0) = [3, 0]"
    assert lines(page)[1] == f"∂f/∂z = {rule}"
    page = show(explore(lambda z: np.sum(np.maximum(z, 0)), z=np.array([1.0, 2.0])))
    page.locator(".table input").nth(1).fill("0")
    tie = "where([1, 0] == 0, [1, 1] / 2, 0)"
    assert lines(page)[1].endswith(f" = where([1, 0] > 0, [1, 1], {tie}) = [1, 0.5]")
    product = explore(lambda z: np.prod(z) * 2, z=np.array([1.0, 2.0])).model["lines"]
    assert "∂f/∂a · a / z" in [form["named"] for line in product for form in line["forms"]]
    page = show(explore(lambda z: np.max(z) * 2, z=np.array([1.0, 2.0])))
    page.locator(".table input").nth(0).fill("5")
    assert lines(page)[1] == "∂f/∂z = [2, 0]", "at [1, 2] the largest was another one"


@pytest.mark.parametrize(
    ("f", "x", "told"),
    [
        ("cumsum(x) * 2", 3.0, ["6", "∂f/∂x = 2"]),
        (lambda x: np.sum(np.atleast_2d(x) * x), 3.0, ["9", "∂f/∂x = 6"]),
        ("cov(x)", [1.0, 2.0, 6.0], ["7", "∂f/∂x = [−2, −1, 3]"]),
    ],
)
def test_an_operation_may_give_a_number_its_axes(show, f, x, told):
    page = show(explore(f, x=x))
    assert [lines(page)[0].rpartition(" = ")[2].strip("[]"), *flows(page)] == told


def test_a_result_with_branches_names_its_derivative_where_ways_meet(show):
    page = show(explore("maximum(a, 2 * a)", a=1))
    both = "∂f/∂a = ∂f/∂b · ∂b/∂a + ∂maximum(a, b)/∂a"
    assert lines(page)[1] == f"{both} = 1 · 2 + 0 = 2"
    page.fill("#input-0", "-1")
    assert lines(page)[1] == f"{both} = 0 · 2 + 1 = 1"


def test_a_derivative_keeps_its_formula_where_its_value_is_a_convention(show):
    page = show(explore("a ** b", a=2, b=2))
    assert lines(page)[2] == f"∂f/∂b = f · log(a) = 4 · log(2) = {number(4 * np.log(2))}"
    page.fill("#input-0", "0")
    assert lines(page)[2] == "∂f/∂b = f · log(a) = 0 · log(0) = 0"


def test_a_negative_number_gets_the_parentheses_that_it_needs_and_no_others(show):
    page = show(explore("exp(a) - b", a=-1, b=-3))
    assert lines(page)[0] == f"f = c − b = {number(np.exp(-1))} − (−3) = {number(np.exp(-1) + 3)}"
    item(page, "exp").hover()
    assert lines(page)[0] == f"c = exp(a) = exp(−1) = {number(np.exp(-1))}"
    page.fill("#input-1", "3")
    page.mouse.move(0, 0)
    assert lines(page)[0].startswith(f"f = c − b = {number(np.exp(-1))} − 3 = ")


def test_a_large_number_stands_in_parentheses_only_as_the_base_of_a_power(show):
    page = show(explore("x**2 + x**y * x", x=2, y=3))
    page.fill("#input-0", "2e9")
    page.get_by_role("button", name="first step").click()
    told = []
    for _ in range(4):
        page.keyboard.press("ArrowRight")
        told += lines(page)
    assert told == [
        "z = x² = (2e9)² = 4e18", "a = x^y = (2e9)^3 = 8e27", "b = a · x = 8e27 · 2e9 = 1.6e37",
        "f = z + b = 4e18 + 1.6e37 = 1.6e37",
    ]  # fmt: skip


def test_a_sum_of_contributions_is_known_when_the_last_has_come(show):
    page = show(explore("a * b + a * c", a=2, b=3, c=4))
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    assert "∂ 3 + 4 = 7" in numbers(page, "gradient")
    page.keyboard.press("ArrowLeft")
    assert {"∂ 4", "∂ 1"} < set(numbers(page, "gradient"))
    assert not any("=" in text for text in numbers(page, "gradient"))


def flows_of(page, name):
    page.keyboard.press("Escape")
    page.mouse.move(0, 0)
    return [line for line in lines(page) if line.startswith(name)]


def test_arrays_are_edited_cell_by_cell(show):
    weights = np.array([[0.5, -1.0, 0.25], [1.5, 0.75, -0.5]])

    def f(x, s):
        return np.sum(np.tanh(weights @ x * s) ** 2)

    page = show(explore(f, x=[1, 2, 3], s=0.5))
    page.locator(".table input").nth(1).fill("-1.5")
    x, s = Tensor([1, -1.5, 3.0], requires_grad=True), Tensor(0.5, requires_grad=True)
    f(x, s).backward()
    entries = ", ".join(number(g) for g in x.grad.data)
    assert flows(page) == [f"∂f/∂x = [{entries}]", f"∂f/∂s = {number(s.grad.data)}"]


def test_a_large_constant_and_a_network_of_nn_are_part_of_the_page(show):
    ag.manual_seed(3)
    net = nn.Sequential(nn.Linear(2, 20), nn.ReLU(), nn.Linear(20, 1))

    def f(x):
        return net(x).sum()

    page = show(explore(f, x=[1.0, -2.0]))
    page.locator(".table input").first.fill("0.25")
    x = Tensor([0.25, -2.0], requires_grad=True)
    f(x).backward()
    assert flows(page) == [f"∂f/∂x = [{', '.join(number(g) for g in x.grad.data)}]"]


def test_a_tensor_that_was_computed_is_explored_by_its_named_leaves(show):
    w, x = Tensor(2.0, requires_grad=True), Tensor(3.0)
    f = w * w * x
    page = show(explore(f))
    assert flows(page) == ["∂f/∂w = 12"]
    assert w.grad is None


def test_a_page_of_a_large_graph_says_what_it_hides(show):
    def f(a):
        for _ in range(100):
            a = np.sin(a)
        return a

    page = show(explore(f, a=1))
    assert "40 are hidden" in page.locator(".caption").inner_text()
    a = Tensor(1.0, requires_grad=True)
    f(a).backward()
    assert flows(page) == [f"∂f/∂a = {number(a.grad.data)}"]


def test_a_sum_over_very_many_ways_is_told_without_its_terms(show):
    def f(a):
        return sum(np.sin(k * a) for k in range(600))

    page = show(explore(f, a=0.001))
    a = Tensor(0.001, requires_grad=True)
    f(a).backward()
    assert flows(page) == [f"∂f/∂a = {number(a.grad.data)}"]


# ── steps, pointer and keys ───────────────────────────────────────────────────────────────────
def test_both_passes_can_be_walked_forward_and_backward(show):
    page = show(abc())
    page.get_by_role("button", name="first step").click()
    assert numbers(page, "value") == ["2", "3", "4"]
    assert numbers(page, "gradient") == []
    page.keyboard.press("ArrowRight")
    assert lines(page) == ["d = a + b = 2 + 3 = 5"]
    assert page.locator(".current .symbol").text_content() == "+"
    assert flows(page)[0] == "∂f/∂a = "
    page.get_by_role("button", name="step forward").click()
    page.keyboard.press("ArrowRight")
    assert lines(page) == ["∂f/∂f = 1"]
    page.keyboard.press("ArrowRight")
    assert lines(page) == ["∂f/∂d = c = 4", "∂f/∂c = d = 5"]
    assert numbers(page, "gradient") == ["∂ 4", "∂ 5", "∂ 1"]
    assert "Step 4 of 6" in page.locator(".heard").inner_text()
    page.keyboard.press("ArrowLeft")
    assert numbers(page, "gradient") == ["∂ 1"]
    page.keyboard.press("End")
    assert "Step 6 of 6" in page.locator(".status").inner_text()


def test_a_line_whose_result_is_not_computed_yet_does_not_tell_it(show):
    page = show(abc())
    page.keyboard.press("Home")
    item(page, "wire from a to").hover()
    assert lines(page) == ["∂d/∂a = ∂(a + b)/∂a = ?", "∂f/∂a = ∂f/∂d · ∂d/∂a = ?"]


def test_space_plays(show):
    page = show(abc(), viewport={"width": 900, "height": 900})
    page.clock.install()
    page.keyboard.press("Home")
    page.keyboard.press(" ")
    page.clock.run_for(2500)
    assert "Step 2 of 6" in page.locator(".status").inner_text()
    page.keyboard.press(" ")
    page.clock.run_for(5000)
    assert "Step 2 of 6" in page.locator(".status").inner_text()


@pytest.mark.parametrize("key", ["Enter", " "])
def test_tab_reaches_the_graph_and_a_key_keeps_the_derivation(show, key):
    page = show(abc())
    page.keyboard.press("Tab")
    assert lines(page) == ["a = 2", "∂f/∂a = ∂f/∂d · ∂d/∂a = 4 · 1 = 4"]
    for _ in range(3):
        page.keyboard.press("Tab")
    assert lines(page)[0] == "∂d/∂a = ∂(a + b)/∂a = 1"
    page.keyboard.press(key)
    page.keyboard.press("Tab")
    page.locator("#input-2").focus()
    assert lines(page)[0] == "∂d/∂a = ∂(a + b)/∂a = 1"
    page.locator("#input-2").fill("7")
    assert lines(page)[1] == "∂f/∂a = ∂f/∂d · ∂d/∂a = 7 · 1 = 7"
    assert "Step 6 of 6" in page.locator(".status").inner_text()


def test_what_has_the_focus_has_one_ring(show):
    page = show(abc())
    for start in ("a, value", "wire from a to"):
        for _ in range(9):
            page.keyboard.press("Tab")
            if page.locator(f'.item[aria-label^="{start}"]:focus-visible').count():
                break
        rings = "item => [getComputedStyle(item).outlineStyle, "
        rings += "getComputedStyle(item.querySelector('.ring')).stroke]"
        outline, stroke = item(page, start).evaluate(rings)
        assert (outline, stroke == "none") == ("none", False)


def test_a_click_keeps_a_derivation_and_a_second_one_lets_it_go(show):
    page = show(abc())
    item(page, "multiply").click()
    page.mouse.move(0, 0)
    assert lines(page) == ["f = d · c = 5 · 4 = 20", "∂f/∂f = 1"]
    item(page, "multiply").click()
    page.mouse.move(0, 0)
    assert len(lines(page)) == 4


def test_a_page_has_its_title_and_the_colours_of_both_themes():
    html = explore("a * b", a=2, b=3).html()
    assert "<title>f = a * b</title>" in html
    for scheme, theme in (("light", LIGHT), ("dark", DARK)):
        colours = "".join(f"--{name}:{colour};" for name, colour in theme.colours().items())
        assert f'[data-theme=\\"{scheme}\\"]){{color-scheme:{scheme};{colours}}}' in html
        assert f"background:{theme.page}" in html


# ── the quiz ──────────────────────────────────────────────────────────────────────────────────
def answer(page, name, text):
    page.get_by_label(name, exact=True).fill(text)
    page.get_by_label(name, exact=True).press("Enter")
    return (
        page.locator(".question", has=page.get_by_label(name, exact=True))
        .locator(".verdict")
        .inner_text()
    )


def test_a_quiz_says_right_or_wrong_and_why(show):
    page = show(explore("(a + b) * c", a=2, b=3, c=4).quiz("d", "∂a", "c.grad", "d.grad"))
    assert page.locator(".question").count() == 4
    assert numbers(page, "gradient") == ["∂ ?", "∂ 4", "∂ ?", "∂ ?", "∂ 1"]
    assert numbers(page, "value") == ["2", "3", "?", "4", "20"]
    assert flows(page)[0] == "∂f/∂a = ?"
    assert lines(page)[0] == "f = d · c = ? · 4 = 20"
    assert lines(page)[1] == "∂f/∂a = ∂f/∂d · ∂d/∂a = ?"
    assert answer(page, "∂f/∂a", "-4").startswith("the size is right, the sign is not")
    assert answer(page, "∂f/∂a", "1").startswith("that is the local derivative alone")
    assert answer(page, "∂f/∂c", "1").startswith("that is the gradient that arrives")
    assert answer(page, "∂f/∂c", "4").startswith("that is the value, not the gradient")
    assert answer(page, "∂f/∂a", "seven").startswith("that is no number")
    assert answer(page, "∂f/∂a", "7") == "not yet (∂f/∂a = ∂f/∂d · ∂d/∂a)"
    assert answer(page, "∂f/∂a", "8/2") == "right: ∂f/∂a = ∂f/∂d · ∂d/∂a = 4 · 1 = 4"
    assert flows(page)[0] == "∂f/∂a = 4"
    assert answer(page, "d", "5,0") == "right: d = a + b = 2 + 3 = 5"
    page.get_by_role("button", name="quiz").click()
    assert page.locator(".question").count() == 0
    assert "∂ ?" not in numbers(page, "gradient")


def test_a_quiz_knows_the_mistake_of_fan_out(show):
    page = show(explore("a * b + a * c", a=2, b=3, c=4))
    page.get_by_role("button", name="quiz").click()
    assert answer(page, "∂f/∂a", "3").startswith("that comes back over one way only: there are 2")
    assert answer(page, "∂f/∂a", "7").startswith(
        "right: ∂f/∂a = ∂f/∂d · ∂d/∂a + ∂f/∂g · ∂g/∂a = 1 · 3 + 1 · 4"
    )


def test_ways_over_results_of_the_same_value_are_two(show):
    page = show(explore("a * b + b * a", a=1, b=2))
    assert lines(page)[1:] == [
        "∂f/∂a = ∂f/∂c · ∂c/∂a + ∂f/∂d · ∂d/∂a = 1 · 2 + 1 · 2 = 4",
        "∂f/∂b = ∂f/∂c · ∂c/∂b + ∂f/∂d · ∂d/∂b = 1 · 1 + 1 · 1 = 2",
    ]


def test_a_quiz_says_that_a_pass_begins_only_where_it_does(show):
    f = explore(" + ".join(f"sin({k} * a)" for k in range(1, 16)), a=1)
    page = show(f.quiz("∂a", "∂f"))
    assert answer(page, "∂f/∂a", "50") == "not yet", "a sum of 15 terms explains nothing"
    assert answer(page, "∂f/∂f", "50") == "not yet (∂f/∂f is where the pass begins)"


def test_a_quiz_judges_an_infinite_and_a_tiny_number(show):
    with np.errstate(divide="ignore"):
        page = show(explore("sqrt(x)", x=0).quiz("∂x"))
    assert answer(page, "∂f/∂x", "5").startswith("not yet")
    assert answer(page, "∂f/∂x", "-inf").startswith("the size is right, the sign is not")
    assert answer(page, "∂f/∂x", "∞").startswith("right")
    page = show(explore("a * b", a=2, b=1e-10).quiz("∂a"))
    assert answer(page, "∂f/∂a", "0").startswith("not yet")
    assert answer(page, "∂f/∂a", "1e-10").startswith("right")


def test_pi_has_its_name_in_a_page_and_in_a_quiz(show):
    page = show(explore("x * a", x=np.pi, a=-2).quiz("∂a"))
    assert lines(page)[0] == "f = x · a = π · (−2) = −6.283"
    assert answer(page, "∂f/∂a", "-π").startswith("the size is right, the sign is not")
    assert answer(page, "∂f/∂a", "2π").startswith("that is no number")
    assert answer(page, "∂f/∂a", "π").startswith("right")


def test_a_field_shows_no_rounding(show):
    page = show(explore("sum(x) * a", a=0.1 + 0.2, x=[1.1 + 2.2, 1.0]))
    fields = page.locator("input[type=number]")
    assert [fields.nth(i).input_value() for i in range(3)] == ["0.3", "3.3", "1"]


def test_the_fields_of_a_quiz_stand_below_each_other(show):
    page = show(explore("i * i * w", i=2, w=3).quiz())
    fields = page.locator(".question input")
    places = [fields.nth(k).bounding_box() for k in range(fields.count())]
    assert len(places) > 2
    assert len({(box["x"], box["width"]) for box in places}) == 1


def test_a_range_keeps_the_gaps_between_its_numbers(show):
    page = show(explore("sum(x)", x=np.arange(12.0)))
    words = page.locator("svg .value", has_text="min 0")
    assert words.text_content() == "min 0  mean 5.5  max 11"
    widths = [words.evaluate(f"e => e.getSubStringLength({i}, 1)") for i in (5, 6)]  # the spaces
    assert widths[0] == pytest.approx(widths[1], abs=0.1), "two spaces"


def test_a_number_that_changed_is_asked_for_anew(show):
    page = show(abc().quiz("∂a"))
    assert answer(page, "∂f/∂a", "3").startswith("not yet")
    page.fill("#input-2", "3")
    assert answer(page, "∂f/∂a", "3").startswith("right")


def test_an_unknown_question_lists_the_known_ones():
    with pytest.raises(ValueError, match="'z' is no number") as caught:
        abc().quiz("z")
    assert str(caught.value).splitlines()[1:] == [
        "  where: quiz('z')", "  instead: one of ∂f, ∂d, ∂c, ∂b, ∂a, d, f",
    ]  # fmt: skip


# ── what it looks like, and what it may do ────────────────────────────────────────────────────
def test_names_are_shown_as_typed(show):
    def f(**k):
        a, b, c, d = (k[name] for name in ODD)
        return np.maximum(a * b, c) * d + a

    page = show(explore(f, **dict(zip(ODD, (2.0, 3.0, 1.0, -0.5), strict=True))))
    labels = page.locator(".knob label").all_text_contents()
    assert labels == list(ODD)
    boxes = page.locator(".node.input").evaluate_all(
        "nodes => nodes.map((n) => [...n.querySelectorAll('.name')]"
        ".map((t) => t.textContent).join('\\n'))"
    )
    assert sorted(re.sub("[\u2068\u2069]", "", box) for box in boxes) == sorted(ODD)
    assert page.locator("b").count() == 0
    assert f"∂f/∂{ODD[3]} = 6" in flows(page)
    assert page.get_by_role("slider", name=ODD[0]).count() == 1


def test_the_page_may_ask_for_nothing(tab):
    page = tab
    page.set_content(abc().html())
    policy = unescape(page.locator("meta[http-equiv]").get_attribute("content"))
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    violated = page.evaluate(
        """() => new Promise((done) => {
            document.addEventListener("securitypolicyviolation", (e) => done(e.blockedURI));
            document.body.append(Object.assign(new Image(), { src: "https://example.org/x.png" }));
        })"""
    )
    assert violated.startswith("https://example.org")


@pytest.mark.parametrize(("scheme", "paper"), [("light", "255, 255, 255"), ("dark", "16, 22, 31")])
@pytest.mark.parametrize("width", [360, 1300])
def test_it_fits_a_phone_and_a_desk_by_day_and_by_night(show, scheme, paper, width):
    page = show(abc(), color_scheme=scheme, viewport={"width": width, "height": 800})
    colour = "e => getComputedStyle(e).backgroundColor"
    assert page.locator("#page").evaluate(colour) == f"rgb({paper})"
    assert page.locator("body").evaluate(colour) == f"rgb({paper})"
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_picture_of_ten_operations_is_seen_whole_on_a_desk(show):
    formula = "(tanh(a * b + c) - sin(a / d)) ** 2 * exp(b) + c"
    at = {"a": 0.5, "b": 0.8, "c": -0.3, "d": 2.0}
    page = show(explore(formula, **at), viewport={"width": 1400, "height": 900})
    picture = page.locator(".picture")
    assert picture.evaluate("e => e.scrollWidth") == picture.evaluate("e => e.clientWidth")


def test_no_letter_of_a_result_stands_on_the_head_of_an_arrow(show):
    formula = "1 / (1 + exp(-(t0 + t1 * x1 + t2 * x2)))"
    page = show(explore(formula, t0=-3, t1=2, x1=-1, t2=-3, x2=-2))
    corners = (
        "all => all.map(e => e.getBoundingClientRect()).map(b => [b.x, b.y, b.right, b.bottom])"
    )
    letters, heads = (
        page.locator(f"svg .{kind}").evaluate_all(corners) for kind in ("letter", "head")
    )
    assert len(letters) == 6
    for left, top, right, bottom in letters:
        for x0, y0, x1, y1 in heads:
            assert x1 <= left or right <= x0 or y1 <= top or bottom <= y0


def test_nothing_moves_where_the_reader_prefers_that(show):
    page = show(abc(), reduced_motion="reduce")
    duration = "e => getComputedStyle(e).transitionDuration"
    assert page.locator(".shape").first.evaluate(duration) == "0s"
    assert show(abc()).locator(".shape").first.evaluate(duration) != "0s"


def test_roles_and_labels_are_there_for_those_who_do_not_see_the_picture(show):
    page = show(abc())
    assert page.locator("svg").get_attribute("aria-label") == "the graph of f = (a + b) * c"
    assert item(page, "add").get_attribute("aria-label") == "add: d, value 5, gradient 4"
    assert item(page, "wire from a to").get_attribute("aria-label") == (
        "wire from a to add: d, value 2, gradient 4"
    )
    assert page.locator(".heard").get_attribute("aria-live") == "polite"


# ── the widget ────────────────────────────────────────────────────────────────────────────────
def test_the_widget_runs_the_same_code_and_tells_python(browser):
    widget = pytest.importorskip("anywidget", reason="anywidget, of which the widget is one") and (
        widget_class()
    )
    e = explore("log(a) * c", a=2, c=4)
    made = widget(e.model, e.program, {"values": e.values, "gradients": e.gradients})
    assert isinstance(made, Exploration)
    assert repr(made) == "<Exploration of f = log(a) * c>"
    page = browser.new_page()
    page.set_content("<body data-jp-theme-light='false'><div id=out></div></body>")
    page.evaluate(
        """async ([code, state]) => {
            const blob = new Blob([code], { type: "text/javascript" });
            const { default: widget } = await import(URL.createObjectURL(blob));
            const hears = {};
            window.model = {
                get: (name) => state[name],
                set: (name, value) => ((state[name] = value), hears[`change:${name}`]?.()),
                on: (name, f) => (hears[name] = f),
                off: (name) => delete hears[name],
                save_changes: () => (window.saved = JSON.stringify(state)),
            };
            window.done = widget.render({ model, el: document.getElementById("out") });
        }""",
        [made._esm, {"values": made.values, "gradients": made.gradients}],
    )
    dark = page.locator("#out > div").evaluate("e => getComputedStyle(e).backgroundColor")
    assert dark == "rgb(16, 22, 31)"
    page.fill("#input-0", "-1")
    made.set_state(json.loads(page.evaluate("saved")))
    assert np.isnan(made.values["f"])
    assert made.values["a"] == -1
    assert made.gradients["a"] == -4
    page.evaluate("model.set('values', { ...model.get('values'), a: 1, c: 3 })")
    assert flows(page) == ["∂f/∂a = 3", "∂f/∂c = 0"]
    assert page.locator("#input-1").input_value() == "3"
    assert page.evaluate("model.get('gradients').a") == 3
    page.evaluate("done()")
    page.close()
    made.close()


def test_without_a_widget_a_notebook_shows_the_page_in_a_frame():
    framed = abc()._repr_html_()
    assert framed.startswith("<iframe srcdoc=")
    assert unescape(framed.split('"')[1]) == abc().html()


# ── what is written, without a browser ────────────────────────────────────────────────────────
def test_the_lines_are_those_of_the_derivation():
    a, b, c = (Tensor(v, requires_grad=True, name=n) for v, n in ((2, "a"), (3, "b"), (4, "c")))
    f = np.exp(a * b) / c - a
    e = explore(f)
    told = {line["name"]: [form["named"] for form in line["forms"]] for line in e.model["lines"]}
    text = re.sub(" +", " ", str(explain(f)))
    for name in "dghf":
        assert f"{name} = {told[name][0]} = " in text


def test_a_constant_with_a_name_has_its_value_on_the_wire():
    x = Tensor(-1.0, name="x")
    model = explore(lambda w: 1 + w * x, w=2.0).model
    told = {
        (*model["nodes"][wire["source"]]["name"],): wire["value"] is not None
        for wire in model["wires"]
    }
    assert told[("x",)]
    assert not told[("",)]  # 1 is written in its box


def test_a_title_holds_no_number_that_would_go_stale():
    def f(a):
        for _ in range(20):
            a = np.sin(a) + a
        return a

    assert explore(f, a=0.01).model["title"] == "f"
    assert explore(lambda a: (a * 2) ** (a * 2), a=1).model["title"] == "f = (a * 2) ** (a * 2)"


def test_every_number_of_the_model_is_the_engines():
    def f(a, b):
        q = a * b + a
        return q * np.sin(q)

    e = explore(f, a=0.7, b=-0.3)
    a, b = Tensor(0.7, requires_grad=True), Tensor(-0.3, requires_grad=True)
    f(a, b).backward()
    assert e.gradients["a"] == pytest.approx(a.grad.item(), rel=1e-15)
    assert e.gradients["b"] == pytest.approx(b.grad.item(), rel=1e-15)
    assert e.values["q"] == 0.7 * -0.3 + 0.7


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda: explore(lambda a: 3.0, a=2), "the result depends on no input"),
        (lambda: explore(lambda a: a * 2, a=[1, 2]), "this result has the shape (2,)"),
        (lambda: explore(lambda a: [a, a], a=1), "one number, and this result is a list"),
        (lambda: explore("a * b", a=1, b=2, z=3), "z is not in the expression a * b"),
        (lambda: explore("a * b", a=1, b="2"), "b is no number, and no array of numbers"),
        (lambda: explore("a * b", a=1), "no value is given for b"),
        (lambda: explore(3, a=1), "is explored, not an int"),
        (lambda: explore(lambda a: a, a=np.inf), "a is no number that could be dragged"),
        (lambda: explore("x * y", x=1e308, y=1), "x is no number that could be dragged"),
        (
            lambda: explore(Tensor([2.0, np.nan], requires_grad=True, name="w").sum()),
            "w is no number that could be dragged",
        ),
        (lambda: explore(Tensor([2.0], requires_grad=True) * 2), "there is nothing to drag"),
        (
            lambda: explore(Tensor(2.0, requires_grad=True, name="a"), b=1),
            "a Tensor has its values",
        ),
        (
            lambda: explore(abs(Tensor(1 + 2j, requires_grad=True, name="z"))),
            "with real numbers, and z is complex",
        ),
        (lambda: explore(lambda a: a * a if a > 0 else -a, a=1), "its graph is not one graph"),
        (lambda: explore(lambda a: a * 2 if a else a + 3, a=1), "f(a=0) is 3"),
        (lambda: explore(lambda a: a * np.random.default_rng().random(), a=1), "not one graph"),
    ],
)
def test_what_cannot_be_explored_is_refused_with_a_remedy(make, what):
    with pytest.raises((TypeError, ValueError)) as caught:
        make()
    assert what in str(caught.value).replace("\n", " ")
    assert "instead: " in str(caught.value)


def test_the_smallest_number_may_be_dragged_as_0_may():
    (x, y) = explore("x + y", x=5e-324, y=1e299).model["inputs"]
    assert (x["low"], x["high"], x["step"]) == (-1, 1, 0.01)
    assert (y["low"], y["high"], y["step"]) == (-2e299, 2e299, 2e297)


def test_a_page_is_saved_as_html_only(tmp_path):
    with pytest.raises(ValueError, match=r"cannot be saved as \.svg"):
        abc().save(tmp_path / "f.svg")


def test_the_same_page_is_written_at_every_run():
    assert abc().html() == abc().html()


def boxes_of(arranged, nodes, links):
    sized = [*zip(arranged.nodes, nodes, strict=True)]
    sized += [(at, k.label) for at, k in zip(arranged.labels, links, strict=True) if at]
    return [(x - w / 2, y - h / 2, x + w / 2, y + h / 2) for (x, y), (w, h) in sized]


@pytest.mark.parametrize("drawn", [True, False])
def test_no_box_and_no_number_stands_on_another(drawn, monkeypatch):
    def nothing(*_):
        raise NoRenderer

    if not drawn:
        monkeypatch.setattr(layout, "render", nothing)
    nodes = [(30, 30), (50, 30), (30, 30), (36, 36), (36, 36), (40, 30)]
    links = [Link(s, t, (78, 42)) for s, t in ((0, 3), (1, 3), (3, 4), (2, 4), (0, 4))]
    links.append(Link(4, 5))
    arranged = layout.arrange(nodes, [False] * 3 + [True] * 2 + [False], links)
    boxes = boxes_of(arranged, nodes, links)
    for i, (left, top, right, bottom) in enumerate(boxes):
        for x0, y0, x1, y1 in boxes[:i]:
            assert x1 <= left or right <= x0 or y1 <= top or bottom <= y0
    assert all(arranged.nodes[k.source][0] < arranged.nodes[k.target][0] for k in links)
