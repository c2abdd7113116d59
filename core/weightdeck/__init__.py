"""Weightdeck as a library: build a run, train it, look inside, turn its weights (see ``docs/library.md``).

Names are loaded when they are first used. ``import weightdeck`` must stay free of torch: it also runs in the
window's process, where only the trainer thread may touch torch and the window shows before torch has loaded.
"""

from __future__ import annotations

from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from weightdeck.headless import HeadlessRun
    from weightdeck.probes.layers import activation_maps
    from weightdeck.probes.predictions import next_token_probs, predict
    from weightdeck.probes.response import reach, response
    from weightdeck.probes.samples import exact_share, generate
    from weightdeck.run.commands import Command, EditSlice, Redo, SetHyperparameter, Undo
    from weightdeck.run.frame import Prediction, Prompt, Sample, Sampling
    from weightdeck.run.history import History
    from weightdeck.run.journal import Journal, JournalEntry
    from weightdeck.run.layout import layout
    from weightdeck.run.presets import load_preset, preset_names
    from weightdeck.run.scales import PinnedKnob
    from weightdeck.run.slices import ParameterSlice
    from weightdeck.run.spec import Hyperparameters, ModelSpec, RunSpec
    from weightdeck.training.trainer import NotFiniteError, Trainer, replay

__all__ = [
    "Command",
    "EditSlice",
    "HeadlessRun",
    "History",
    "Hyperparameters",
    "Journal",
    "JournalEntry",
    "ModelSpec",
    "NotFiniteError",
    "ParameterSlice",
    "PinnedKnob",
    "Prediction",
    "Prompt",
    "Redo",
    "RunSpec",
    "Sample",
    "Sampling",
    "SetHyperparameter",
    "Trainer",
    "Undo",
    "__version__",
    "activation_maps",
    "exact_share",
    "generate",
    "layout",
    "load_preset",
    "next_token_probs",
    "predict",
    "preset_names",
    "reach",
    "replay",
    "response",
]

_HOMES = {
    "headless": ("HeadlessRun",),
    "probes.layers": ("activation_maps",),
    "probes.predictions": ("next_token_probs", "predict"),
    "probes.response": ("reach", "response"),
    "probes.samples": ("exact_share", "generate"),
    "run.commands": ("Command", "EditSlice", "Redo", "SetHyperparameter", "Undo"),
    "run.frame": ("Prediction", "Prompt", "Sample", "Sampling"),
    "run.history": ("History",),
    "run.journal": ("Journal", "JournalEntry"),
    "run.layout": ("layout",),
    "run.presets": ("load_preset", "preset_names"),
    "run.scales": ("PinnedKnob",),
    "run.slices": ("ParameterSlice",),
    "run.spec": ("Hyperparameters", "ModelSpec", "RunSpec"),
    "training.trainer": ("NotFiniteError", "Trainer", "replay"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return _version()
    if name not in _HOME_OF:
        raise AttributeError(f"module 'weightdeck' has no attribute {name!r}")
    return getattr(import_module(f"weightdeck.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _version() -> str:
    try:
        return metadata.version("weightdeck")
    except metadata.PackageNotFoundError:
        return "(not installed: running from a checkout)"
