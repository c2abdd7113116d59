"""Closes the real program at random moments, each time in a process of its own, and says how it ended.

    PYTHONPATH=core:desktop python tests/faults/close_harness.py --count 50 --seed 1

Prints one line a close and a summary; exit code 1 when one was not clean: another exit code than 0, something on
standard error, or later than `LIMIT_S` after the request (while torch was being imported: later than
`AFTER_IMPORT_S` after the import's return).
"""

# ruff: noqa: T201  (a script that speaks to a terminal)

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from weightdeck_desktop.app import Parts
    from weightdeck_desktop.widgets.knob import Knob

LIMIT_S = 2.0
AFTER_IMPORT_S = 1.0
HUNG_S = 90.0  # importing torch from a cold disk included
POLL_MS = 2
OF_THE_PLATFORM = re.compile(
    r"^This plugin does not support .*\n", re.MULTILINE
)  # what offscreen says of itself
ROOT = Path(__file__).parents[2]

# A scenario brings the program to a moment; when it ends, the window is asked to close. It yields what it waits for:
# seconds, or a condition.
Moment = Iterator[float | Callable[[], bool]]


# In the process that is closed


class Events:
    """What happened when, by a clock that all processes of the machine share; for the parent to read."""

    def __init__(self) -> None:
        self.importing = threading.Event()
        self.imported = threading.Event()

    def note(self, name: str) -> None:
        print(json.dumps({"event": name, "at_s": time.monotonic()}), flush=True)

    def watch_import(self) -> None:
        """Note when the trainer thread begins to import the engine, and when it has."""
        from weightdeck.session.session import TrainerSession

        run = TrainerSession._run

        def noting_run(session: TrainerSession) -> None:
            self.note("import_began")
            self.importing.set()
            import weightdeck.session.worker  # noqa: F401

            self.imported.set()
            self.note("import_returned")
            run(session)

        TrainerSession._run = noting_run


def importing(parts: Parts, events: Events, chance: random.Random) -> Moment:
    yield events.importing.is_set
    yield chance.uniform(0.0, 0.4)


def building_the_run(parts: Parts, events: Events, chance: random.Random) -> Moment:
    yield events.imported.is_set
    yield chance.uniform(0.0, 0.3)


def at_the_opening_pace(parts: Parts, events: Events, chance: random.Random) -> Moment:
    yield lambda: parts.deck.info is not None
    yield chance.uniform(0.0, 1.5)


def at_full_speed(parts: Parts, events: Events, chance: random.Random) -> Moment:
    from weightdeck.run.frame import Pace

    yield lambda: parts.deck.info is not None
    parts.session.set_pace(Pace())
    parts.session.play()
    yield lambda: parts.deck.status.step > chance.randrange(30)
    yield chance.uniform(0.0, 0.5)


def paused(parts: Parts, events: Events, chance: random.Random) -> Moment:
    from weightdeck.run.frame import Phase

    yield from at_full_speed(parts, events, chance)
    parts.window.pause_requested.emit()
    yield lambda: parts.deck.status.phase is Phase.PAUSED
    yield chance.uniform(0.0, 0.5)


def dragging(parts: Parts, events: Events, chance: random.Random) -> Moment:
    from PySide6.QtCore import QEvent

    from weightdeck.run.frame import Phase

    yield from at_full_speed(parts, events, chance)
    knob: Knob = parts.panels.knobs._weights[chance.randrange(6)]
    yield lambda: knob.number is not None
    _mouse(knob, QEvent.Type.MouseButtonPress, 0.0)
    yield lambda: parts.deck.status.phase is Phase.HELD
    for move in range(chance.randrange(1, 20)):
        _mouse(knob, QEvent.Type.MouseMove, -4.0 * move)
        yield 0.016


def in_the_menu(parts: Parts, events: Events, chance: random.Random) -> Moment:
    from PySide6.QtWidgets import QApplication

    yield from at_full_speed(parts, events, chance)
    parts.window.registry["menu"].trigger()
    yield lambda: QApplication.activePopupWidget() is not None


def in_a_dialog(parts: Parts, events: Events, chance: random.Random) -> Moment:
    from PySide6.QtWidgets import QApplication

    yield from at_full_speed(parts, events, chance)
    if chance.random() < 0.25:
        parts.panels.knobs.repin_requested.emit(0)
    else:
        parts.window.registry[chance.choice(["preferences", "shortcuts", "about"])].trigger()
    yield lambda: QApplication.activeModalWidget() is not None
    yield chance.uniform(0.0, 0.2)


def in_a_file_dialog(parts: Parts, events: Events, chance: random.Random) -> Moment:
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    yield from at_full_speed(parts, events, chance)
    # It runs an event loop of its own, from within whatever opened it.
    QTimer.singleShot(0, lambda: parts.window._exporter.save_png(parts.panels.loss))
    yield lambda: QApplication.activeModalWidget() is not None


def in_the_palette(parts: Parts, events: Events, chance: random.Random) -> Moment:
    yield from at_full_speed(parts, events, chance)
    parts.window.registry["palette"].trigger()
    yield chance.uniform(0.0, 0.2)


def minimised(parts: Parts, events: Events, chance: random.Random) -> Moment:
    yield from at_full_speed(parts, events, chance)
    parts.window.showMinimized()
    yield lambda: not parts.window.is_painting_wanted()
    yield chance.uniform(0.0, 0.6)


def with_a_floating_panel(parts: Parts, events: Events, chance: random.Random) -> Moment:
    yield from at_full_speed(parts, events, chance)
    parts.window._host.docks["loss"].setFloating(True)
    yield chance.uniform(0.0, 0.3)


def interrupted(parts: Parts, events: Events, chance: random.Random) -> Moment:
    yield from at_full_speed(parts, events, chance)
    events.note("close_requested")
    os.kill(os.getpid(), chance.choice([signal.SIGINT, signal.SIGTERM]))
    yield lambda: not parts.window.isVisible()
    yield HUNG_S  # the signal alone has to end it


def while_a_run_begins(parts: Parts, events: Events, chance: random.Random) -> Moment:
    yield from at_full_speed(parts, events, chance)
    parts.window.reset_requested.emit(True)
    yield chance.uniform(0.0, 0.1)


SCENARIOS: dict[str, Callable[[Parts, Events, random.Random], Moment]] = {
    scenario.__name__: scenario
    for scenario in (
        importing,
        building_the_run,
        at_the_opening_pace,
        at_full_speed,
        paused,
        dragging,
        in_the_menu,
        in_a_dialog,
        in_a_file_dialog,
        in_the_palette,
        minimised,
        with_a_floating_panel,
        interrupted,
        while_a_run_begins,
    )
}


def _mouse(knob: Knob, kind: object, y: float) -> None:
    from PySide6.QtCore import QEvent, QPointF, Qt
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QApplication

    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    place = QPointF(knob.width() / 2, 34.0 + y)
    button = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseMove else left
    there = QPointF(knob.mapToGlobal(place.toPoint()))
    QApplication.sendEvent(knob, QMouseEvent(kind, place, there, button, left, none))


def run_child(name: str, seed: int) -> int:
    """The program itself, led to its moment and asked to close there; its exit code."""
    from PySide6.QtCore import QTimer

    from weightdeck_desktop import app

    events = Events()
    events.watch_import()
    chance = random.Random(seed)
    build = app.build

    def build_and_lead(*arguments: object, **options: object) -> Parts:
        parts = build(*arguments, **options)
        moment = SCENARIOS[name](parts, events, chance)
        timer = QTimer(parts.window)
        waits_for: Callable[[], bool] = lambda: True  # noqa: E731

        def lead() -> None:
            nonlocal waits_for
            if not waits_for():
                return
            try:
                wanted = next(moment)
            except StopIteration:
                timer.stop()
                events.note("close_requested")
                parts.window.windowHandle().close()  # as the window system asks
                return
            if isinstance(wanted, float):
                until_s = time.monotonic() + wanted
                waits_for = lambda: time.monotonic() >= until_s  # noqa: E731
            else:
                waits_for = wanted

        timer.timeout.connect(lead)
        timer.start(POLL_MS)
        return parts

    app.build = build_and_lead
    code = app.main()
    events.note("ended")
    return code


# In the process that watches


@dataclass(frozen=True)
class Close:
    """How one close went. Seconds; `after_import_s` when the request came while the engine was being imported."""

    scenario: str
    seed: int
    exit_code: int | None  # None: it hung and was killed
    took_s: float
    after_import_s: float | None
    errors: str

    @property
    def faults(self) -> list[str]:
        """What went wrong, its time aside; empty when nothing did."""
        found = [] if self.exit_code == 0 else [f"exit code {self.exit_code}"]
        return [*found, f"standard error:\n{self.errors}"] if self.errors else found

    @property
    def is_late(self) -> bool:
        if self.after_import_s is not None:
            return self.after_import_s > AFTER_IMPORT_S
        return self.took_s > LIMIT_S

    def __str__(self) -> str:
        after = (
            "" if self.after_import_s is None else f", {self.after_import_s:.3f} s after the import's return"
        )
        verdict = "; ".join([*self.faults, *["late"] * self.is_late]) or "clean"
        return f"{self.scenario} (seed {self.seed}): {self.took_s:.3f} s{after}: {verdict}"


def close_at(scenario: str, seed: int) -> Close:
    """Start the program with settings of nobody, offscreen, and have it closed at the scenario's moment."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "QT_QPA_PLATFORM": "offscreen",
            "XDG_CONFIG_HOME": folder,
            "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in ("core", "desktop")),
            "PYTHONFAULTHANDLER": "1",
        }
        process = subprocess.Popen(
            [sys.executable, __file__, "--child", scenario, "--seed", str(seed)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            output, errors = process.communicate(timeout=HUNG_S)
            exit_code: int | None = process.returncode
        except subprocess.TimeoutExpired:
            process.kill()
            output, errors = process.communicate()
            exit_code = None
        ended_s = time.monotonic()
    at_s = {line["event"]: line["at_s"] for line in map(json.loads, output.splitlines())}
    requested_s = at_s.get("close_requested", ended_s)
    imported_s = at_s.get("import_returned", 0.0)
    if "close_requested" not in at_s:
        errors += "The window was never asked to close."
    return Close(
        scenario=scenario,
        seed=seed,
        exit_code=exit_code,
        took_s=ended_s - requested_s,
        after_import_s=ended_s - imported_s if imported_s > requested_s else None,
        errors=OF_THE_PLATFORM.sub("", errors).strip(),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="Close the real program at random moments.")
    parser.add_argument("--count", type=int, default=50, help="how many closes (default 50)")
    parser.add_argument("--seed", type=int, default=1, help="of the random moments (default 1)")
    parser.add_argument("--only", choices=SCENARIOS, help="one scenario")
    parser.add_argument("--child", choices=SCENARIOS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        return run_child(args.child, args.seed)
    names = [args.only] if args.only else list(SCENARIOS)
    closes = []
    for number in range(args.count):
        closes.append(close_at(names[number % len(names)], args.seed + number))
        print(closes[-1], flush=True)
    worst = max(
        (close for close in closes if close.after_import_s is None), key=lambda c: c.took_s, default=None
    )
    late = max((close.after_import_s for close in closes if close.after_import_s is not None), default=None)
    unclean = sum(close.is_late or bool(close.faults) for close in closes)
    print(f"{len(closes)} closes, {unclean} not clean")
    if worst is not None:
        print(f"worst: {worst.took_s:.3f} s ({worst.scenario})")
    if late is not None:
        print(f"worst during the import: {late:.3f} s after its return")
    return 1 if unclean else 0


if __name__ == "__main__":
    sys.exit(main())
