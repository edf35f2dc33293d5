"""What left the manifest was paid for; headline, advice, sizes and junit.xml are about what the manifest wants now."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from desk import Desk

from runner.report.text import sized


def cases(desk: Desk) -> dict[str, set[str]]:
    """Return what junit.xml says of each item that it lists: nothing of one that passed."""
    suite = ET.parse(desk.folder / "runs/try/junit.xml").getroot()
    return {
        case.get("name", ""): {child.tag for child in case if child.tag != "system-out"}
        for case in suite.iter("testcase")
    }


def counts(desk: Desk) -> tuple[str | None, ...]:
    suite = ET.parse(desk.folder / "runs/try/junit.xml").getroot()
    return tuple(suite.find("testsuite").get(name) for name in ("tests", "failures", "errors", "skipped"))  # type: ignore[union-attr]  # there is one


def test_a_changed_prompt_leaves_the_headline_with_what_the_manifest_has(desk: Desk) -> None:
    desk.s2v("run", desk.manifest(["one", "two"]))

    done = desk.s2v("run", desk.manifest(["one", "three"]))
    bytes_ = sum(path.stat().st_size for path in (desk.folder / "runs/try/videos").glob("*.mp4"))

    assert done.code == 0, done.err
    assert done.out.startswith("2 of 2 videos done.\n")
    assert "  spent   1.95 USD for 3 jobs\n" in done.out
    assert "  gone    1 done: paid for or tried, and no longer in the manifest\n" in done.out
    assert videos(done.out) == f"  videos  runs/try/videos (1 s, {sized(bytes_)})"
    assert desk.s2v("status", "m.yaml").out == done.out
    assert "| no longer in the manifest | 1 done |" in (desk.folder / "runs/try/report.md").read_text()


def test_a_failed_item_that_left_the_manifest_fails_nothing_any_more(desk: Desk) -> None:
    assert desk.s2v("run", desk.manifest(["one", "bad [1026]"])).code == 5
    assert counts(desk) == ("2", "1", "0", "0")

    done = desk.s2v("run", desk.manifest(["one"]))

    assert done.code == 0
    assert done.out.startswith("1 of 1 video done.\n")
    assert "1026" not in done.out
    assert "next: s2v verify m.yaml" in done.out
    assert "--failed" not in done.out + (desk.folder / "runs/try/report.md").read_text()
    assert counts(desk) == ("2", "0", "0", "1")
    assert sorted(map(sorted, cases(desk).values())) == [[], ["skipped"]]


def test_github_hears_of_no_fault_that_left_the_manifest(desk: Desk) -> None:
    desk.s2v("run", desk.manifest(["one", "bad [1026]"]))

    done = desk.s2v("run", desk.manifest(["one"]), GITHUB_ACTIONS="true")

    assert "::error" not in done.out + done.err


def test_a_doubt_that_left_the_manifest_is_still_told(desk: Desk) -> None:
    assert desk.s2v("run", desk.manifest(["one", "lost [500]"])).code == 6

    done = desk.s2v("run", desk.manifest(["one"]))

    assert done.code == 6
    assert done.out.startswith("1 of 2 videos done; 1 in doubt.\n")
    assert "next: s2v resolve m.yaml" in done.out
    assert counts(desk) == ("2", "0", "1", "0")


def test_videos_to_review_are_not_counted_among_those_in_videos(desk: Desk) -> None:
    desk.s2v("run", desk.manifest(["one"]))
    one = videos(desk.s2v("status", "m.yaml").out)
    desk.s2v("run", desk.manifest(["one", "two"], checks={"min_seconds": 60, "on_fail": "review"}))

    done = desk.s2v("status", "m.yaml")

    assert done.out.startswith("1 of 2 videos done; 1 to review.\n")
    assert videos(done.out) == one


def test_money_of_a_doubt_that_was_given_up_is_told_as_what_it_is(desk: Desk) -> None:
    doubtful = desk.s2v("run", desk.manifest(["lost [500]"]))
    assert "  held    0.65 USD for requests without an answer\n" in doubtful.out

    desk.s2v("resolve", "m.yaml", "a", "--abandon")

    assert "  held    0.65 USD for requests given up, perhaps paid\n" in desk.s2v("status", "m.yaml").out


def videos(text: str) -> str:
    """Return the line that says how much of video stands in `videos/`."""
    (line,) = (line for line in text.splitlines() if line.startswith("  videos"))
    return line


def test_what_was_never_bought_and_left_the_manifest_is_nowhere_called_paid_for(desk: Desk) -> None:
    desk.s2v("run", desk.manifest(["one", "two"]), "--max-cost", "0.65 USD")

    done = desk.s2v("run", desk.manifest(["one"]))

    assert done.out.startswith("1 of 1 video done; 1 no longer wanted.\n")
    assert "no longer in the manifest" not in done.out
    assert desk.s2v("status", "m.yaml").out == done.out
