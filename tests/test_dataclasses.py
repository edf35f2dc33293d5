"""`values.dataclass` makes what the standard library's makes: each claim is held against both."""

from __future__ import annotations

import ast
import copy
import dataclasses
import inspect
import os
import pickle
import pkgutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import FrozenInstanceError, field
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar, get_type_hints

import pytest

import runner
from runner import values

T = TypeVar("T")
EXTRAS = {"runner.executors.envoy", "runner.service.gpu", "runner.service.wan"}  # stand on packages that few install
PROGRAM = [each.name for each in pkgutil.walk_packages(runner.__path__, "runner.") if "__main__" not in each.name]
ROOT = Path(values.__file__).parent
BOTH = pytest.mark.parametrize("dataclass", [dataclasses.dataclass, values.dataclass], ids=["theirs", "ours"])
Make = Callable[..., Any]


@values.dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A value at the top of a module, where pickle finds it."""

    name: str
    row: int = 1
    marks: tuple[str, ...] = ()


def person(dataclass: Make) -> Any:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Person:
        """With all that a class may have."""

        known: ClassVar[int] = 3
        name: str
        age: int = 30
        friends: list[str] = field(default_factory=list)
        initial: str = field(init=False, default="?")
        notes: list[str] = field(init=False, default_factory=list)

        def __post_init__(self) -> None:
            object.__setattr__(self, "initial", self.name[:1])

    return Person


def counter(dataclass: Make) -> Any:
    @dataclass(slots=True)
    class Counter:
        count: int
        step: int = 1
        word: str = field(kw_only=True, default="times")
        inner: object = None

    return Counter


@BOTH
def test_values_hold_what_they_are_given_or_their_defaults(dataclass: Make) -> None:
    anna = person(dataclass)(name="Anna", friends=["Bert"])
    kind = type(anna)
    bert = kind(name="Bert")

    assert (anna.name, anna.age, anna.friends, anna.initial, anna.notes, anna.known) == (
        "Anna", 30, ["Bert"], "A", [], 3,
    )  # fmt: skip
    assert bert.friends == []
    assert bert.friends is not kind(name="Carl").friends
    assert not hasattr(bert, "__dict__")


@BOTH
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "missing 1 required keyword-only argument: 'name'"),
        ({"name": "Anna", "colour": "red"}, "got an unexpected keyword argument 'colour'"),
        ({"name": "Anna", "initial": "A"}, "got an unexpected keyword argument 'initial'"),
    ],
)
def test_a_wrong_argument_is_an_error_that_names_the_class(dataclass: Make, given: dict[str, Any], words: str) -> None:
    with pytest.raises(TypeError, match=f"Person.__init__\\(\\) {words}"):
        person(dataclass)(**given)


@BOTH
def test_positions_come_before_names(dataclass: Make) -> None:
    made = counter(dataclass)(5, 2, word="steps")

    assert (made.count, made.step, made.word) == (5, 2, "steps")
    with pytest.raises(TypeError, match="from 2 to 4 positional arguments but 5 "):
        type(made)(1, 2, None, "steps")


@BOTH
def test_values_are_equal_by_their_parts_and_within_their_class(dataclass: Make) -> None:
    one, other = person(dataclass), person(dataclass)

    assert one(name="Anna") == one(name="Anna") != one(name="Bert")
    assert one(name="Anna") != other(name="Anna")
    assert one(name="Anna") != ("Anna", 30)


@BOTH
def test_a_frozen_value_is_a_key_as_its_parts_are(dataclass: Make) -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Point:
        x: int
        y: object = 0

    assert {Point(x=1): "here"}[Point(x=1)] == "here"
    with pytest.raises(TypeError, match="unhashable type: 'list'"):
        hash(Point(x=1, y=[]))
    with pytest.raises(TypeError, match="unhashable type: 'Counter'"):
        hash(counter(dataclass)(1))


@BOTH
def test_a_frozen_value_stays_as_it_is(dataclass: Make) -> None:
    anna = person(dataclass)(name="Anna")

    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'age'"):
        anna.age = 31
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'age'"):
        del anna.age
    assert anna.age == 30


@BOTH
def test_an_object_that_is_not_frozen_can_be_changed_but_gets_no_new_parts(dataclass: Make) -> None:
    made = counter(dataclass)(1)
    made.count += made.step

    assert made == type(made)(2)
    with pytest.raises(AttributeError):
        made.colour = "red"


@BOTH
def test_a_value_shows_its_parts_also_when_it_holds_itself(dataclass: Make) -> None:
    made = counter(dataclass)(1)
    assert repr(made) == "counter.<locals>.Counter(count=1, step=1, word='times', inner=None)"
    made.inner = made
    assert repr(made).endswith("inner=...)")


@BOTH
def test_a_part_may_be_left_out_of_what_is_compared_hashed_and_shown(dataclass: Make) -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Note:
        text: str
        seen: list[int] = field(default_factory=list, hash=False)
        cache: list[int] = field(default_factory=list, compare=False, repr=False)

    one, same = Note(text="a", cache=[1]), Note(text="a", cache=[2])

    assert one == same
    assert hash(one) == hash(same) == hash(Note(text="a", seen=[1]))
    assert one != Note(text="a", seen=[1])
    assert repr(one).endswith("Note(text='a', seen=[])")


@BOTH
def test_what_a_class_defines_itself_stays(dataclass: Make) -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Secret:
        word: str

        def __repr__(self) -> str:
            return "Secret(...)"

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Secret)

        def __hash__(self) -> int:
            return 7

    assert repr(Secret(word="x")) == "Secret(...)"
    assert Secret(word="x") == Secret(word="y")
    assert hash(Secret(word="x")) == 7


@BOTH
def test_a_class_may_stand_on_another_and_on_a_type_variable(dataclass: Make) -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Fact(Generic[T]):
        value: T

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Dated(Fact[T]):
        day: str = "today"

    class Plain(Dated[int]):
        def __init__(self) -> None:
            super().__init__(value=1)

    assert Dated(value=3) == Dated(value=3, day="today")
    assert (Plain().value, Plain().day) == (1, "today")
    assert Plain() != Dated(value=1)


@BOTH
def test_a_value_without_parts_is_one(dataclass: Make) -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Nothing:
        pass

    assert (Nothing() == Nothing(), hash(Nothing()) == hash(Nothing()), repr(Nothing())[-9:]) == (
        True,
        True,
        "Nothing()",
    )


@BOTH
def test_a_part_may_be_called_as_it_likes(dataclass: Make) -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Odd:
        unset: int
        set_key: int = 2
        key: int = 3
        make_key: list[int] = field(default_factory=list)
        MISSING: int = 4
        cls: int = 5

    odd = Odd(unset=1)
    assert (odd.unset, odd.set_key, odd.key, odd.make_key, odd.MISSING, odd.cls) == (1, 2, 3, [], 4, 5)


@BOTH
def test_the_standard_library_and_match_know_its_classes(dataclass: Make) -> None:
    anna: Any = person(dataclass)(name="Anna")

    assert dataclasses.is_dataclass(type(anna))
    assert [each.name for each in dataclasses.fields(anna)] == ["name", "age", "friends", "initial", "notes"]
    assert dataclasses.asdict(anna)["name"] == "Anna"
    assert dataclasses.replace(anna, name="Bert").initial == "B"
    match counter(dataclass)(1, 2):
        case object(count=count, step=step):
            assert (count, step) == (1, 2)
    assert type(counter(dataclass)(1)).__match_args__ == ("count", "step", "inner")


def test_a_value_is_copied_and_pickled_whole() -> None:
    place = Place(name="here", marks=("a",))

    assert pickle.loads(pickle.dumps(place)) == copy.copy(place) == copy.deepcopy(place) == place


@BOTH
def test_a_class_has_the_signature_of_its_parts_before_its_first_object(dataclass: Make) -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Point:
        x: int
        y: Place = field(default_factory=lambda: Place(name="here"))

    assert list(inspect.signature(Point).parameters) == ["x", "y"]
    assert get_type_hints(Point.__init__) == {"x": int, "y": Place, "return": type(None)}


@pytest.mark.parametrize("module", [each for each in PROGRAM if each not in EXTRAS])
def test_every_class_of_the_program_is_made_of_the_same_parts_by_the_standard_library(module: str) -> None:
    classes: list[Any] = [each for each in vars(import_module(module)).values() if isinstance(each, type)]

    ours: Any
    for ours in [each for each in classes if hasattr(each, "__dataclass_fields__") and each.__module__ == module]:
        parts = [(each.name, each.type, copy.copy(each)) for each in dataclasses.fields(ours)]
        theirs: Any = dataclasses.make_dataclass(ours.__name__, parts, slots=True)
        assert told(ours) == told(theirs)
        assert ours.__match_args__ == theirs.__match_args__


@pytest.mark.parametrize("module", [each for each in PROGRAM if each not in EXTRAS])
def test_a_default_is_worked_out_once_only_where_it_can_be_shared(module: str) -> None:
    """What the linter asks of the standard library's dataclasses (RUF009), which it does not see in ours."""
    program = import_module(module)
    tree = ast.parse(Path(str(program.__file__)).read_text(encoding="utf-8"))
    classes = [each for each in ast.walk(tree) if isinstance(each, ast.ClassDef) and hasattr(program, each.name)]
    made = [each for each in classes if hasattr(getattr(program, each.name), "__dataclass_fields__")]
    defaults = [part.value for each in made for part in each.body if isinstance(part, ast.AnnAssign)]
    called = {ast.unparse(each.func) for each in defaults if isinstance(each, ast.Call)} - {"field"}

    assert [name for name in called - {"float", "frozenset"} if not is_frozen(getattr(program, name, None))] == []


def is_frozen(cls: object) -> bool:
    """Return whether the objects of a class are values: of dataclasses the frozen ones alone can be hashed."""
    return hasattr(cls, "__dataclass_fields__") and getattr(cls, "__hash__", None) is not None


def told(cls: type) -> list[tuple[str, object, bool]]:
    """Return name, kind and whether it may be left out, of each argument that makes an object."""
    given = inspect.signature(cls).parameters.values()
    return [(each.name, each.kind, each.default is not inspect.Parameter.empty) for each in given]


def test_what_is_not_slotted_or_asks_for_more_is_the_standard_librarys() -> None:
    @values.dataclass(order=True, frozen=True, slots=True)
    class Ordered:
        number: int

    @values.dataclass
    class Loose:
        number: int

    assert Ordered(1) < Ordered(2)
    assert vars(Loose(1)) == {"number": 1}


def test_every_dataclass_of_the_program_is_made_here() -> None:
    strangers = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted(ROOT.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "dataclasses"
        if any(name.name == "dataclass" for name in node.names) and path.name != "values.py"
    ]

    assert strangers == []


STRUCK = """
import signal, sys
from runner.values import dataclass

@dataclass(frozen=True, slots=True)
class Place:
    row: int

def strike(frame, event, _):
    if event == "call" and frame.f_code.co_name == "<module>":
        sys.setprofile(None)
        signal.raise_signal(signal.SIGINT)

sys.setprofile(strike)
try:
    Place(row=1)
except KeyboardInterrupt:
    sys.exit(130)
"""


def test_an_interrupt_while_methods_are_compiled_is_left_to_whoever_takes_it(tmp_path: Path) -> None:
    """Python ends a module by the signal, whoever took it, where it struck in a text that `exec` was handed."""
    (tmp_path / "struck.py").write_text(STRUCK)
    argv, env = [sys.executable, "-m", "struck"], {**os.environ, "PYTHONPATH": str(ROOT.parent)}

    done = subprocess.run(argv, cwd=tmp_path, env=env, check=False, capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (130, "")
