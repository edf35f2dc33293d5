from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from runner.service.forgetting import SHELF, forget
from runner.service.order import Account, Order
from runner.service.store import Store, open_store
from runner.service.terms import Terms


def ordered(store: Store, portrait: bytes, prompt: str) -> str:
    digest = sha256(portrait).hexdigest()
    order = Order(portrait=portrait, portrait_sha256=digest, prompt=prompt, prompt_optimizer=True, seed=None)
    return store.accept(order, Account(dialect="minimax", key=""), key=None, terms=Terms(), now=1.0)


def test_orders_go_by_portrait_or_by_job_and_leave_no_byte_behind(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        tasks = [
            ordered(store, b"her picture", "hers by the picture"),
            ordered(store, b"fetched from a URL", "hers by the job"),
            ordered(store, b"his picture", "his own"),
        ]
    (tmp_path / SHELF).mkdir()
    for task in tasks:
        (tmp_path / SHELF / f"{task}.mp4").write_bytes(b"film")

    count = forget(tmp_path, sha256(b"her picture").hexdigest(), [tasks[1]])

    with open_store(tmp_path) as store:
        assert [each.prompt for each in store.submissions(None)] == ["his own"]
        assert store.portrait(sha256(b"her picture").hexdigest()) is None
    assert (count, [path.stem for path in (tmp_path / SHELF).iterdir()]) == (2, [tasks[2]])
    left = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert not any(words in left for words in (b"hers by", b"her picture", b"fetched from"))
    assert forget(tmp_path, "0" * 64, []) == 0


def test_a_folder_without_a_service_stays_as_it_is(tmp_path: Path) -> None:
    assert forget(tmp_path / "none", "0" * 64, []) == 0
    assert not (tmp_path / "none").exists()
