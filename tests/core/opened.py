"""The user's part in tests of documents: opens, trains, turns, goes to other moments, closes."""

from __future__ import annotations

from collections.abc import Callable

from tests.core.watcher import DEADLINE_S, ONE, ROW, Watcher
from weightdeck.run.commands import EditSlice, SetHyperparameter, SetMuteTo, SetStrip, Undo
from weightdeck.run.document import (
    NewRun,
    Place,
    SavedRun,
)
from weightdeck.run.frame import Phase
from weightdeck.run.journal import Journal
from weightdeck.run.queries import Hashes, StateHashes
from weightdeck.run.strips import Strip, StripSetting

Opened = Callable[[NewRun | SavedRun], Watcher]


def closed(watcher: Watcher) -> None:
    watcher.session.close()
    assert watcher.session.join(DEADLINE_S)


def hashes(watcher: Watcher) -> Hashes:
    """What the moment that is shown is."""
    number = watcher.session.ask(StateHashes())
    watcher.until(lambda: number in watcher.answers)
    value = watcher.answers[number].value
    assert isinstance(value, Hashes)
    return value


def train(watcher: Watcher, step: int) -> None:
    watcher.session.play(until_step=step)
    watcher.until(lambda: watcher.status.step == step and watcher.status.phase is Phase.PAUSED)


def turn(watcher: Watcher) -> None:
    """Commands of several kinds."""
    watcher.session.submit(EditSlice(ROW, "scale", 1.5))
    watcher.session.submit(EditSlice(ONE, "set", 0.75))
    watcher.session.submit(SetMuteTo("mean"))
    watcher.session.submit(SetStrip(Strip(0, 1), StripSetting(muted=True)))
    watcher.session.submit(SetHyperparameter("learning_rate", 2e-3))
    watcher.session.submit(Undo())
    watcher.ask(ONE)


def began(watcher: Watcher, runs: int) -> None:
    watcher.until(lambda: len(watcher.runs) == runs and watcher.status.phase is Phase.PAUSED)


def journal_of(watcher: Watcher) -> Journal:
    journal = Journal()
    for entry in watcher.journal:
        journal.append(entry)
    return journal


def sought(watcher: Watcher, step: int, branch: int = 0) -> None:
    watcher.session.seek(Place(branch, step))
    watcher.until(
        lambda: (
            watcher.status.past is not None
            and watcher.status.past.place == Place(branch, step)
            and watcher.status.past.is_exact
        )
    )
