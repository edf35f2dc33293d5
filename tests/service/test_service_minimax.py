from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import av
import httpx
import pytest
from ledgers import ledger
from PIL import Image
from service_client import Client, body, data_url, picture, served, whole
from tiny_films import refuse, stumble

HALF_A_LETTER = json.dumps(body(prompt="\ud800")).encode()


def test_a_film_goes_from_order_to_download(tmp_path: Path) -> None:
    async def act(c: Client) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any], httpx.Response]:
        taken = await c.submit()
        await c.service.drain()
        done = await c.query(taken["task_id"])
        file = await c.retrieve(done["file_id"])
        return taken, done, file, await c.http.get(file["file"]["download_url"])

    taken, done, file, film = served(tmp_path, act)

    success = {"status_code": 0, "status_msg": "success"}
    assert taken.keys() == {"task_id", "base_resp"}
    assert re.fullmatch(r"[0-9]{15,18}", taken["task_id"])
    assert taken["base_resp"] == success
    assert (done["status"], done["video_width"], done["video_height"]) == ("Success", 64, 64)
    assert re.fullmatch(r"[0-9]{15,18}", done["file_id"])
    link = file["file"].pop("download_url")
    assert file == {
        "file": {
            "file_id": done["file_id"], "bytes": 0, "created_at": 1_000_000, "filename": "output_aigc.mp4",
            "purpose": "video_generation",
        },
        "base_resp": success,
    }  # fmt: skip
    assert link.startswith(f"http://local/files/{done['file_id']}/output.mp4?expires=1003600&signature=")
    with av.open(io.BytesIO(film.content), "r") as container:
        assert len(list(container.decode(video=0))) == 8


def test_an_unfinished_task_has_an_empty_file_id_and_no_size(tmp_path: Path) -> None:
    async def act(c: Client) -> dict[str, Any]:
        return await c.query((await c.submit())["task_id"])

    early = served(tmp_path, act)

    assert early["status"] in {"Queueing", "Processing"}
    assert (early["file_id"], early["video_width"], early["video_height"]) == ("", 0, 0)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"model": "S2V-02"}, "model must be S2V-01"),
        ({"model": None}, "model must be S2V-01"),
        ({"subject_reference": None}, "array of exactly one object"),
        ({"subject_reference": []}, "array of exactly one object"),
        ({"subject_reference": [{"type": "style", "image": ["x"]}]}, "type must be character"),
        ({"subject_reference": [{"type": "character", "image": "x"}]}, "array of exactly one string"),
        ({"subject_reference": [{"type": "character", "image": ["x", "y"]}]}, "array of exactly one string"),
        ({"subject_reference": [{"type": "character", "image": [7]}]}, "array of exactly one string"),
        ({"subject_reference": [{"type": "character", "image": ["https://x.org/a.jpg"]}]}, "cannot fetch URLs"),
        ({"subject_reference": [{"type": "character", "image": ["/etc/passwd"]}]}, "neither a URL nor a data URL"),
        ({"subject_reference": [{"type": "character", "image": ["data:image/png;base64,#"]}]}, "base64"),
        ({"prompt": "x" * 2001}, "2001 characters, expected at most 2000"),
        ({"prompt": 7}, "prompt must be a string"),
        ({"prompt_optimizer": "yes"}, "prompt_optimizer must be true or false"),
        ({"callback_url": "https://x.org/hook"}, "callback_url is not served here"),
        ({"seed": True}, "seed must be a whole number"),
        ({"seed": -1}, "seed must be a whole number"),
    ],
)
def test_a_wrong_field_is_refused_with_2013_and_makes_no_task(
    fields: dict[str, Any], words: str, tmp_path: Path
) -> None:
    answer = served(tmp_path, lambda c: c.submit(body(**{k: v for k, v in fields.items() if v}) | fields))

    assert answer["base_resp"]["status_code"] == 2013
    assert words in answer["base_resp"]["status_msg"]
    assert "task_id" not in answer
    assert ledger(tmp_path) == ()


def two_pictures(form: str) -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", (320, 320), colour) for colour in ("red", "blue")]
    frames[0].save(out, form, save_all=True, append_images=frames[1:])
    return out.getvalue()


@pytest.mark.parametrize(
    ("portrait", "words"),
    [
        (picture(300, 400), "more than 300 px"),
        (picture(301, 754), "between 2:5 and 5:2"),
        (picture(form="GIF"), "expected JPG, JPEG, PNG or WebP"),
        (picture(400, 400)[:500], "not a whole"),
        (b"<html>", "not a whole"),
        (b"", "not a whole"),
        (two_pictures("WEBP"), "animated"),
        (two_pictures("PNG"), "animated"),
        (picture() + bytes(20 * 1024 * 1024), "expected less than"),
    ],
    ids=["small", "long", "gif", "cut", "html", "empty", "animated", "animated png", "heavy"],
)
def test_a_portrait_outside_the_rules_is_refused_with_2013(portrait: bytes, words: str, tmp_path: Path) -> None:
    answer = served(tmp_path, lambda c: c.submit(body(portrait)))

    assert answer["base_resp"]["status_code"] == 2013
    assert words in answer["base_resp"]["status_msg"]


@pytest.mark.parametrize(
    "portrait",
    [
        picture(301, 301),
        picture(302, 755),
        picture(755, 302),
        picture(form="JPEG"),
        picture(form="WEBP"),
        two_pictures("MPO"),
    ],
    ids=["301", "2:5", "5:2", "jpeg", "webp", "a phone's jpeg, with another behind its end"],
)
def test_a_portrait_at_the_edge_of_the_rules_is_taken(portrait: bytes, tmp_path: Path) -> None:
    assert served(tmp_path, lambda c: c.submit(body(portrait)))["base_resp"]["status_code"] == 0


def test_the_prompt_may_be_absent_and_other_fields_are_let_pass(tmp_path: Path) -> None:
    answer = served(tmp_path, lambda c: c.submit(body(prompt=None, duration=6, resolution="720P")))

    assert answer["base_resp"]["status_code"] == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "not JSON"),
        (HALF_A_LETTER, "surrogate"),
        (b"[]", "not a JSON object"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff\xfe", "not JSON"),
    ],
    ids=["cut", "half a letter", "list", "deep", "binary"],
)
def test_a_body_that_is_no_json_object_is_refused(content: bytes, words: str, tmp_path: Path) -> None:
    async def act(c: Client) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        return whole(await c.http.post("/v1/video_generation", content=content, headers=headers))

    answer = served(tmp_path, act)

    assert answer["base_resp"]["status_code"] == 2013
    assert words in answer["base_resp"]["status_msg"]


def test_another_content_type_is_refused(tmp_path: Path) -> None:
    async def act(c: Client) -> dict[str, Any]:
        return whole(await c.http.post("/v1/video_generation", data={"model": "S2V-01"}))

    assert "application/json" in served(tmp_path, act)["base_resp"]["status_msg"]


def test_a_body_above_the_limit_is_cut_off_while_it_is_read(tmp_path: Path) -> None:
    sent = []

    async def endless() -> Any:
        while True:
            sent.append(1)
            yield b" " * 2**20

    async def act(c: Client) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        return whole(await c.http.post("/v1/video_generation", content=endless(), headers=headers))

    answer = served(tmp_path, act)

    assert "larger than" in answer["base_resp"]["status_msg"]
    assert len(sent) < 40


@pytest.mark.parametrize("path", ["/v1/query/video_generation?task_id=1", "/v1/files/retrieve?file_id=1"])
def test_an_unknown_id_is_2013_without_a_status(path: str, tmp_path: Path) -> None:
    async def act(c: Client) -> dict[str, Any]:
        return whole(await c.http.get(path))

    answer = served(tmp_path, act)

    assert answer.keys() == {"base_resp"}
    assert answer["base_resp"]["status_code"] == 2013


@pytest.mark.parametrize("key", [None, "wrong"])
@pytest.mark.parametrize("path", ["submit", "/v1/query/video_generation?task_id=1", "/v1/files/retrieve?file_id=1"])
def test_without_the_right_key_every_route_answers_1004(path: str, key: str | None, tmp_path: Path) -> None:
    async def act(c: Client) -> dict[str, Any]:
        return await c.submit() if path == "submit" else whole(await c.http.get(path))

    answer = served(tmp_path, act, keys=frozenset({"right"}), key=key)

    assert answer["base_resp"]["status_code"] == 1004
    assert ledger(tmp_path) == ()


def test_with_the_right_key_a_task_is_taken(tmp_path: Path) -> None:
    answer = served(tmp_path, lambda c: c.submit(), keys=frozenset({"right", "other"}), key="right")

    assert answer["base_resp"]["status_code"] == 0


def test_a_film_that_cannot_be_drawn_fails_with_the_reason(tmp_path: Path) -> None:
    answer = served(tmp_path, lambda c: c.made(), draw=refuse)

    assert (answer["status"], answer["file_id"]) == ("Fail", "")
    assert answer["base_resp"]["status_code"] == 1000
    assert "nothing can be drawn from" in answer["base_resp"]["status_msg"]


def test_one_jobs_bug_does_not_stop_the_others(tmp_path: Path) -> None:
    async def act(c: Client) -> tuple[dict[str, Any], dict[str, Any]]:
        bad = await c.made(body(prompt="stumble"))
        return bad, await c.made()

    bad, good = served(tmp_path, act, draw=stumble)

    assert (bad["status"], good["status"]) == ("Fail", "Success")
    assert "ZeroDivisionError: a bug" in bad["base_resp"]["status_msg"]


def test_the_seed_of_the_request_reaches_the_film(tmp_path: Path) -> None:
    async def act(c: Client) -> list[dict[str, Any]]:
        return [await c.made(body(seed=5)), await c.made()]

    given, own = served(tmp_path, act)

    assert given["animatic"]["seed"] == 5
    assert own["animatic"]["seed"] == int(own["task_id"])


def test_the_embedded_application_serves_the_real_data_url_form(tmp_path: Path) -> None:
    content = body()
    content["subject_reference"][0]["image"] = [data_url(picture()).replace("image/png", "image/JPEG")]

    assert served(tmp_path, lambda c: c.submit(content))["base_resp"]["status_code"] == 0
