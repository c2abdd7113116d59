"""Every moment of a run's document is what it was: any step, of any branch, across edits, crashes and thinning."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from weightdeck.headless import HeadlessRun
from weightdeck.probes.recorder import Recorder
from weightdeck.run.commands import Command, EditSlice, HoldSlices, SetHyperparameter, SetStrip, Undo
from weightdeck.run.document import LEAST_BUDGET, NewRun, Place, SavedRun, SetBookmark
from weightdeck.run.history import History
from weightdeck.run.layout import EMBEDDING
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import RunSpec
from weightdeck.run.strips import Strip, StripSetting
from weightdeck.session.travel import Travel
from weightdeck.store.document import RunDocument
from weightdeck.store.opening import open_document, open_to_write
from weightdeck.training.trainer import Trainer

MOMENTS = 100
COMMANDS: tuple[Callable[[random.Random], Command], ...] = (
    lambda chance: EditSlice(ParameterSlice(EMBEDDING, (1, 2)), "set", chance.uniform(-1, 1)),
    lambda chance: EditSlice(ParameterSlice(EMBEDDING, (1,)), "scale", chance.choice((0.0, 0.5, 2.0))),
    lambda chance: SetHyperparameter("learning_rate", chance.uniform(1e-4, 1e-2)),
    lambda chance: SetHyperparameter("dropout", chance.choice((0.0, 0.1, 0.3))),
    lambda chance: SetStrip(Strip(0, 1), StripSetting(muted=chance.random() < 0.5)),
    lambda chance: HoldSlices((ParameterSlice(EMBEDDING, (2,)),), held=chance.random() < 0.5),
    lambda _chance: Undo(),
)


class Player:
    """Plays a document and notes the hash of every moment, as a run that nobody ever interrupts has it."""

    def __init__(self, spec: RunSpec, path: Path) -> None:
        self.run = HeadlessRun(NewRun(spec, str(path)))
        self.chance = random.Random(4)
        self.has_left = False
        self.states: dict[Place, str] = {}
        self._note()

    @property
    def document(self) -> RunDocument:
        assert self.run.document is not None
        return self.run.document

    def leave(self) -> None:
        """Let the file go as a crash does: without a keyframe of the newest moment."""
        if not self.has_left:
            self.document.close()
        self.has_left = True

    def play(self, steps: int) -> None:
        for _ in range(steps):
            for _ in range(self.chance.choice((0, 0, 0, 1, 2))):
                with suppress(ValueError):  # what does not fit changes nothing
                    self.run.apply(self.chance.choice(COMMANDS)(self.chance))
            self._note()
            self.run.step()
            if self.chance.random() < 0.15:
                self.document.keep(self.run.trainer)
        self._note()

    def fork(self, place: Place) -> None:
        """Play from there."""
        travel = gone_to(self.document, place)
        self.document.fork(travel.run.trainer, place)
        self._go_on_with(travel.run.trainer, place)

    def begin(self, seed: int | None) -> None:
        """From step 0, with this seed or that of the run."""
        spec = self.run.trainer.spec
        trainer = Trainer(spec if seed is None else spec.with_seed(seed))
        self.document.fork(trainer, Place(self.document.branch.number, 0) if seed is None else None)
        self._go_on_with(trainer, None)

    def _go_on_with(self, trainer: Trainer, left: Place | None) -> None:
        self.run.trainer, self.run.history, self.run._recorder = trainer, History(), Recorder(trainer)
        if left is not None:
            shared = [
                place for place in self.states if place.branch == left.branch and place.step < left.step
            ]
            new = self.document.branch.number
            self.states |= {Place(new, place.step): self.states[place] for place in shared}
        self._note()

    def _note(self) -> None:
        self.states[Place(self.document.branch.number, self.run.trainer.step)] = (
            self.run.trainer.state_sha256()
        )


def gone_to(document: RunDocument, place: Place) -> Travel:
    travel = Travel(document, document.way_to(place))
    while travel.is_moving:
        travel.advance()
    assert travel.past.is_exact
    return travel


def played(spec: RunSpec, path: Path) -> Player:
    """Branches of branches, resets and another seed."""
    player = Player(spec, path)
    player.play(70)
    player.fork(Place(0, 45))
    player.play(40)
    player.fork(Place(1, 20))  # a step that branch 1 has from branch 0
    player.play(30)
    player.begin(None)
    player.play(30)
    player.begin(9)
    player.play(30)
    player.fork(Place(1, 60))
    player.play(20)
    return player


@pytest.fixture(params=["names", "sort"])
def player(
    request: pytest.FixtureRequest, names_spec: RunSpec, sort_spec: RunSpec, run_path: Path
) -> Iterator[Player]:
    """Untied without dropout at first, and tied with it."""
    spec = names_spec if request.param == "names" else sort_spec
    player = played(replace(spec, record_interval=1000), run_path)
    yield player
    player.leave()


def test_a_hundred_moments_are_what_they_were(player: Player, run_path: Path) -> None:
    player.leave()
    document, _ = open_to_write(run_path)
    chance = random.Random(1)
    for place in chance.sample(sorted(player.states, key=lambda place: (place.branch, place.step)), MOMENTS):
        assert gone_to(document, place).run.trainer.state_sha256() == player.states[place], place
    document.close()


def test_one_traveller_goes_to_all_of_them(player: Player) -> None:
    """Forward from where it stands, or from a keyframe, whichever is nearer."""
    travel = Travel(player.document, player.document.way_to(Place(0, 0)))
    for place in random.Random(2).sample(sorted(player.states, key=str), 40):
        travel.go(place)
        while travel.is_moving:
            travel.advance()
        assert travel.run.trainer.state_sha256() == player.states[place], place


def test_played_from_unchanged_it_is_the_same_again(player: Player) -> None:
    """The last 10 steps of a branch, with the commands that it had there."""
    for number in (0, 1, 3, 4):
        head = player.document.head_of(number)
        place = Place(number, head.step - 10)
        travel = gone_to(player.document, place)
        trainer = travel.run.trainer
        player.document.fork(trainer, place)
        for entry in player.document.journal(number)[len(trainer.journal) :]:
            while trainer.step < entry.step:
                player.document.stepped(trainer.train_step(), trainer, 0.0)
            trainer.apply(entry.command)
            player.document.commanded(trainer.journal.since(len(trainer.journal) - 1)[0])
        while trainer.step < head.step:
            player.document.stepped(trainer.train_step(), trainer, 0.0)
        assert trainer.state_sha256() == player.states[head]
        again = player.document.head
        assert gone_to(player.document, again).run.trainer.state_sha256() == player.states[head]


def test_thinned_to_the_least_every_moment_is_still_there(player: Player) -> None:
    document = player.document
    before = len(document.keyframes)
    document._notes.budget = 1
    document.keep(player.run.trainer)
    player.run.step()
    document.keep(player.run.trainer)
    assert len(document.keyframes) < before
    for place in random.Random(3).sample(sorted(player.states, key=str), 20):
        assert gone_to(document, place).run.trainer.state_sha256() == player.states[place], place


def test_every_head_is_gone_on_with_after_crashes(player: Player, run_path: Path) -> None:
    """A crash leaves no keyframe of the newest moment; another one during the redo changes nothing."""
    player.run.apply(COMMANDS[0](player.chance))
    for _ in range(7):
        player.run.step()
    player.run.apply(COMMANDS[1](player.chance))
    undoable = player.run.trainer.edits.history()
    state, head = player.run.trainer.state_sha256(), player.document.head
    player.leave()
    for steps in (0, 3):
        document, _ = open_document(run_path)
        travel = Travel(document, document.way_to(head))
        for _ in range(steps):
            travel.advance()
        document.close()
    again = HeadlessRun(SavedRun(str(run_path)))
    assert again.behind >= 7
    again.redo()
    assert again.trainer.state_sha256() == state
    redone = again.trainer.edits.history()
    assert [entry.command for entry in redone.done] == [entry.command for entry in undoable.done]
    assert [entry.command for entry in redone.undone] == [entry.command for entry in undoable.undone]
    for _ in range(len(redone.done)):
        again.apply(Undo())
        player.run.trainer.apply(Undo())
    assert again.trainer.state_sha256() == player.run.trainer.state_sha256()
    again.close()


def test_a_bookmark_keeps_one_keyframe_whatever_it_is_called(player: Player) -> None:
    document, trainer = player.document, player.run.trainer
    before = len(document.keyframes)
    document.keep(trainer)
    for name in ("a", "b", "", "c"):
        document.annotate(SetBookmark(document.head, name), trainer)
        assert len(document.keyframes) == before + 1
    assert [key.kept for key in document.keyframes if key.step == trainer.step][-1]


def test_a_keyframe_that_is_to_stay_takes_the_place_of_one_that_need_not(player: Player) -> None:
    player.run.step()
    player.document.keep(player.run.trainer)
    player.document._notes.budget = 1
    player.document.keep(player.run.trainer, for_good=True)
    assert player.document.keyframes[-1].kept
    assert LEAST_BUDGET > 1


def test_resets_of_resets_leave_the_first_branch(names_spec: RunSpec, run_path: Path) -> None:
    player = Player(replace(names_spec, seed=3), run_path)
    player.play(5)
    for _ in range(3):
        player.begin(None)
    assert [branch.parent for branch in player.document.status.branches] == [None, 0, 0, 0]
    player.run.close()


def test_steps_that_other_arithmetic_made_are_never_passed_off_as_exact(
    names_spec: RunSpec, run_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def arithmetic(name: str) -> None:
        for module in ("training.trainer", "store.document"):
            monkeypatch.setattr(f"weightdeck.{module}.numerics_id", lambda _threads: name)

    def is_exact(step: int) -> bool:
        way = document.way_to(Place(0, step))
        return way.is_exact or way.keyframe.step == step

    arithmetic("this")
    run = HeadlessRun(NewRun(names_spec, str(run_path)))
    run.train(20)
    run.close()
    arithmetic("that")
    run = HeadlessRun(SavedRun(str(run_path)))
    assert run.notice == ""
    run.train(10)
    assert run.document is not None
    run.document.close()  # a crash: no keyframe at step 30
    for name, exact in (("that", {0, 20, 25, 30}), ("this", {0, 10, 19, 20}), ("a third", {0, 20})):
        arithmetic(name)
        document, _ = open_to_write(run_path)
        assert {step for step in (0, 10, 19, 20, 25, 30) if is_exact(step)} == exact
        document.close()
    arithmetic("that")
    assert HeadlessRun(SavedRun(str(run_path))).behind == 10
    copy = run_path.with_name("copy.weightdeck")
    copy.write_bytes(run_path.read_bytes())
    arithmetic("this")
    again = HeadlessRun(SavedRun(str(copy)))
    assert "other arithmetic (that)" in again.notice
    assert again.document is not None
    assert again.document.branch.parent == 0
    assert again.trainer.step == again.document.branch.step == 20
    again.close()


def test_a_bookmark_of_any_branch_and_of_what_it_shares_is_there_at_once(
    player: Player, run_path: Path
) -> None:
    places = (Place(0, 33), Place(1, 20), Place(2, 19), Place(3, 11))  # the second and third are of branch 0
    for place in places:
        trainer = gone_to(player.document, place).run.trainer
        player.document.annotate(SetBookmark(place, "here"), trainer)
    player.document._notes.budget = 1
    player.run.step()
    player.document.keep(player.run.trainer)
    player.leave()
    document, _ = open_to_write(run_path)
    assert tuple(bookmark.place for bookmark in document.status.bookmarks) == places
    for place in places:
        way = document.way_to(place)
        assert way.keyframe.step == place.step
        assert way.keyframe.state_sha256 == player.states[place]
    document.close()
