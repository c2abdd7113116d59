"""Messages that come at bad moments: while a run is redone, on the way to another moment, right before the end."""

from __future__ import annotations

import queue
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.core.watcher import ONE
from weightdeck.headless import HeadlessRun
from weightdeck.run.commands import EditSlice
from weightdeck.run.document import NameBranch, NewRun, Place, SavedRun, Saving, SetBookmark, WriteNote
from weightdeck.run.frame import Phase
from weightdeck.run.queries import SaveFile
from weightdeck.run.spec import RunSpec
from weightdeck.session.mailbox import Mailbox
from weightdeck.session.messages import (
    Annotate,
    Ask,
    Close,
    Message,
    OpenRun,
    Pause,
    Play,
    PlayFromHere,
    Restart,
    ReturnToNow,
    Seek,
    StepOnce,
    Submit,
    SwitchTo,
    coalesced,
)
from weightdeck.session.open_document import OpenDocument
from weightdeck.session.worker import Worker
from weightdeck.store.document import RunDocument
from weightdeck.store.opening import open_to_write
from weightdeck.training.trainer import Trainer

STEPS = 20
EDIT = EditSlice(ONE, "set", 0.5)


class Desk:
    """A worker in this thread, so that every message comes exactly when it should."""

    def __init__(self) -> None:
        self.mailbox = Mailbox()
        self.worker = Worker(queue.SimpleQueue(), self.mailbox)

    def send(self, *messages: Message) -> None:
        for message in messages:
            self.worker._handle(message)

    @property
    def opened(self) -> OpenDocument:
        assert self.worker._open is not None
        return self.worker._open

    def arrive(self) -> None:
        while self.opened.is_moving:
            self.worker._advance(self.opened)

    @property
    def phase(self) -> Phase:
        return self.mailbox.status.phase

    def state(self) -> str:
        return self.opened.live.trainer.state_sha256()


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    if desk.phase is not Phase.CLOSED:
        desk.worker._close()


@pytest.fixture
def left(run_path: Path, names_spec: RunSpec) -> str:
    """A run at `run_path` as a crash leaves it; the hash of its newest state."""
    run = HeadlessRun(NewRun(names_spec, str(run_path)))
    run.train(STEPS)
    run.apply(EDIT)
    assert run.document is not None
    run.document.close()
    return run.trainer.state_sha256()


@pytest.fixture
def branches(desk: Desk, names_spec: RunSpec) -> Desk:
    """Branch 0 at step 20, branch 1 from step 5 at step 6, which trains."""
    desk.send(OpenRun(NewRun(names_spec)), *[StepOnce()] * STEPS, Pause(), Seek(Place(0, 5)))
    desk.arrive()
    desk.send(PlayFromHere(), StepOnce(), Pause())
    assert desk.mailbox.status.document.heads == (STEPS, 6)
    return desk


def test_what_is_written_during_a_redo_is_kept_and_no_half_redone_state(
    desk: Desk, left: str, run_path: Path, tmp_path: Path
) -> None:
    desk.send(OpenRun(SavedRun(str(run_path))))
    assert desk.phase is Phase.LOADING
    for _ in range(STEPS // 2):
        desk.worker._advance(desk.opened)
    desk.send(
        Annotate(WriteNote("half way")),
        Annotate(SetBookmark(Place(0, STEPS), "the end")),
        Submit(1, EDIT),
        Ask(2, SaveFile(str(tmp_path / "copy.weightdeck"), go_on_there=False)),
    )
    desk.worker._answer_one(desk.opened)
    desk.worker._close()
    for path in (run_path, tmp_path / "copy.weightdeck"):
        document, _ = open_to_write(path)
        assert document.status.note == "half way"
        assert [key.step for key in document.keyframes] == [0]
        document.close()
        run = HeadlessRun(SavedRun(str(path)))
        run.redo()
        assert run.trainer.state_sha256() == left
        run.close()


def test_what_comes_during_a_redo_is_done_after_it(desk: Desk, left: str, run_path: Path) -> None:
    desk.send(OpenRun(SavedRun(str(run_path))), StepOnce(), Submit(1, EDIT), Seek(Place(0, 3)), Play(None))
    desk.arrive()
    document = desk.mailbox.status.document
    assert document.heads == (STEPS + 1,)
    past = desk.mailbox.status.past
    assert past is not None
    assert past.place == Place(0, 3)
    assert past.is_exact
    assert len(desk.opened.live.trainer.journal) == 2
    assert desk.state() != left
    assert desk.phase is Phase.PAUSED


def test_opening_again_during_a_redo_redoes_it(desk: Desk, left: str, run_path: Path) -> None:
    copy = run_path.with_name("copy.weightdeck")
    copy.write_bytes(run_path.read_bytes())
    desk.send(OpenRun(SavedRun(str(run_path))))
    for _ in range(3):
        desk.worker._advance(desk.opened)
    desk.send(OpenRun(SavedRun(str(copy))), OpenRun(SavedRun(str(run_path))))
    desk.arrive()
    assert desk.state() == left
    assert desk.mailbox.status.document.path == str(run_path)


def test_a_branch_that_is_there_at_once_does_not_go_on_training(branches: Desk) -> None:
    branches.send(Play(None), Seek(Place(0, 5)))
    branches.arrive()
    branches.send(Seek(Place(0, STEPS)))
    branches.arrive()
    branches.send(PlayFromHere())
    assert not branches.opened.is_moving
    assert branches.mailbox.status.document.branch == 0
    branches.send(ReturnToNow())
    assert branches.phase is Phase.PAUSED


def test_pause_takes_back_a_play_that_waits_for_a_branch(branches: Desk) -> None:
    branches.send(SwitchTo(0))
    assert branches.opened.is_leaving
    branches.send(Play(None), Pause())
    branches.arrive()
    assert branches.mailbox.status.document.branch == 0
    assert branches.phase is Phase.PAUSED


def test_a_reset_or_a_switch_on_the_way_to_another_branch(branches: Desk) -> None:
    branches.send(SwitchTo(0), Restart(None))
    assert not branches.opened.is_moving
    assert branches.mailbox.status.document.branch == 2
    branches.send(SwitchTo(0), SwitchTo(1))
    branches.arrive()
    assert branches.mailbox.status.document.branch == 1
    assert branches.mailbox.status.step == 6
    branches.send(SwitchTo(0), SwitchTo(1))
    branches.arrive()
    assert branches.mailbox.status.past is None
    branches.send(Seek(Place(0, 12)), Restart(7))
    assert branches.mailbox.status.document.heads[-1] == 0
    assert branches.mailbox.status.past is None


def test_before_the_end_a_command_belongs_to_the_run_that_it_was_given_to(names_spec: RunSpec) -> None:
    edit, other = Submit(1, EDIT), OpenRun(NewRun(names_spec))
    assert coalesced([edit, other, Submit(2, EDIT), Close()]) == [edit, Close()]
    for go in (Restart(None), ReturnToNow(), SwitchTo(1), PlayFromHere(), Seek(Place(0, 3))):
        assert coalesced([Play(None), go, edit, Close()]) == [go, edit, Close()]


def test_only_what_is_there_gets_a_name(branches: Desk) -> None:
    for annotation in (
        NameBranch(2, "none"),
        SetBookmark(Place(0, -1), "none"),
        SetBookmark(Place(0, 99), "none"),
    ):
        branches.send(Annotate(annotation))
        assert branches.mailbox.status.notice.endswith(".")
    assert branches.mailbox.status.document.bookmarks == ()
    branches.send(Annotate(WriteNote("half a \ud800 character")))
    assert branches.mailbox.status.document.note.startswith("half a ")


@pytest.mark.parametrize("name", ["\0", "half a \ud800", "loop", ""])
def test_what_no_file_is_called_is_refused(
    desk: Desk, names_spec: RunSpec, run_path: Path, name: str
) -> None:
    (run_path.parent / "loop").symlink_to(run_path.parent / "loop")
    desk.send(OpenRun(NewRun(names_spec, str(run_path))))
    desk.mailbox.take()
    path = str(run_path.parent / name)
    desk.send(OpenRun(SavedRun(path)))
    assert desk.mailbox.take().refused.endswith(".")
    desk.send(Ask(1, SaveFile(path, go_on_there=False)))
    desk.worker._answer_one(desk.opened)
    (answer,) = desk.mailbox.take().answers
    assert answer.problem.endswith(".") or name == "loop"  # which a copy replaces
    assert desk.mailbox.status.document.path == str(run_path)


def test_what_is_in_the_way_of_a_new_run_is_not_replaced(names_spec: RunSpec, run_path: Path) -> None:
    run_path.write_bytes(b"somebody's own")
    document = RunDocument.begin(Trainer(names_spec), run_path)
    document._saver._retry_s = 0.0
    document.tick()
    assert document.status.saving is Saving.SUSPENDED
    assert "already" in document.status.problem
    assert run_path.read_bytes() == b"somebody's own"
    run_path.unlink()
    document._saver._retry_s = 0.0
    document.tick()
    assert document.status.saving is Saving.SAVED
    document.close()
    assert run_path.stat().st_size > 4096


@pytest.mark.skipif(sys.platform == "win32", reason="there an open file cannot be removed")
def test_what_could_not_be_saved_before_another_run_was_opened_is_told(
    desk: Desk, names_spec: RunSpec, run_path: Path
) -> None:
    desk.send(OpenRun(NewRun(names_spec, str(run_path))))
    run_path.unlink()
    desk.send(Submit(1, EDIT), OpenRun(NewRun(names_spec)))
    status = desk.mailbox.status
    assert "not saved to its end" in status.notice
    assert str(run_path) in status.notice
    assert status.document.saving is Saving.MEMORY
    desk.send(OpenRun(NewRun(names_spec)))
    assert desk.mailbox.status.notice == ""


def test_another_run_does_not_change_how_a_run_computes(names_spec: RunSpec) -> None:
    trainer = Trainer(names_spec)
    trainer.train_step()
    Trainer(replace(names_spec, threads=names_spec.threads + 1))
    trainer.train_step()
    assert torch.get_num_threads() == names_spec.threads
