"""What is said of items that will be bought though they were before: never that nothing is bought twice."""

from __future__ import annotations

from desk import Desk


def test_whoever_lifts_a_purge_is_told_what_is_bought_anew(desk: Desk) -> None:
    desk.portrait("her.png", "teal")
    manifest = desk.manifest(["one", "two", {"id": "c", "portrait": "her.png", "prompt": f"three{desk.mark}"}])
    desk.s2v("run", manifest, "--only", "a", "--only", "c")
    desk.s2v("purge", manifest, "--portrait", "her.png", "--yes")

    desk.s2v("purge", manifest, "--portrait", "her.png", "--lift")
    told = desk.s2v("status", manifest)
    report = desk.s2v("report", manifest, "--print", "report.md")
    desk.s2v("run", manifest)

    why = "2 items not finished yet: go on where the run stopped; 1 video is bought anew, nothing else that has a job"
    assert f"next: s2v run m.yaml   # {why}\n" in told.out
    assert why in report.out
    assert sorted(desk.submits) == ["one", "three", "three", "two"]


def test_whoever_must_raise_the_budget_for_it_is_told_so_too(desk: Desk) -> None:
    limits = {"budget": {"amount": 0.65, "currency": "USD"}}
    manifest = desk.manifest(["broke [fail]"], limits=limits)
    desk.s2v("run", manifest)

    desk.s2v("retry", manifest)
    told = desk.s2v("status", manifest)

    assert "then go on; 1 video is bought anew, nothing else that has a job\n" in told.out


def test_nobody_is_told_that_a_doubt_is_not_bought_twice_because_a_person_said_that_nothing_was_made(
    desk: Desk,
) -> None:
    manifest = desk.manifest(["lost [500]"])
    assert desk.s2v("run", manifest).code == 6

    desk.s2v("resolve", manifest, "a", "--resubmit")
    told = desk.s2v("status", manifest)
    desk.s2v("run", manifest)

    why = "1 item not finished yet: go on where the run stopped; nothing that has a job is bought twice"
    assert f"next: s2v run m.yaml   # {why}\n" in told.out
    assert desk.submits == ["lost [500]", "lost [500]"]
