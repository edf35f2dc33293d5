"""The four dialects as data: how each submits, asks, and finds the link; one life of a job for every one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from service_client import Client, data_url, picture


@dataclass(frozen=True)
class Spoken:
    """One way of speaking; `look_up` is the path of the file look-up, None where the query gives the link."""

    name: str
    submit: str
    query: str
    look_up: str | None
    body: Callable[..., dict[str, Any]]
    waiting: tuple[str, ...]
    done: str
    failed: str

    async def order(self, c: Client, **fields: Any) -> str:
        reply = await c.http.post(self.submit, json=self.body(**fields))
        assert reply.status_code == 200, reply.text
        return self.task_id(reply.json())

    async def ask(self, c: Client, task_id: str) -> Any:
        return (await c.http.get(self.query.format(task_id))).json()

    async def link(self, c: Client, told: Any, task_id: str) -> str:
        if self.look_up is None:
            return link_in(told)
        params = {"file_id": told["file_id"], "task_id": task_id}
        return str((await c.http.get(self.look_up, params=params)).json()["file"]["download_url"])

    def task_id(self, reply: Any) -> str:
        return str(reply["data"]["task_id"] if "data" in reply else reply["task_id"])

    def status(self, told: Any) -> str:
        return str(told["data"]["status"] if "data" in told else told["status"])


def link_in(told: Any) -> str:
    return str(told["data"]["result"]["resources"][0]["url"] if "data" in told else told["url"])


def reference(image: Any) -> Callable[..., dict[str, Any]]:
    def body(**fields: Any) -> dict[str, Any]:
        subject = [{"type": "character", "image": image}]
        return {"model": "S2V-01", "subject_reference": subject, "prompt": "She smiles."} | fields

    return body


def flat(**fixed: Any) -> Callable[..., dict[str, Any]]:
    return lambda **fields: fixed | {"prompt": "She smiles."} | fields


PORTRAIT = data_url(picture())
MINIMAX_WORDS = (("Preparing", "Queueing", "Processing"), "Success", "Fail")
MODELLIX_WORDS = (("pending", "processing"), "success", "failed")
ASYNC = "/api/v1/minimax/minimax-s2v-01/async"
TASKS = "/api/v1/tasks/{}"
ALL = {
    each.name: each
    for each in (
        Spoken(
            "minimax", "/v1/video_generation", "/v1/query/video_generation?task_id={}", "/v1/files/retrieve",
            reference([PORTRAIT]), *MINIMAX_WORDS,
        ),
        Spoken(
            "vapi", "/task/minimax/v1/video_generation", "/task/{}", "/task/minimax/v1/files/retrieve",
            reference(PORTRAIT), *MINIMAX_WORDS,
        ),
        Spoken(
            "ai302", "/minimaxi/v1/video_generation", "/minimaxi/v1/query/video_generation?task_id={}",
            "/minimaxi/v1/files/retrieve", reference([PORTRAIT]), *MINIMAX_WORDS,
        ),
        Spoken(
            "ai302-unified", "/302/video/create", "/302/video/fetch/{}", None,
            flat(model="minimaxi_S2V-01", image=PORTRAIT), ("queued", "processing"), "completed", "failed",
        ),
        Spoken("modellix", ASYNC, TASKS, None, flat(subject_reference_images=[PORTRAIT]), *MODELLIX_WORDS),
        Spoken(
            "modellix-newest", ASYNC.removesuffix("/async"), TASKS, None,
            flat(subject_reference_images=[PORTRAIT]), *MODELLIX_WORDS,
        ),
        Spoken(
            "modellix-oldest", "/api/v1/image-to-video/minimax/minimax-s2v-01/async", TASKS, None,
            reference([PORTRAIT]), *MODELLIX_WORDS,
        ),
    )
}  # fmt: skip
