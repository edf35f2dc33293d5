"""What is here for a model to draw with, its files and the devices: looked at before the service takes an order."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from ..errors import ConfigError
from .wan import CPU, KIND, Recipe, WanVace

VISIBLE: Final = "CUDA_VISIBLE_DEVICES"
FIRST: Final = "cuda:0"  # what a worker calls the one GPU that it sees


def painter(model: str, recipe: Recipe, *, device: str) -> WanVace:
    """Return who draws in each worker.

    `model` is a folder, or the name of a model, which is downloaded whole. Raises `ConfigError` when there is none.
    """
    folder = _fetched(model)
    own = Path(model).is_dir()  # then its path is nobody's business, and its folder's name no revision
    return WanVace(
        model=folder.name if own else model, revision=None if own else folder.name, folder=folder, device=device,
        recipe=recipe,
    )  # fmt: skip


def environs(device: str | None, *, workers: int | None) -> Sequence[Mapping[str, str]]:
    """Return what to tell each worker process of this machine: `workers` of them, None for one on each device.

    Each sees one GPU. `device` None takes every GPU. Raises `ConfigError` when there is no such GPU.
    """
    if device == CPU:
        return [{}] * (workers or 1)
    devices, seen = _gpus(device), list(filter(None, os.environ.get(VISIBLE, "").split(",")))
    numbers = [int(each.removeprefix("cuda:")) for each in devices]
    masks = [seen[number] if seen else str(number) for number in numbers]
    return [{VISIBLE: masks[n % len(masks)]} for n in range(workers or len(masks))]


def _gpus(wanted: str | None) -> list[str]:
    import torch  # noqa: PLC0415 - heavy, and only where a model draws

    there = [f"cuda:{n}" for n in range(torch.cuda.device_count())]
    if not there:
        raise ConfigError(
            f"--render {KIND} needs a GPU, and torch {torch.__version__} finds none: install its driver and a torch "
            f"that is built for it, or try --device cpu, which takes hours for a video"
        )
    if wanted is not None and wanted not in there:
        raise ConfigError(f"--device {wanted} is not here: found {', '.join(there)}")
    return there if wanted is None else [wanted]


def _fetched(model: str) -> Path:
    """Return the model's folder; its files are made sure of here, so that no order waits for a download."""
    from diffusers import WanVACEPipeline  # noqa: PLC0415 - as above

    try:
        about = WanVACEPipeline.load_config(model)
        folder = Path(model) if Path(model).is_dir() else Path(WanVACEPipeline.download(model, use_safetensors=True))
    except (OSError, ValueError) as error:
        why = str(error).strip().splitlines()[0].rstrip(".")
        raise ConfigError(
            f"--model {model} cannot be had: {why}, or its hub cannot be reached; go online, or name its folder"
        ) from error
    if (found := about.get("_class_name")) != WanVACEPipeline.__name__:
        raise ConfigError(f"--model {model} is a {found}, expected a {WanVACEPipeline.__name__}")
    return folder.resolve()
