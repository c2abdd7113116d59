"""Short versions of the harnesses in ``tests/faults``: run files after kills, on ill disks, in races, with damage."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.short_run import small_spec, train
from weightdeck.run.document import Saving
from weightdeck.store.document import RunDocument
from weightdeck.store.run_file import RunFile
from weightdeck.training.trainer import Trainer

ROOT = Path(__file__).parents[2]

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="the harnesses fork, and trace system calls")


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


@on_linux
def test_flipped_bits_and_cut_files_are_noticed_and_what_is_good_recovered() -> None:
    assert "30 cases, 0 bad" in ran("flip", "--count", "20", "--cuts", "10")


@on_linux
def test_a_kill_loses_nothing_that_was_acknowledged() -> None:
    assert "0 bad" in ran("kill", "--count", "3")


@on_linux
def test_an_interrupted_run_is_the_same_to_the_last_bit() -> None:
    assert "NOT" not in ran("resume", "--steps", "40", "--count", "3", "--threads", "1")


@on_linux
def test_of_four_that_race_for_a_file_one_gets_it() -> None:
    assert "10 races of 4, 0 bad" in ran("race", "--count", "10")


@on_linux
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace makes the calls fail")
@pytest.mark.parametrize("act", ["commit", "save_as"])
def test_a_save_that_fails_anywhere_leaves_old_or_new(act: str) -> None:
    assert " 0 bad" in ran("disk", "--only", act, "--count", "2")


@pytest.fixture
def begun(tmp_path: Path) -> tuple[RunDocument, Trainer]:
    """A run in a folder of its own, a few steps old."""
    (tmp_path / "runs").mkdir()
    trainer = Trainer(small_spec())
    document = RunDocument.begin(trainer, tmp_path / "runs" / "a run.weightdeck")
    train(document, trainer, 5)
    document.flush()
    return document, trainer


def steps_in(path: Path) -> int:
    document = RunDocument.of_file(RunFile.open(path))
    steps = document.head.step
    document.close()
    return steps


@pytest.mark.skipif(os.name == "nt", reason="there an open file cannot be moved")
def test_a_folder_that_goes_and_comes_back_suspends_saving_meanwhile(
    begun: tuple[RunDocument, Trainer], tmp_path: Path
) -> None:
    document, trainer = begun
    (tmp_path / "runs").rename(tmp_path / "elsewhere")
    train(document, trainer, 5)
    document.flush()
    assert document.status.saving is Saving.SUSPENDED
    assert "a run.weightdeck" in document.status.problem
    train(document, trainer, 5)
    (tmp_path / "elsewhere").rename(tmp_path / "runs")
    document._saver._retry_s = 0.0
    document.flush()
    document.tick()
    assert document.status.saving is Saving.SAVED
    document.close()
    assert steps_in(tmp_path / "runs" / "a run.weightdeck") == 15


@pytest.mark.skipif(os.name == "nt", reason="there an open file cannot be removed")
def test_a_run_whose_folder_was_removed_is_saved_whole_elsewhere(
    begun: tuple[RunDocument, Trainer], tmp_path: Path
) -> None:
    document, trainer = begun
    shutil.rmtree(tmp_path / "runs")
    train(document, trainer, 5)
    document.flush()
    assert document.status.saving is Saving.SUSPENDED
    document.save_copy(tmp_path / "copy.weightdeck")
    assert document.status.saving is Saving.SUSPENDED
    document.save_as(tmp_path / "new.weightdeck")
    assert document.status.saving is Saving.SAVED
    document.close()
    assert steps_in(tmp_path / "copy.weightdeck") == steps_in(tmp_path / "new.weightdeck") == 10
