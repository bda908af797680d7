"""Training in several processes: which one writes, and what they must agree on."""

import os
from pathlib import Path

import torch
from accelerate import PartialState
from accelerate.utils import broadcast_object_list


def is_main() -> bool:
    """Whether this process is the one that prints and writes; true of a single process."""
    return int(os.environ.get("RANK", "0")) == 0


def count() -> int:
    """How many processes `torchrun` started, on all machines; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def on_cpu(device: str | None) -> bool:
    """Whether training with this setting runs on the CPU: told so, or for want of a GPU."""
    return device == "cpu" or not torch.cuda.is_available()


def has_fast_bfloat16(device: str | None) -> bool:
    """Whether the GPU, or the CPU with its matrix unit (AMX), multiplies bfloat16 faster."""
    if on_cpu(device):
        return bool(torch.cpu.get_capabilities().get("amx_bf16", False))
    return bool(torch.cuda.is_bf16_supported(including_emulation=False))


def from_main(path: Path | None, *, device: str | None) -> Path:
    """Give every process the path that the main one made; the others pass None.

    Args:
        device: as in `training.fit`.
    """
    _state(device)
    shared = [path]
    if count() > 1:
        broadcast_object_list(shared)
    (agreed,) = shared
    assert agreed is not None
    return agreed


def wait(*, device: str | None) -> None:
    """Go on when all processes have come here."""
    _state(device).wait_for_everyone()


def _state(device: str | None) -> PartialState:
    # The first call sets up the group, and must do so as the Trainer will expect it.
    return PartialState(cpu=on_cpu(device))
