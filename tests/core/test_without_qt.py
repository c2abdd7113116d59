"""The library works where there is no Qt, and its plain data where there is no torch either."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_CORE = Path(__file__).parents[2] / "core"
_IMPORT_ALL = """
import importlib, pkgutil, sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ImportError(f"{name} must not be imported here")
        return None

sys.meta_path.insert(0, Blocker())
root = importlib.import_module(ROOT)
names = [found.name for found in pkgutil.walk_packages(root.__path__, ROOT + ".")]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
assert not BLOCKED & {name.partition(".")[0] for name in sys.modules}
print(len(names))
"""


@pytest.mark.parametrize(
    ("root", "blocked"),
    [
        ("weightdeck", {"PySide6", "shiboken6", "pyqtgraph", "qtpy", "PyQt5", "PyQt6", "weightdeck_desktop"}),
        ("weightdeck.run", {"PySide6", "shiboken6", "pyqtgraph", "weightdeck_desktop", "torch"}),
    ],
)
def test_every_module_imports_without(root: str, blocked: set[str]) -> None:
    program = f"ROOT, BLOCKED = {root!r}, {blocked!r}\n{_IMPORT_ALL}"
    environment = {**os.environ, "PYTHONPATH": str(_CORE)}
    result = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) > 5
