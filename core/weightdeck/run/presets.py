"""Named starting points, read from ``resources/presets/*.toml``."""

from __future__ import annotations

import tomllib
from typing import Any

from weightdeck.resources import resource
from weightdeck.run.spec import Hyperparameters, ModelSpec, RunSpec

DEFAULT_PRESET = "names"


def preset_names() -> tuple[str, ...]:
    """Names of the presets on this machine, the default first."""
    found = {path.stem for path in resource("presets").glob("*.toml")}
    return tuple(sorted(found, key=lambda name: (name != DEFAULT_PRESET, name)))


def load_preset(name: str = DEFAULT_PRESET) -> RunSpec:
    """The run spec of a preset, with seed 1. Raises ``ValueError`` with a sentence for an unknown name."""
    if name not in preset_names():
        raise ValueError(f"There is no preset called {name!r}; known: {', '.join(preset_names())}.")
    with resource("presets", f"{name}.toml").open("rb") as file:
        table: dict[str, Any] = tomllib.load(file)
    return RunSpec(
        preset=name,
        model=ModelSpec(**table.pop("model")),
        hyperparameters=Hyperparameters(**table.pop("hyperparameters")),
        **table,
    )
