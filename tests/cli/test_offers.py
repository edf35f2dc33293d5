"""What a provider offers a run, after the manifest and the environment had their say; which key goes where."""

from __future__ import annotations

from pathlib import Path

import pytest
from desk import KEY, Desk

from runner.cli.plan.offers import Offer, key_note, key_of, offer
from runner.cli.plan.planning import prepare
from runner.cli.run.connecting import host_of
from runner.dialects.registry import DIALECTS
from runner.dialects.seam import PollPace
from runner.errors import ConfigError, InputError, Problems
from runner.manifest.parse import read
from runner.model import Rate, Shard

PAID = [name for name in DIALECTS if name != "local"]


def offered(folder: Path, name: str, settings: str = "{}", **environ: str) -> Offer:
    path = folder / "m.yaml"
    path.write_text(
        f"version: 1\nname: t\nprovider: {name}\nitems: [{{portrait: a.png}}]\nproviders: {{{name}: {settings}}}\n"
    )
    problems = Problems()
    manifest = read(path, problems)
    assert manifest is not None
    assert not problems.kept
    return offer(name, manifest, environ)


@pytest.mark.parametrize("name", PAID)
def test_every_provider_is_asked_at_its_own_host_with_its_own_key(tmp_path: Path, name: str) -> None:
    traits = DIALECTS[name].traits
    plain = offered(tmp_path, name)
    moved = offered(tmp_path, name, **{traits.host_env: "relay.example"})

    assert (plain.base_url, plain.key_env) == (traits.base_url.value, traits.key_env)
    assert moved.base_url == "https://relay.example"


@pytest.mark.parametrize(
    ("settings", "environ"),
    [
        ("{base_url: 'https://api.gpt.ge/v1'}", {}),
        ("{base_url: 'https://api.gpt.ge/v1/'}", {}),
        ("{}", {"VAPI_API_HOST": "https://api.gpt.ge/v1/"}),
        ("{}", {"VAPI_API_HOST": "api.gpt.ge/v1"}),
        ("{}", {}),
    ],
    ids=["manifest", "manifest, with a slash", "environment", "environment, a host", "nobody"],
)
def test_the_base_url_of_vapis_other_clients_does_as_well(
    tmp_path: Path, settings: str, environ: dict[str, str]
) -> None:
    assert offered(tmp_path, "vapi", settings, **environ).base_url == "https://api.gpt.ge"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("{}", (PollPace(first_s=20.0, every_s=10.0), True)),
        ("{poll: auto}", (PollPace(first_s=20.0, every_s=10.0), True)),
        ("{poll: 7s}", (PollPace(first_s=7.0, every_s=7.0), False)),
    ],
    ids=["nothing said", "auto", "a duration"],
)
def test_when_to_ask_is_learned_unless_the_manifest_says_it(
    tmp_path: Path, settings: str, told: tuple[PollPace, bool]
) -> None:
    there = offered(tmp_path, "minimax", settings)

    assert (there.poll, there.learns) == told


def test_only_vapis_tail_is_cut(tmp_path: Path) -> None:
    there = offered(tmp_path, "minimax", "{base_url: 'https://relay.example/v1'}")

    assert there.base_url == "https://relay.example/v1"


@pytest.mark.parametrize(
    ("name", "settings", "forms"),
    [
        ("vapi", "{image: list, check_ids: false}", ("list",)),
        ("ai302", "{image: string, lookup_task_id: false}", ("string",)),
        ("modellix", "{endpoint: plain, throttled: refused}", ("plain",)),
    ],
    ids=["vapi", "ai302", "modellix"],
)
def test_a_dialect_is_tuned_by_the_manifest(tmp_path: Path, name: str, settings: str, forms: tuple[str, ...]) -> None:
    assert offered(tmp_path, name, settings).dialect.forms == forms


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("minimax", "{image: string}", "providers.minimax.image: MiniMax has no such choice (remove it)"),
        ("local", "{throttled: refused}", "providers.local.throttled: local animatic has no such choice (remove it)"),
        (
            "vapi", "{endpoint: plain}",
            "providers.vapi.endpoint: V-API has no such choice (known here are check_ids, image)",
        ),
        (
            "modellix", "{lookup_task_id: true}",
            "providers.modellix.lookup_task_id: Modellix has no such choice (known here are endpoint, throttled)",
        ),
    ],
    ids=["minimax", "local", "vapi", "modellix"],
)  # fmt: skip
def test_a_setting_that_means_nothing_to_a_provider_is_refused_and_never_ignored(
    tmp_path: Path, name: str, settings: str, words: str
) -> None:
    offered(tmp_path, name, settings)

    with pytest.raises(InputError) as caught:
        prepare(tmp_path / "m.yaml", {})

    (problem,) = (each for each in caught.value.problems if each.path.startswith("providers"))
    assert problem.origin.line == 5
    assert str(problem).endswith(words)


CHINA = "{base_url: 'https://api.minimaxi.com', key_env: CN_KEY}"


def test_a_key_that_is_named_for_a_host_goes_there(tmp_path: Path) -> None:
    china = offered(tmp_path, "minimax", CHINA)
    key = key_of(china, {"CN_KEY": KEY, "MINIMAX_API_KEY": "sk-other"})

    assert (china.base_url, key and key.reveal()) == ("https://api.minimaxi.com", KEY)


@pytest.mark.parametrize("settings", [CHINA, "{key_env: CN_KEY}"], ids=["its own host", "the built-in host"])
def test_a_key_that_is_named_for_one_host_is_never_sent_to_another(tmp_path: Path, settings: str) -> None:
    elsewhere = offered(tmp_path, "minimax", settings, MINIMAX_API_HOST="https://relay.example")

    with pytest.raises(ConfigError) as caught:
        key_of(elsewhere, {"CN_KEY": KEY})

    assert "MINIMAX_API_HOST names the host relay.example, but the key in CN_KEY" in str(caught.value)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    "host",
    ["http://127.0.0.1:8700", "http://127.0.0.2:8700", "http://[::1]:8700", "https://api.minimaxi.com/"],
    ids=["this machine", "another address of it", "IPv6", "same"],
)
def test_a_rehearsal_on_this_machine_and_the_same_host_are_no_mixture(tmp_path: Path, host: str) -> None:
    there = offered(tmp_path, "minimax", CHINA, MINIMAX_API_HOST=host)

    assert key_of(there, {"CN_KEY": KEY}) is not None


def test_the_usual_key_goes_to_the_host_that_the_environment_names(tmp_path: Path) -> None:
    there = offered(tmp_path, "minimax", MINIMAX_API_HOST="https://api.minimaxi.com")

    assert key_of(there, {"MINIMAX_API_KEY": KEY}) is not None


def test_a_refused_key_is_told_with_where_it_went_and_that_keys_are_regional(tmp_path: Path) -> None:
    there = offered(tmp_path, "minimax", MINIMAX_API_HOST="https://api.minimaxi.com")

    assert key_note(there) == (
        "https://api.minimaxi.com was asked with the key in MINIMAX_API_KEY; "
        "a key is good at one of https://api.minimax.io and https://api.minimaxi.com, never at both"
    )
    assert key_note(offered(tmp_path, "local")) == ""


def test_a_run_whose_key_is_refused_says_which_key_went_where(desk: Desk) -> None:
    done = desk.s2v("run", desk.manifest(["wrong key [1004]"]), "--yes")

    assert done.code == 8
    assert f"1004: mood 1004 ({desk.url} was asked with the key in MINIMAX_API_KEY; a key is good at one of" in done.err


def test_a_shard_keeps_its_part_and_shares_the_whole_with_its_neighbours(desk: Desk) -> None:
    """Two shards on one machine have all of the account between them, and no run beside them adds to that."""
    settings = {"minimax": {"rate": "5/1m", "in_flight": 3}}
    manifest = desk.manifest(["one", "two"], providers=settings, limits={"rate": "4/1m"})

    offers = [prepare(manifest, {}, shard=Shard(index=index, count=2)).seller for index in (1, 2)]

    assert [each.in_flight for each in offers] == [2, 1]
    assert [[rate.count for rate in each.rates] for each in offers] == [[2, 3], [2]]  # an equal limit stands once
    assert {each.account.in_flight for each in offers} == {3}
    assert {each.account.rate for each in offers} == {Rate(count=5, window_s=60.0)}


@pytest.mark.parametrize("written", ["api.minimax.io", "API.minimax.io:443", "https://api.minimax.io:443/"])
def test_an_account_is_the_same_however_its_host_is_written(tmp_path: Path, written: str) -> None:
    moved = offered(tmp_path, "minimax", MINIMAX_API_HOST=written)

    assert host_of(moved.base_url) == "api.minimax.io:443"


@pytest.mark.parametrize(
    "written",
    [
        "https://example.com/v1?x=1",
        "https://example.com/#v1",
        "https://me:secret@example.com",
        "https://",
        "https://a b",
        "https://[::1",
    ],
)
def test_a_host_of_the_environment_that_is_no_base_url_is_refused_as_in_a_manifest(
    tmp_path: Path, written: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        key_of(offered(tmp_path, "minimax", MINIMAX_API_HOST=written), {"MINIMAX_API_KEY": KEY})

    assert "MINIMAX_API_HOST: expected a URL such as https://api.minimax.io" in str(caught.value)
    assert "secret" not in str(caught.value)
