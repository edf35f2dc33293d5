"""A disk over real files that knows, at every moment, what a power cut would leave of them.

It keeps what POSIX promises, and no more. Bytes that were synced are there; of others there may be none, a beginning,
or zeros in their place. A name that was added or taken away is so once its folder was synced; until then each change
may have reached the disk or not, in any order, also the two halves of one renaming. A folder without a durable name
takes all that lies in it along.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from random import Random
from typing import BinaryIO, Final

from runner.edge.disk.files import Disk

Tree = Mapping[Path, bytes | None]
"""What a disk holds: the bytes of each file, None for a folder; paths are relative to its root."""

_CHANGES_MOST: Final = 8  # names unsynced at one time; every subset of them is a state of its own
_FILES_MOST: Final = 3  # files unsynced at one time; so is every combination of their fates


@dataclass(eq=False, slots=True)
class _Blob:
    """The bytes of one file, under whatever name; `synced` is what a power cut leaves for certain."""

    synced: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """A name that was added or taken away since its folder was synced; `file` is None for a folder."""

    path: Path
    file: _Blob | None = None
    is_gone: bool = False
    renaming: int | None = None


class LosingDisk(Disk):
    """Does what it is asked for in `root`, and before each verb tells `watch` of all trees that a cut would leave.

    With `tears_renames` the two halves of a renaming reach the disk apart, as POSIX allows and no common disk does.
    With `dice` not all trees are told but three: that where nothing reached the disk, where all did, and where some.
    """

    def __init__(
        self, root: Path, watch: Callable[[str, list[Tree]], None], *, tears_renames: bool = True,
        dice: Random | None = None,
    ) -> None:  # fmt: skip
        self._root = root
        self._watch = watch
        self._tears = tears_renames
        self._dice = dice
        self._renamings = 0
        self._files = {path: _Blob(path.read_bytes()) for path in root.rglob("*") if path.is_file()}
        folders = (path for path in root.rglob("*") if path.is_dir())
        self._held: dict[Path, _Blob | None] = {**dict.fromkeys(folders), **self._files}
        self._changes: list[_Change] = []
        self.named: dict[Path, set[bytes]] = {path: {blob.synced or b""} for path, blob in self._files.items()}

    def open_new(self, path: Path) -> BinaryIO:
        self.look(f"{path.name} is opened")
        file = super().open_new(path)
        self._files[path] = _Blob()
        self._changes.append(_Change(path=path, file=self._files[path]))
        return file

    def sync(self, file: BinaryIO) -> None:
        path = Path(file.name)
        self.look(f"{path.name} is synced")
        super().sync(file)
        self._files[path].synced = path.read_bytes()

    def rename(self, source: Path, target: Path) -> None:
        self.look(f"{source.name} becomes {target.name}")
        super().rename(source, target)
        blob = self._files[target] = self._files.pop(source)
        self._renamings += 1
        self._changes.append(_Change(path=target, file=blob, renaming=self._renamings))
        self._changes.append(_Change(path=source, is_gone=True, renaming=self._renamings))
        self.named.setdefault(target, set()).add(target.read_bytes())

    def link(self, source: Path, target: Path) -> None:
        self.look(f"{target.name} is linked")
        super().link(source, target)
        self._files[target] = _Blob(target.read_bytes())
        self._changes.append(_Change(path=target, file=self._files[target]))

    def remove(self, path: Path) -> None:
        self.look(f"{path.name} is removed")
        super().remove(path)
        if self._files.pop(path, None):
            self._changes.append(_Change(path=path, is_gone=True))

    def make_folder(self, folder: Path) -> None:
        self.look(f"the folder {folder.name} is made")
        super().make_folder(folder)
        self._changes.append(_Change(path=folder))

    def sync_folder(self, folder: Path) -> None:
        self.look(f"the folder {folder.name} is synced")
        super().sync_folder(folder)
        for change in self._changes:
            if change.path.parent == folder:
                _apply(self._held, change)
        self._changes = [change for change in self._changes if change.path.parent != folder]

    def look(self, what: str) -> None:
        """Tell the watcher what a cut at this moment would leave."""
        self._watch(what, [tree for names in self._outcomes() for tree in self._trees(names)])

    def _outcomes(self) -> Iterator[dict[Path, _Blob | None]]:
        """Give the names that may be on the disk, for every choice of changes that reached it."""
        for reached in self._choices(len(self._changes)):
            chosen = [change for change, is_there in zip(self._changes, reached, strict=True) if is_there]
            halves = [change.renaming for change in chosen if change.renaming is not None]
            if not self._tears and any(halves.count(one) == 1 and self._is_whole(one) for one in halves):
                continue
            names = dict(self._held)
            for change in chosen:
                _apply(names, change)
            yield {path: blob for path, blob in names.items() if self._has_folders(path, names)}

    def _choices(self, count: int) -> Iterable[tuple[bool, ...]]:
        """Give which of the changes reached the disk."""
        if self._dice is not None:
            return (False,) * count, (True,) * count, tuple(self._dice.random() < 0.5 for _ in range(count))
        assert count <= _CHANGES_MOST, f"folders never synced: {self._changes}"
        return product((False, True), repeat=count)

    def _is_whole(self, renaming: int) -> bool:
        """Return whether neither half of a renaming is synced yet."""
        return sum(change.renaming == renaming for change in self._changes) == 2

    def _has_folders(self, path: Path, names: Mapping[Path, object]) -> bool:
        between = (each for each in path.parents if each.is_relative_to(self._root) and each != self._root)
        return all(each in names for each in between)

    def _trees(self, names: Mapping[Path, _Blob | None]) -> Iterator[Tree]:
        """Give the trees that these names may lead to, one for each fate of the bytes that were not synced."""
        folders: dict[Path, bytes | None] = {
            path.relative_to(self._root): None for path, b in names.items() if b is None
        }
        files = {path.relative_to(self._root): self._fates(blob) for path, blob in names.items() if blob is not None}
        unsynced = [path for path, fates in files.items() if len(fates) > 1]
        assert len(unsynced) <= _FILES_MOST, f"never synced: {unsynced}"
        if self._dice is not None:
            files = {path: {self._dice.choice(sorted(fates))} for path, fates in files.items()}
        for fates in product(*files.values()):
            yield {**folders, **dict(zip(files, fates, strict=True))}

    def _fates(self, blob: _Blob) -> set[bytes]:
        path = next((path for path, each in self._files.items() if each is blob), None)
        now = path.read_bytes() if path else blob.synced or b""
        if now == blob.synced:
            return {now}
        return {blob.synced or b"", now[: len(now) // 2], bytes(len(now)), now}


def _apply(names: dict[Path, _Blob | None], change: _Change) -> None:
    if change.is_gone:
        names.pop(change.path, None)
    else:
        names[change.path] = change.file
