"""Short versions of the harnesses in ``tests/faults``: run files after kills, on ill disks, in races, with damage."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the harnesses fork, and trace system calls")


def ran(harness: str, *arguments: str) -> str:
    """What a harness prints when it finds nothing wrong."""
    done = subprocess.run(
        [sys.executable, "-m", f"tests.faults.{harness}_harness", *arguments],
        cwd=ROOT,
        env={"PYTHONPATH": "core", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_flipped_bits_and_cut_files_are_noticed_and_what_is_good_recovered() -> None:
    assert "30 cases, 0 bad" in ran("flip", "--count", "20", "--cuts", "10")


def test_a_kill_loses_nothing_that_was_acknowledged() -> None:
    assert "0 bad" in ran("kill", "--count", "3")


def test_an_interrupted_run_is_the_same_to_the_last_bit() -> None:
    assert "NOT" not in ran("resume", "--steps", "40", "--count", "3", "--threads", "1")


def test_of_four_that_race_for_a_file_one_gets_it() -> None:
    assert "10 races of 4, 0 bad" in ran("race", "--count", "10")


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace makes the calls fail")
@pytest.mark.parametrize("act", ["commit", "save_as"])
def test_a_save_that_fails_anywhere_leaves_old_or_new(act: str) -> None:
    assert " 0 bad" in ran("disk", "--only", act, "--count", "2")
