"""The page of a run, in a real browser: all of it is there, it leads somewhere, and nothing is asked of the network."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from harness.explaining.timeline import picture
from harness.judging.repetition import evidence_of
from harness.report.page.ticket_sections import anchor
from harness.runfolder.meta import Meta, write_meta
from harness.runfolder.result import Result, ScenarioName
from tests.support.browser import Looked, chromium, look
from tests.support.chaos import chaos, latest, write_scenario
from tests.support.histories import KILL, healthy, kill, plan, write
from tests.support.once import made_once
from tests.support.reports import rendering
from tests.support.results import fault, result, sync

render = rendering("html")

RUN = """
    name: dies
    description: a worker dies between message and record
    load: {tickets: 2, arrival: all_at_once}
    systems:
      sync: {system: sync, threads: 4}
      careful: {system: sync, processes: 1, threads: 4, retries: 2, resubmit: {attempts: 3}}
      keyed:
        {system: sync, processes: 1, threads: 4, retries: 2, resubmit: {attempts: 3}, safeguards: {idempotency: true}}
    faults:
      - kind: worker_kill
        when: {step: notify_customer, occurrence: 2, window: after_effect}
        restart_after: 100ms
    settle: 10s
    expect: ["sync.lost >= 1", "careful.lost == 1", "keyed.lost == 0"]
"""
TIMELINES = "[...document.querySelectorAll('#timelines .chart')].filter((one) => one.layout)"
TIME_RANGES = f"{TIMELINES}.map((one) => one.layout.xaxis.range)"
LARGEST_BYTES = 1_150_000
"""Of a page with two tickets; each story of another adds to it, and there is room for that."""
HOSTILE = "<script>alert('in')</script><img src=x onerror=alert(1)>\u202eevil\x1b[31m{{ 7 * 7 }} %{x}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Path:
    """Run three systems for real, twice, and return the page."""
    assert browser.is_connected()  # nothing is run where nobody can look at it
    return latest(made_once(tmp_path_factory, "page", run)) / "report.html"


def run(folder: Path) -> None:
    path = write_scenario(folder, RUN)
    ran = chaos("run", str(path), "--repeat", "2", "--out", str(folder / "reports"))
    assert ran.code == 1, ran.out + ran.err


def test_all_of_it_is_there_leads_somewhere_and_can_be_read_zoomed_and_printed(browser: Browser, report: Path) -> None:
    it_is_small_enough_to_be_mailed_also_with_five_repetitions(report)
    seen = look(browser, report, width=1280, dark=True)
    all_timelines_have_one_time_axis_and_zoom_together(seen)  # first, as not all of them are drawn yet
    every_part_is_there_and_nothing_is_asked_for_or_complained_of(seen)
    a_printed_page_says_how_many_stories_and_rows_are_closed_and_so_not_printed(seen.page)
    expect(seen.page.locator(".notifier-note")).to_have_count(0, timeout=20_000)  # the library's hint goes by itself
    it_fits_and_keeps_nobody_out(seen, 1280, dark=True)
    no_mark_of_a_programmer_s_text_is_left(seen)
    fold(seen.page)
    the_timeline_has_lanes_bars_faults_and_lost_tickets(seen.page)
    fold(seen.page)
    another_repetition_is_drawn_when_it_is_chosen(seen.page)
    fold(seen.page)
    a_count_leads_to_its_tickets_and_a_ticket_to_its_story(seen.page, report)
    fold(seen.page)
    a_count_leads_to_its_rows_and_a_row_to_the_story_of_its_ticket(seen.page)
    fold(seen.page)
    a_printed_page_has_the_figures_and_no_navigation(seen.page)
    assert seen.said == []
    no_script_runs_that_the_page_does_not_name(seen)
    seen.page.context.close()
    it_fits_a_phone(browser, report)


def fold(page: Page) -> None:
    """Make it as it was when it was opened: on the screen, at its top, and folded."""
    page.emulate_media(media="screen")
    page.evaluate(
        "() => { document.querySelectorAll('details').forEach((one) => { one.open = false; });"
        " location.hash = ''; scrollTo(0, 0); }"
    )


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")


def unfold_some(page: Page, of_each: int = 2) -> None:
    """Unfold the first few stories and tables of each kind: the others are drawn by the same rules."""
    page.evaluate(
        "(few) => { const seen = {};"
        " for (const one of document.querySelectorAll('details'))"
        " { one.open = !one.className || (seen[one.className] = (seen[one.className] ?? 0) + 1) <= few; } }",
        of_each,
    )


def all_timelines_have_one_time_axis_and_zoom_together(seen: Looked) -> None:
    page = seen.page
    timelines = page.locator("#timelines .chart")
    timelines.first.scroll_into_view_if_needed()
    timelines.first.locator("svg.main-svg").first.wait_for()
    whole = time_ranges(page)[0]
    box = timelines.first.locator(".nsewdrag").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    page.wait_for_function(f"(whole) => {TIME_RANGES}[0][0] > whole[0]", arg=whole)
    seen.scroll_through()  # one that is drawn only now is zoomed too
    page.wait_for_function(f"new Set({TIME_RANGES}.map(String)).size === 1")
    zoomed = time_ranges(page)
    assert len(zoomed) == 3
    assert zoomed[0] == pytest.approx([whole[0] + part * (whole[1] - whole[0]) for part in (0.25, 0.5)], abs=0.1)
    timelines.last.locator(".nsewdrag").dblclick()
    page.wait_for_function(f"(whole) => {TIME_RANGES}.every((one) => String(one) === String(whole))", arg=whole)
    boxes = [one.locator(".nsewdrag").bounding_box() for one in timelines.all()]
    assert len({(one["x"], one["width"]) for one in boxes if one is not None}) == 1


def time_ranges(page: Page) -> list[list[float]]:
    """Return from when to when each timeline that is drawn goes, in seconds."""
    found: list[list[float]] = page.evaluate(TIME_RANGES)
    return found


def it_is_small_enough_to_be_mailed_also_with_five_repetitions(report: Path) -> None:
    page = report.read_bytes()
    library = len(page.partition(b'id="library">')[2].partition(b"<")[0])
    for_each = (len(page) - library) / (3 * 2)  # a repetition of a system
    assert library > 0
    assert library + for_each * 3 * 5 < LARGEST_BYTES


def every_part_is_there_and_nothing_is_asked_for_or_complained_of(seen: Looked) -> None:
    seen.scroll_through()
    page = seen.page
    headings = [one.strip() for one in page.locator("main h2").all_inner_texts()]
    assert headings == [
        "In short",
        "The comparison",
        "What happened, and when",
        "The faults",
        "The settings that matter",
        "For and against",
        "Tickets worth a look",
        "The records behind the other counts",
        "Run it again",
    ]
    expect(page.locator("header .verdict")).to_contain_text("FAIL", ignore_case=True)
    expect(page.locator(".card")).to_have_count(3)
    assert page.locator(".chart:visible").count() == 2 + 3  # two curves, and a timeline for each system
    expect(page.locator("#argument")).to_contain_text("careful beside keyed: idempotency off → on")
    expect(page.locator("#again pre").first).to_contain_text("chaos run scenario.yaml --seed 1 --repeat 2")
    assert seen.said == []
    assert [url for url in seen.asked if not url.startswith("file:")] == []


def it_fits_and_keeps_nobody_out(
    seen: Looked, width: int, *, dark: bool, opened: Callable[[Page], None] = unfold_some
) -> None:
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    paper = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
    light = sum(int(part) for part in re.findall(r"\d+", paper)[:3])
    assert (light < 150) == dark
    assert seen.said == []
    opened(seen.page)
    results = Axe().run(seen.page)
    assert results.violations_count == 0, results.generate_report()


def no_mark_of_a_programmer_s_text_is_left(seen: Looked) -> None:
    unfold(seen.page)
    assert "`" not in seen.page.locator("body").inner_text()


def the_timeline_has_lanes_bars_faults_and_lost_tickets(page: Page) -> None:
    chart = page.locator("#timeline-1")
    chart.scroll_into_view_if_needed()
    chart.locator("svg.main-svg").first.wait_for()
    expect(chart.locator(".ytick text")).to_have_text(["worker 0", "worker 1"])
    assert chart.locator(".scatterlayer .trace").count() > 5
    names = page.evaluate("document.getElementById('timeline-1').data.map((trace) => trace.name)")
    assert {"notify customer", "died with its process", "lost ticket", "fault"} <= set(names)


def another_repetition_is_drawn_when_it_is_chosen(page: Page) -> None:
    chart = page.locator("#timeline-2")
    chart.scroll_into_view_if_needed()
    chart.locator("svg.main-svg").first.wait_for()
    before = page.evaluate("JSON.stringify(document.getElementById('timeline-2').data)")
    page.locator("select[data-for=timeline-2]").select_option(label="repetition 2")
    page.wait_for_function(
        "(before) => JSON.stringify(document.getElementById('timeline-2').data) !== before", arg=before
    )


def a_count_leads_to_its_tickets_and_a_ticket_to_its_story(page: Page, report: Path) -> None:
    found = msgspec.json.decode((report.parent / "result.json").read_bytes(), type=Result)
    struck = found.systems["sync"].repetitions[0].faults[0].tickets[0]  # the one that is hit in every column
    card = page.locator(".card", has_text="sync").first
    card.locator("a").first.click()
    tickets = page.locator("#lost-sync")
    expect(tickets).to_be_in_viewport()
    tickets.locator(f"a[href='#sync-1-{struck}']").click()
    story = page.locator("details.ticket[open]")
    expect(story).to_have_count(1)
    expect(story).to_be_in_viewport()
    expect(story).to_contain_text("its process died (SIGKILL)")
    assert re.search(r"journal/worker-\d-\d+-\d+\.jsonl:\d+", story.inner_text())
    story.locator("dd a", has_text="careful").click()
    expect(page.locator("details.ticket[open]")).to_have_count(2)


def a_count_leads_to_its_rows_and_a_row_to_the_story_of_its_ticket(page: Page) -> None:
    line = page.locator("table.comparison tr", has=page.get_by_role("rowheader", name="unserved", exact=True))
    line.locator("a").first.click()
    rows = page.locator("details#unserved-sync[open]")
    expect(rows).to_be_in_viewport()
    row = rows.locator("tr", has=page.locator("a")).first
    expect(row).to_contain_text(re.compile(r"T-\d{4}did not end.*journal/harness-\d+-\d+-\d+\.jsonl:\d+"))
    row.locator("a").click()
    story = page.locator("details.ticket[open]")
    expect(story).to_be_in_viewport()
    expect(story).to_contain_text("was lost")


def a_printed_page_says_how_many_stories_and_rows_are_closed_and_so_not_printed(page: Page) -> None:
    kinds = ("details.ticket", "details.count")
    for kind in kinds:
        note, count = page.locator(f"p:has([data-closed='{kind}'])"), page.locator(kind).count()
        page.emulate_media(media="screen")
        expect(note).to_be_hidden()
        page.emulate_media(media="print")
        expect(note).to_contain_text(f"so not printed: {'the rows of ' if 'count' in kind else ''}{count} ")
    for kind in kinds:
        fold(page)
        page.emulate_media(media="print")
        note, foldable = page.locator(f"p:has([data-closed='{kind}'])"), page.locator(kind)
        page.evaluate("(id) => { location.hash = id; }", foldable.first.get_attribute("id"))
        expect(foldable.first).to_have_attribute("open", "")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        expect(note.locator("[data-closed]")).to_have_text(str(foldable.count() - 1))
        unfold(page)
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        expect(note).to_be_hidden()
    fold(page)


def a_printed_page_has_the_figures_and_no_navigation(page: Page) -> None:
    page.emulate_media(media="print")
    expect(page.locator("nav")).to_be_hidden()
    expect(page.locator("table.comparison")).to_be_visible()


def no_script_runs_that_the_page_does_not_name(seen: Looked) -> None:
    seen.page.evaluate(
        "() => { const one = document.createElement('script'); one.textContent = 'window.ran = 1'; "
        "document.head.append(one); }"
    )
    assert seen.page.evaluate("window.ran") is None
    assert any("Content Security Policy" in one for one in seen.said)


def it_fits_a_phone(browser: Browser, report: Path) -> None:
    seen = look(browser, report, width=390)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert seen.said == []
    seen.page.context.close()


@pytest.mark.soak
@pytest.mark.parametrize(("width", "dark"), [(390, False), (390, True), (1280, False)])
def test_it_fits_a_phone_and_a_desk_by_day_and_by_night_and_keeps_nobody_out(
    browser: Browser, report: Path, width: int, *, dark: bool
) -> None:
    a_look_at_all_of_it_fits_and_keeps_nobody_out(browser, report, width, dark=dark)


def a_look_at_all_of_it_fits_and_keeps_nobody_out(browser: Browser, report: Path, width: int, *, dark: bool) -> None:
    seen = look(browser, report, width=width, dark=dark)
    seen.scroll_through()
    it_fits_and_keeps_nobody_out(seen, width, dark=dark, opened=unfold)
    seen.page.context.close()


def test_where_no_picture_can_be_drawn_the_page_says_why_and_has_all_else(browser: Browser, report: Path) -> None:
    for before, reason in (
        ("delete window.DecompressionStream", "this browser cannot unpack them"),
        ("Object.defineProperty(window, 'Plotly', {set: () => {}})", "does not run the charting library"),
    ):
        looked = look(browser, report, before=before)
        expect(looked.page.locator("#undrawn")).to_contain_text(reason)
        expect(looked.page.locator("#drawn")).to_be_hidden()
        expect(looked.page.locator("table.comparison")).to_be_visible()
        looked.page.locator(".card a").first.click()
        expect(looked.page.locator("#lost-sync")).to_be_in_viewport()
        looked.page.context.close()


def test_hostile_text_neither_runs_nor_breaks_the_page(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(hostile(tmp_path), encoding="utf-8")
    seen = look(browser, file)
    seen.scroll_through()
    assert seen.said == []
    assert seen.page.locator("script").count() == 3  # the data, the library, the page's own
    assert seen.page.locator("img, iframe, object").count() == 0
    text = seen.page.content()
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert "49 " not in seen.page.locator("header").inner_text()
    for part in ("header", "#lost_updates-" + anchor(HOSTILE)):
        expect(seen.page.locator(part)).to_contain_text("<script>alert('in')</script>")
    seen.page.context.close()


def hostile(folder: Path) -> str:
    """Render a run in which every text that somebody else may write is hostile, the description ten megabytes."""
    made = plan(folder, KILL)
    history = healthy(made)
    kill(history)
    history.answered = [msgspec.structs.replace(one, detail=HOSTILE) for one in history.answered]
    write(history, "agents", "R-001", HOSTILE, 190, "", behind=1)
    spec = msgspec.structs.replace(made.scenario.faults[0], name=HOSTILE)
    made = msgspec.structs.replace(made, scenario=msgspec.structs.replace(made.scenario, faults=(spec,)))
    drawn = picture(evidence_of(made, history, "sync"), 10)
    (folder / "scenario.yaml").write_text(f"# {HOSTILE}\nname: x\n" + "a" * 10_000_000, encoding="utf-8")
    write_meta(folder, Meta(1, HOSTILE, 1, 1, ("sync",), "0" * 64, {}, 0.0, "broken", HOSTILE))
    return render(_hostile_result(), {HOSTILE: {1: drawn}}, folder)


def _hostile_result() -> Result:
    known = result()
    spiteful = sync(faults=(fault(name=HOSTILE, missed=1, notes=(HOSTILE,)),), notes={"latency_p50": HOSTILE})
    column = msgspec.structs.replace(
        known.systems["sync"], repetitions=(spiteful,), settings={"system": HOSTILE, HOSTILE: HOSTILE}
    )
    return msgspec.structs.replace(
        known,
        scenario=ScenarioName(HOSTILE, HOSTILE + "x" * 10_000_000),
        run_id=HOSTILE,
        systems={HOSTILE: column},
        environment={HOSTILE: HOSTILE},
        status="broken",
        problem=HOSTILE,
        verdict="unknown",
    )
