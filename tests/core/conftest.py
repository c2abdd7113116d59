"""Runs small enough for a step to take a millisecond, on the real data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.core.kept_run import play
from tests.core.opened import Opened, closed
from tests.core.watcher import DEADLINE_S, Watcher
from weightdeck.headless import HeadlessRun
from weightdeck.run.document import NewRun, SavedRun
from weightdeck.run.frame import Phase
from weightdeck.run.presets import load_preset
from weightdeck.run.spec import ModelSpec, RunSpec


@pytest.fixture
def names_spec() -> RunSpec:
    """Names, two blocks; records often and ends at step 40."""
    spec = load_preset("names")
    settings = replace(spec.hyperparameters, batch_size=8, warmup_iters=5, max_iters=40)
    return replace(spec, model=ModelSpec(2, 2, 16, 16, 27), hyperparameters=settings, record_interval=10)


@pytest.fixture
def sort_spec() -> RunSpec:
    """Sort, one block, a tied head, padding between its tensors, with the preset's dropout."""
    spec = load_preset("sort")
    settings = replace(spec.hyperparameters, batch_size=8, warmup_iters=5, max_iters=40)
    assert settings.dropout > 0.0
    return replace(
        spec, model=ModelSpec(1, 2, 12, 11, 3, tied=True), hyperparameters=settings, record_interval=10
    )


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    """A session that has not been started; closed and joined afterwards."""
    watcher = Watcher()
    yield watcher
    watcher.session.close()
    assert watcher.session.join(DEADLINE_S)


@pytest.fixture
def ready(watcher: Watcher, names_spec: RunSpec) -> Watcher:
    """A session whose run is loaded, paused at step 0."""
    watcher.session.start(NewRun(names_spec))
    watcher.until(lambda: bool(watcher.runs))
    return watcher


@pytest.fixture
def run_path(tmp_path: Path) -> Path:
    """Where a run file may be; there is none yet."""
    return tmp_path / "run.weightdeck"


@pytest.fixture
def kept(run_path: Path, names_spec: RunSpec) -> HeadlessRun:
    """A run that was played into the file at `run_path` and closed."""
    run = HeadlessRun(NewRun(names_spec, str(run_path)))
    play(run)
    run.close()
    return run


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Opens a source in a session of its own; all are closed afterwards."""
    watchers: list[Watcher] = []

    def open_source(source: NewRun | SavedRun) -> Watcher:
        watcher = Watcher()
        watchers.append(watcher)
        watcher.session.start(source)
        watcher.until(lambda: watcher.status.phase is not Phase.LOADING)
        return watcher

    yield open_source
    for watcher in watchers:
        closed(watcher)
