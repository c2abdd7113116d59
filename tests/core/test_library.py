"""``import weightdeck``: light, complete, and as documented."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import weightdeck

ROOT = Path(__file__).parents[2]
EXAMPLES = re.findall(
    r"```python\n(.*?)```", (ROOT / "docs/library.md").read_text(encoding="utf-8"), re.DOTALL
)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_the_documented_examples_run(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(EXAMPLES[number], f"docs/library.md, example {number}", "exec"), {"__name__": "example"})
    if number == 0:
        assert re.fullmatch(
            r"validation loss \d\.\d\d, the edit moved 0\.\d{3} nats\n", capsys.readouterr().out
        )


def test_there_are_examples_and_the_first_has_about_ten_lines() -> None:
    assert len(EXAMPLES) == 3
    assert sum(bool(line.strip()) for line in EXAMPLES[0].splitlines()) <= 11


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
