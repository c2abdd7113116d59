"""The session as the window sees it: the protocol that weightdeck.session implements and tests fake."""

from __future__ import annotations

from typing import Protocol

from weightdeck.run.commands import Command
from weightdeck.run.document import Annotation, Place, Source
from weightdeck.run.frame import Delivery, Interest, Pace, Status
from weightdeck.run.half_step import Breakpoint
from weightdeck.run.queries import Query


class Session(Protocol):
    """One trainer thread and its queue. Every method returns at once and may be called from the GUI thread only.

    Transport (play, pause, step, pace, hold) never changes results and is not journalled.
    """

    @property
    def status(self) -> Status:
        """Where the session stands, without taking anything."""

    def start(self, source: Source) -> None:
        """Start the thread; the run is there, paused, as soon as the engine has loaded."""

    def submit(self, command: Command) -> int:
        """Queue a command for the next step boundary and return its number.

        Raises ``ValueError`` with a sentence when it does not fit the run; then nothing is queued.
        """

    def ask(self, query: Query) -> int:
        """Queue a question and return its number; the answer comes with a later delivery."""

    def cancel(self, number: int) -> None:
        """Forget a query that is not answered yet."""

    def play(self, until_step: int | None = None) -> None:
        """Train until paused or until max_iters, and when that is behind, beyond it; or until `until_step`, wherever
        max_iters lies."""

    def pause(self) -> None: ...

    def step_once(self) -> None:
        """Make one step and pause."""

    def next_part(self) -> None:
        """Make the next of a step's three parts (forward, backward, update) and pause."""

    def set_breakpoints(self, breakpoints: tuple[Breakpoint, ...]) -> None:
        """Pause before the update at which one of these is met; none when it was met already at this step."""

    def set_pace(self, pace: Pace) -> None: ...

    def hold(self, held: bool) -> None:
        """While held (a weight knob is in the hand) training waits and commands still apply."""

    def reset(self, seed: int | None = None) -> None:
        """Begin again at step 0, with the run's own seed or with `seed`: a new branch of the document."""

    def open_run(self, source: Source) -> None:
        """Leave the run and take up another, paused. What cannot be opened comes as ``Delivery.refused``; then the run
        that was there goes on.
        """

    def seek(self, place: Place) -> None:
        """Show another moment of the document: the nearest keyframe at once, the exact moment as soon as it is
        computed. Training waits and nothing can be changed until `return_to_now`, `play_from_here` or `switch_to`.
        A newer call replaces an older one.
        """

    def return_to_now(self) -> None:
        """Show the run where it trains; it goes on if it trained when `seek` was first called."""

    def play_from_here(self) -> None:
        """Begin a branch at the moment that is shown, as soon as that is exact; paused. At the newest step of a branch
        this goes on with that branch.
        """

    def switch_to(self, branch: int) -> None:
        """Go on with another branch, at its newest step; paused."""

    def annotate(self, annotation: Annotation) -> None:
        """Keep bookmarks, names and notes with the document. Raises ``ValueError`` with a sentence."""

    def watch(self, interest: Interest) -> None:
        """Say what the next frames should hold."""

    def mark(self) -> None:
        """Keep this moment: the baseline MARK of later frames. Changes nothing of the run."""

    def take(self) -> Delivery:
        """Everything that happened since the last take; asks for a fresh frame by having taken the last."""

    def close(self) -> None:
        """Ask the thread to end after the step in hand, with everything saved."""

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread; whether it has ended."""
