"""The script for bash, from 3.2 on; it needs no package for completions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from shlex import quote
from typing import Final

from .words import Flag, Kind, Node, Value

_HEAD: Final = r"""# What bash offers behind s2v, as `s2v completion bash` printed it.
_s2v_take() {
    local each
    while IFS= read -r each; do COMPREPLY+=("$each"); done
}
_s2v_words() { _s2v_take < <(compgen -W "$1" -- "$cur"); }
_s2v_file() {
    compopt -o filenames 2>/dev/null
    _s2v_take < <(compgen -f -- "$cur")
}
_s2v_folder() {
    compopt -o filenames 2>/dev/null
    _s2v_take < <(compgen -d -- "$cur")
}
_s2v_manifest() {
    _s2v_folder
    _s2v_take < <(compgen -f -X '!*.yaml' -- "$cur"; compgen -f -X '!*.yml' -- "$cur")
}
_s2v() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} path= at=0 i each
    COMPREPLY=()
    if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi
    cur=${cur//\\ / }
    if [[ $cur == '~/'* ]]; then cur=$HOME${cur:1}; fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        each="$path ${COMP_WORDS[i]}"
        case $each in
"""
_AFTER_STEPS: Final = r"""path=$each ;;
"""
_AFTER_FLAGS: Final = r"""((i++)); [[ ${COMP_WORDS[i]} == = ]] && ((i++)) ;;
            "$path -"*) ;;
            *) ((at++)) ;;
        esac
    done
    case "$path $prev" in
"""
_TAIL: Final = r"""    esac
}
complete -F _s2v s2v
"""


def script(top: Node) -> str:
    """Return the script."""
    nodes = list(top.all())
    steps = [_place(each) for each in nodes if each.path]
    taking = [(node, flag) for node in nodes for flag in node.flags if flag.value is not None]
    known = [f"{_place(node)} {name}" for node, flag in taking for name in flag.names]
    return "".join(
        [
            _HEAD, f"            {_any(steps)}) ", _AFTER_STEPS, f"            {_any(known)}) ", _AFTER_FLAGS,
            *_cases(_after_flags(taking)),
            "    esac\n    if [[ $cur == -* ]]; then\n        case $path in\n",
            *(f"            {quote(_place(each))}) _s2v_words {quote(_names(each.flags))} ;;\n" for each in nodes),
            '        esac\n        return\n    fi\n    case "$path $at" in\n',
            *_cases(_by_themselves(nodes)),
            _TAIL,
        ]
    )  # fmt: skip


def _place(node: Node) -> str:
    """Return how the script writes the words before: each with a blank in front."""
    return "".join(f" {word}" for word in node.path)


def _names(flags: Iterable[Flag]) -> str:
    return " ".join(name for flag in flags for name in flag.names)


def _after_flags(taking: Iterable[tuple[Node, Flag]]) -> Iterator[tuple[str, str]]:
    """Give what the word before is, and what is offered."""
    for node, flag in taking:
        assert flag.value is not None
        for name in flag.names:
            yield quote(f"{_place(node)} {name}"), f"{_offer(flag.value)}; return"


def _by_themselves(nodes: Iterable[Node]) -> Iterator[tuple[str, str]]:
    """Give how many words stand before, and what is offered; of the last of many there is no end."""
    for node in nodes:
        if node.steps:
            yield quote(f"{_place(node)} 0"), f"_s2v_words {quote(' '.join(each.path[-1] for each in node.steps))}"
        for number, value in enumerate(node.values):
            place = quote(f"{_place(node)} ") + "*" if value.is_many else quote(f"{_place(node)} {number}")
            yield place, _offer(value)


def _offer(value: Value) -> str:
    if value.kind is not Kind.WORD:
        return f"_s2v_{value.kind}"
    return f"_s2v_words {quote(' '.join(value.choices))}" if value.choices else ":"


def _cases(offers: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Give the branches of a case, those that do the same as one."""
    places: dict[str, list[str]] = defaultdict(list)
    for place, what in offers:
        places[what].append(place)
    for what, some in sorted(places.items(), key=lambda each: any(place.endswith("*") for place in each[1])):
        yield f"        {' | '.join(some)}) {what} ;;\n"


def _any(words: Iterable[str]) -> str:
    return " | ".join(map(quote, words))
