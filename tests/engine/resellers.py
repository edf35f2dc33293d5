"""The simulated studio behind three resellers, each of which understands one form of an order only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from studio import Answer, Studio, says

from runner.dialects.seam import Call, Reply

MODELLIX_PATHS: Final = {
    "/api/v1/minimax/minimax-s2v-01/async": "async",
    "/api/v1/minimax/minimax-s2v-01": "plain",
    "/api/v1/image-to-video/minimax/minimax-s2v-01/async": "image-to-video",
}


@dataclass(kw_only=True)
class Reseller(Studio):
    """Passes on what it understands; `asked` are the forms of all orders that came in."""

    understands: str | None
    asked: list[str] = field(default_factory=list)

    def receive(self, call: Call) -> Answer:
        if call.method == "POST":
            return self._order(call)
        if call.path.endswith("/files/retrieve"):
            return Studio.receive(self, replace(call, path="/v1/files/retrieve"))
        job_id = call.query.get("task_id") or call.path.rpartition("/")[2]
        return Studio.receive(self, replace(call, path="/v1/query/video_generation", query={"task_id": job_id}))

    def _order(self, call: Call) -> Answer:
        assert call.body is not None
        (subject,) = call.body["subject_reference"]
        self.asked.append("list" if isinstance(subject["image"], list) else "string")
        return Studio.receive(self, call) if self.asked[-1] == self.understands else says(2013, words="invalid params")


@dataclass(kw_only=True)
class Modellix(Reseller):
    """Speaks in its own shapes, and knows one generation of its endpoint; the other paths are not found."""

    def receive(self, call: Call) -> Answer:
        answer = Reseller.receive(self, call)
        if not isinstance(answer.heard, Reply) or answer.heard.status != 200 or answer.heard.document is None:
            return answer
        told = answer.heard.document
        data = {"task_id": told.get("task_id"), "status": str(told.get("status", "pending")).lower()}
        if told.get("file_id"):
            link = Studio.receive(
                self, Call(method="GET", path="/v1/files/retrieve", query={"file_id": told["file_id"]})
            )
            assert isinstance(link.heard, Reply)
            data["result"] = {"resources": [{"url": link.heard.document["file"]["download_url"], "type": "video"}]}
        return replace(answer, heard=_reply({"code": 0, "message": "success", "data": data}))

    def _order(self, call: Call) -> Answer:
        self.asked.append(MODELLIX_PATHS[call.path])
        if self.asked[-1] == self.understands:
            return Studio.receive(self, call)
        return Answer(heard=_reply({"code": 404, "message": "Not Found: no such model"}, status=404))


def _reply(document: Mapping[str, Any], *, status: int = 200) -> Reply:
    return Reply(status=status, headers={}, document=document, text="")
