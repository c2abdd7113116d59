"""``import weightdeck``: light and complete."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import weightdeck

ROOT = Path(__file__).parents[2]


def test_every_public_name_is_there_and_is_what_it_is_at_home() -> None:
    for name in weightdeck.__all__:
        assert getattr(weightdeck, name) is not None
    for name, home in weightdeck._HOME_OF.items():
        assert getattr(weightdeck, name) is getattr(importlib.import_module(f"weightdeck.{home}"), name)
    assert set(weightdeck._HOME_OF) | {"__version__"} == set(weightdeck.__all__)
    assert set(weightdeck.__all__) <= set(dir(weightdeck))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Train'"):
        _ = weightdeck.Train


def test_importing_and_building_a_spec_loads_no_torch() -> None:
    program = (
        "import sys, weightdeck as wd; wd.load_preset('sort'); dir(wd); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, env={"PYTHONPATH": str(ROOT / "core")})
