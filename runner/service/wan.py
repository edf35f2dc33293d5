"""Draws one ticket with an open model, Wan 2.1 VACE: the portrait is its reference image, the prompt its prompt.

Runs in a worker process, where the model stays loaded from one ticket to the next. The noise that a film begins with
follows from the ticket's seed and is made on the CPU, whatever the device: the same model, libraries and device give
the same film as nearly as the device itself allows, and its bytes are promised to nobody.
"""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from ..values import dataclass
from .renderer import Footage, RenderFailedError, Ticket

KIND: Final = "wan-vace"
TITLE: Final = f"made by a model: {KIND}"
MODEL: Final = "Wan-AI/Wan2.1-VACE-1.3B-diffusers"
LIBRARIES: Final = ("torch", "diffusers", "transformers", "accelerate", "ftfy")
"""What it needs beyond the extra `local`; the prompt's clean-up inside diffusers fails without ftfy."""
CPU: Final = "cpu"
FPS: Final = 16  # frames a second that the model was trained for
GUIDANCE: Final = 5.0  # the pipeline's own default
AVOID: Final = (
    "still picture, overexposed, blurred, subtitles, worst quality, deformed face, deformed hands, extra fingers"
)
LINES_OF_480P: Final = 576  # a smaller picture is nearer to 480 lines than to 720
SHIFTS: Final = (3.0, 5.0)  # of the noise schedule, at 480 and at 720 lines, as the pipeline's own example has it


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How the model is asked. Sides are multiples of 16 pixels, `frames` is a multiple of 4, and 1 more."""

    width: int = 832
    height: int = 480
    frames: int = 81
    steps: int = 30

    @property
    def shift(self) -> float:
        """Return the shift of the noise schedule that suits the picture's size."""
        return SHIFTS[min(self.width, self.height) >= LINES_OF_480P]


@dataclass(frozen=True, slots=True, kw_only=True)
class WanVace:
    """Draws films on one device with the model that lies in `folder`.

    `model` is what people call it, `revision` the hub's own word for its state; None where it comes from no hub.
    """

    model: str
    revision: str | None
    folder: Path
    device: str
    recipe: Recipe

    @property
    def brush(self) -> dict[str, Any]:
        """Return what a worker must be told, as JSON."""
        return {"kind": KIND} | asdict(self) | {"folder": str(self.folder)}

    @classmethod
    def read(cls, fields: Mapping[str, Any]) -> WanVace:
        """Return what `brush` tells, its kind left out."""
        return cls(**{**fields, "folder": Path(fields["folder"]), "recipe": Recipe(**fields["recipe"])})

    def __call__(self, ticket: Ticket) -> Footage:
        """Draw the film, write it to `ticket.out`, and say what it was made by."""
        notes = self._notes(ticket)
        self._write(ticket, self._frames(ticket), notes)
        return Footage(width=self.recipe.width, height=self.recipe.height, notes=notes)

    def _frames(self, ticket: Ticket) -> Any:  # noqa: ANN401 - torch and diffusers are seen by no type checker here
        """Return all frames: red, green and blue from 0 to 1."""
        import torch  # noqa: PLC0415 - heavy, and for the worker process only

        pipeline, recipe = _loaded(self.folder, self.device, self.recipe.shift), self.recipe
        try:
            return pipeline(
                prompt=ticket.prompt or "", negative_prompt=AVOID, reference_images=[_reference(ticket, recipe)],
                width=recipe.width, height=recipe.height, num_frames=recipe.frames, num_inference_steps=recipe.steps,
                guidance_scale=GUIDANCE, generator=torch.Generator(CPU).manual_seed(ticket.seed),
            ).frames[0]  # fmt: skip
        except torch.OutOfMemoryError as error:
            raise RenderFailedError(
                f"{self.device} has too little memory for this: ask for less (--size, --frames)"
            ) from error

    def _write(self, ticket: Ticket, frames: Any, notes: dict[str, object]) -> None:  # noqa: ANN401 - as above
        from ..animatic.encoder import Encoder  # noqa: PLC0415 - as above
        from ..animatic.view import Shape  # noqa: PLC0415 - as above

        recipe = self.recipe
        shape = Shape(width=recipe.width, height=recipe.height, fps=FPS, seconds=recipe.frames / FPS)
        about = {
            "title": TITLE,
            "comment": f"{TITLE}; {self.model}, seed {ticket.seed}",
            "description": json.dumps(notes),
        }
        with Encoder(ticket.out, shape, about) as encoder:
            for frame in frames:
                encoder.write((frame[:, :, ::-1] * 255.0).round().astype("uint8"))

    def _notes(self, ticket: Ticket) -> dict[str, object]:
        recipe = self.recipe
        return {
            "kind": KIND, "generative": True, "model": self.model, "revision": self.revision, "seed": ticket.seed,
            "frames": recipe.frames, "fps": FPS, "steps": recipe.steps, "guidance": GUIDANCE, "shift": recipe.shift,
            "avoid": AVOID, "device": self.device, "libraries": {name: version(name) for name in LIBRARIES},
        }  # fmt: skip


@functools.cache
def _loaded(folder: Path, device: str, shift: float) -> Any:  # noqa: ANN401 - as above
    """Load the model, once in this process; on a GPU only the part that is at work takes the GPU's memory."""
    import torch  # noqa: PLC0415 - as above
    from diffusers import AutoencoderKLWan, UniPCMultistepScheduler, WanVACEPipeline  # noqa: PLC0415 - as above
    from tqdm import tqdm  # noqa: PLC0415 - as above

    tqdm.set_lock(threading.RLock())  # its own is a semaphore, of which Python complains when this process is ended
    try:
        vae = AutoencoderKLWan.from_pretrained(folder, subfolder="vae", dtype=torch.float32, use_safetensors=True)
        made = WanVACEPipeline.from_pretrained(folder, vae=vae, dtype=torch.bfloat16, use_safetensors=True)
    except (OSError, ValueError) as error:
        raise RenderFailedError(f"the model in {folder} cannot be loaded: {error}") from error
    made.scheduler = UniPCMultistepScheduler.from_config(made.scheduler.config, flow_shift=shift)
    made.set_progress_bar_config(disable=True)
    if device == CPU:
        return made
    made.enable_model_cpu_offload(device=device)
    return made


def _reference(ticket: Ticket, recipe: Recipe) -> Any:  # noqa: ANN401 - as above
    """Return the portrait, reduced here if it is larger than a frame: the pipeline skips pixels when it does that."""
    from PIL import Image  # noqa: PLC0415 - as above

    from ..animatic.picture import UnreadablePictureError, no_larger, read_picture  # noqa: PLC0415 - as above

    try:
        pixels = read_picture(ticket.portrait)
    except UnreadablePictureError as error:
        raise RenderFailedError(str(error)) from error
    rows, columns = pixels.shape[:2]
    ratio = min(recipe.height / rows, recipe.width / columns)
    return Image.fromarray(no_larger(pixels, round(max(rows, columns) * ratio))[:, :, ::-1])
