"""Weightdeck as a library: build a run, train it, look inside, turn its weights (see ``docs/library.md``).

Names are loaded when they are first used. ``import weightdeck`` must stay free of torch: it also runs in the
window's process, where only the trainer thread may touch torch and the window shows before torch has loaded.
"""

from __future__ import annotations

from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from weightdeck.headless import HeadlessRun
    from weightdeck.model.moment import Moment
    from weightdeck.probes.cost import CostProbe
    from weightdeck.probes.directions import find_direction
    from weightdeck.probes.layers import activation_maps
    from weightdeck.probes.predictions import next_token_probs, predict
    from weightdeck.probes.response import reach, response
    from weightdeck.probes.samples import exact_share, generate
    from weightdeck.probes.sensitivity import sensitivity
    from weightdeck.probes.strips import strip_levels
    from weightdeck.run.commands import (
        AddNoise,
        Command,
        EditSlice,
        HoldSlices,
        Paste,
        Redo,
        Reinitialise,
        ResetStrips,
        SetClamp,
        SetHyperparameter,
        SetMuteTo,
        SetScope,
        SetStrip,
        Undo,
    )
    from weightdeck.run.document import NewRun, SavedRun
    from weightdeck.run.frame import DataCost, Prediction, Prompt, Sample, Sampling, Sensitivity
    from weightdeck.run.history import History
    from weightdeck.run.journal import Journal, JournalEntry
    from weightdeck.run.layout import layout
    from weightdeck.run.presets import load_preset, preset_names
    from weightdeck.run.queries import FindDirection
    from weightdeck.run.ranking import PartChoice, matter_most, part_choices, ranked
    from weightdeck.run.scales import PinnedKnob
    from weightdeck.run.search import search
    from weightdeck.run.slices import Direction, ParameterSlice, SliceValues
    from weightdeck.run.spec import Hyperparameters, ModelSpec, RunSpec
    from weightdeck.run.strips import Mix, Neuron, Strip, StripSetting, all_strips
    from weightdeck.training.replay import replay
    from weightdeck.training.trainer import NotFiniteError, Trainer

__all__ = [
    "AddNoise",
    "Command",
    "CostProbe",
    "DataCost",
    "Direction",
    "EditSlice",
    "FindDirection",
    "HeadlessRun",
    "History",
    "HoldSlices",
    "Hyperparameters",
    "Journal",
    "JournalEntry",
    "Mix",
    "ModelSpec",
    "Moment",
    "Neuron",
    "NewRun",
    "NotFiniteError",
    "ParameterSlice",
    "PartChoice",
    "Paste",
    "PinnedKnob",
    "Prediction",
    "Prompt",
    "Redo",
    "Reinitialise",
    "ResetStrips",
    "RunSpec",
    "Sample",
    "Sampling",
    "SavedRun",
    "Sensitivity",
    "SetClamp",
    "SetHyperparameter",
    "SetMuteTo",
    "SetScope",
    "SetStrip",
    "SliceValues",
    "Strip",
    "StripSetting",
    "Trainer",
    "Undo",
    "__version__",
    "activation_maps",
    "all_strips",
    "exact_share",
    "find_direction",
    "generate",
    "layout",
    "load_preset",
    "matter_most",
    "next_token_probs",
    "part_choices",
    "predict",
    "preset_names",
    "ranked",
    "reach",
    "replay",
    "response",
    "search",
    "sensitivity",
    "strip_levels",
]

_HOMES = {
    "headless": ("HeadlessRun",),
    "model.moment": ("Moment",),
    "probes.cost": ("CostProbe",),
    "probes.directions": ("find_direction",),
    "probes.layers": ("activation_maps",),
    "probes.predictions": (
        "next_token_probs",
        "predict",
    ),
    "probes.response": (
        "reach",
        "response",
    ),
    "probes.samples": (
        "exact_share",
        "generate",
    ),
    "probes.sensitivity": ("sensitivity",),
    "probes.strips": ("strip_levels",),
    "run.commands": (
        "AddNoise",
        "Command",
        "EditSlice",
        "HoldSlices",
        "Paste",
        "Redo",
        "Reinitialise",
        "ResetStrips",
        "SetClamp",
        "SetHyperparameter",
        "SetMuteTo",
        "SetScope",
        "SetStrip",
        "Undo",
    ),
    "run.document": (
        "NewRun",
        "SavedRun",
    ),
    "run.frame": (
        "DataCost",
        "Prediction",
        "Prompt",
        "Sample",
        "Sampling",
        "Sensitivity",
    ),
    "run.history": ("History",),
    "run.journal": (
        "Journal",
        "JournalEntry",
    ),
    "run.layout": ("layout",),
    "run.presets": (
        "load_preset",
        "preset_names",
    ),
    "run.queries": ("FindDirection",),
    "run.ranking": (
        "PartChoice",
        "matter_most",
        "part_choices",
        "ranked",
    ),
    "run.scales": ("PinnedKnob",),
    "run.search": ("search",),
    "run.slices": (
        "Direction",
        "ParameterSlice",
        "SliceValues",
    ),
    "run.spec": (
        "Hyperparameters",
        "ModelSpec",
        "RunSpec",
    ),
    "run.strips": (
        "Mix",
        "Neuron",
        "Strip",
        "StripSetting",
        "all_strips",
    ),
    "training.replay": ("replay",),
    "training.trainer": (
        "NotFiniteError",
        "Trainer",
    ),
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
