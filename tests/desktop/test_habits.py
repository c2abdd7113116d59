"""The fixtures that watch every test do see what they watch for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

BAD_TESTS = """
import threading
from PySide6.QtCore import QTimer, Signal, QObject, qWarning
from PySide6.QtWidgets import QApplication, QWidget

KEPT = []
RELEASE = threading.Event()

class Speaker(QObject):
    said = Signal()

def test_thread():
    KEPT.append(threading.Thread(target=lambda: RELEASE.wait(0.5), name="left behind"))
    KEPT[-1].start()

def test_timer():
    KEPT.append(QTimer())
    KEPT[-1].start(60_000)

def test_window():
    KEPT.append(QWidget(objectName="forgotten"))

def test_slot():
    speaker = Speaker()
    speaker.said.connect(lambda: 1 / 0)
    speaker.said.emit()

def test_qt_warning():
    qWarning("something is wrong")

def test_clean():
    widget = QWidget()
    widget.show()
    widget.deleteLater()
"""


def test_what_is_left_behind_fails_the_test_that_left_it(tmp_path: Path) -> None:
    bad = tmp_path / "test_bad.py"
    bad.write_text(BAD_TESTS, encoding="utf-8")
    plugins = ["-p", "tests.conftest", "-p", "tests.desktop.conftest", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", "-rEf", "-c", str(ROOT / "pyproject.toml"), *plugins, str(bad)]
    paths = os.pathsep.join(str(path) for path in (ROOT, ROOT / "core", ROOT / "desktop"))
    environment = {**os.environ, "PYTHONPATH": paths}
    result = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    said = result.stdout + result.stderr
    assert "5 passed, 1 failed, 4 errors" in said or "1 failed, 5 passed, 4 errors" in said, said
    for words in ("left behind", "60000 ms timer", "'forgotten'", "ZeroDivisionError", "something is wrong"):
        assert words in said, said
    for test in ("test_thread", "test_timer", "test_window", "test_slot"):
        assert any(line.startswith("ERROR") and test in line for line in said.splitlines()), test
    assert "test_clean" not in said
