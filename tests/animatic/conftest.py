"""What is costly and the same for many tests of the animatic: prepared scenes."""

from __future__ import annotations

import pytest
from drawn_faces import PEOPLE, portrait
from sample_pictures import astronaut
from stages import everything, pixels

from runner.animatic.scene import Scene


@pytest.fixture(scope="session")
def astronaut_scene() -> Scene:
    return everything(pixels(astronaut()))


@pytest.fixture(scope="session")
def drawn_scene() -> Scene:
    return everything(pixels(portrait(PEOPLE["fair"])))


@pytest.fixture(scope="session")
def spectacles_scene() -> Scene:
    return everything(pixels(portrait(PEOPLE["spectacles"])))
