from __future__ import annotations

import hashlib

import pytest
from made_pictures import data_url, picture
from troubles import trouble

from runner.edge.portrait.portraits import PortraitBody, PortraitShelf
from runner.model import Portrait


def text_of(body: PortraitBody) -> str:
    return b"".join(body.chunks()).decode("ascii")


@pytest.mark.parametrize("label", ["image/png", "image/jpeg", "", "text/plain;charset=utf-8"])
def test_a_data_url_is_what_its_bytes_are_whatever_its_label(label: str) -> None:
    shelf, content = PortraitShelf(), picture("PNG")
    url = data_url(content, label)
    found = shelf.look(url, url)
    digest = hashlib.sha256(content).hexdigest()
    assert isinstance(found, Portrait)
    assert (found.ref, found.sha256, found.mime) == (f"data:image/png;sha256={digest[:8]}", digest, "image/png")
    assert text_of(shelf.open_body(found)) == data_url(content, "image/png")
    assert shelf.look(url, url) == found


def test_a_data_url_may_be_folded_and_percent_encoded() -> None:
    content = picture("JPEG")
    plain = data_url(content)
    folded = plain[:100] + "\n  " + plain[100:].replace("+", "%2B").replace("=", "%3d")
    found = PortraitShelf().look(folded, folded)
    assert isinstance(found, Portrait)
    assert found.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("data:image/png;base64", "no comma"),
        ("data:image/png,abc", "is not base64"),
        ("data:image/png;base64,ab-_", "URL-safe"),
        ("data:image/png;base64,ab*d", "holds a character at 2 that is not base64"),
        ("data:image/png;base64,abc", "cut off, or its padding"),
        ("data:image/png;base64,ab=d", "padding (=) stands where none belongs"),
        ("data:image/png;base64,", "is an empty file"),
        (data_url(b"<html>"), "is an HTML page"),
        (data_url(picture()[:-4]), "cut off"),
        ("data:image/png;base64,é", "is not base64"),
    ],
)
def test_an_unsound_data_url_is_refused_in_few_words(url: str, words: str) -> None:
    found = trouble(url, url)
    assert words in found.message
    assert len(found.message) < 150


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a.png",
        "http://example.org:8080/a?b=c&d=%20",
        "HTTPS://EXAMPLE.ORG/a",
        "http://127.0.0.1/a.png",
        "http://[::1]/a.png",
        "https://example.org/" + "a" * 2028,
    ],
)
def test_a_remote_url_is_kept_and_sent_as_it_is(url: str) -> None:
    shelf = PortraitShelf()
    found = shelf.look(url, url)
    assert found == Portrait(ref=url, sha256=hashlib.sha256(url.encode()).hexdigest())
    body = shelf.open_body(found)
    assert (text_of(body), body.content_length) == (url, len(url))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://", "names no host"),
        ("https:///a.png", "names no host"),
        ("https://anna:secret@example.org/a.png", "user name or password"),
        ("https://example.org/a.png#top", "fragment"),
        ("https://example.org:99999/a.png", "port"),
        ("https://[::1/a.png", "cannot be read"),
        ("https://example.org\uff0f/a.png", "cannot be read"),
        ("https://example.org/a b.png", "holds ' ' at character 22"),
        ('https://example.org/"a".png', "holds '\"' at"),
        ("https://example.org/é.png", "holds '\\xe9' at"),
        ("https://example.org/" + "a" * 2029, "2,049 characters is too long"),
    ],
)
def test_an_unsound_url_is_refused(url: str, words: str) -> None:
    assert words in trouble(url, url).message


@pytest.mark.parametrize("rest", ["example.org/a", "example.org/a b", "example.org:x/a", "exam\uff0fple.org/a", ""])
def test_a_refused_url_never_repeats_its_password(rest: str) -> None:
    url = f"https://anna:secret@{rest}"
    assert "secret" not in str(trouble(url, url))


def test_a_refused_url_never_repeats_its_query() -> None:
    assert "secret" not in str(trouble("https://example.org/a?sig=secret b", "https://example.org/a?sig=secret b"))
