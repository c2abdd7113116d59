"""Displayed numbers are checked in a process of its own, which nobody waits for and which leaves nothing behind."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.core.audited import frame_of, is_alive, without_rest
from tests.core.inside_runs import names_spec, trained
from tests.core.watcher import DEADLINE_S
from weightdeck.run.audit import AuditReport
from weightdeck.run.commands import EditSlice
from weightdeck.run.frame import Frame, Prediction
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import ModelSpec
from weightdeck.session import auditor
from weightdeck.session.audit_process import AuditProcess
from weightdeck.session.auditor import Auditor
from weightdeck.training.trainer import Trainer

SMALL = ModelSpec(2, 2, 16, 16, 27)


class Reports:
    """Hears an auditor."""

    def __init__(self) -> None:
        self.all: list[AuditReport] = []
        self._came = threading.Condition()

    def tell(self, report: AuditReport) -> None:
        with self._came:
            self.all.append(report)
            self._came.notify_all()

    def until(self, holds: Callable[[AuditReport], bool]) -> AuditReport:
        with self._came:
            assert self._came.wait_for(lambda: bool(self.all) and holds(self.all[-1]), DEADLINE_S)
            return self.all[-1]


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    without_rest(monkeypatch)


@pytest.fixture
def reports() -> Reports:
    return Reports()


@pytest.fixture
def checks(at_once: None, reports: Reports) -> Iterator[Auditor]:
    checks = Auditor(reports.tell)
    yield checks
    checks.close()


@pytest.fixture(scope="module")
def trainer() -> Trainer:
    return trained(names_spec(SMALL))


@pytest.fixture(scope="module")
def frame(trainer: Trainer) -> Frame:
    return frame_of(trainer)


def with_a_wrong_number(frame: Frame) -> Frame:
    """The first probability of the first prediction is off by a thousandth."""
    assert frame.predictions is not None
    first, *others = frame.predictions
    probs = first.probs.copy()
    probs[0] += 1e-3 * probs.max()
    return replace(frame, predictions=(Prediction(first.prompt, probs), *others), activations=None, taps=None)


def process_of(checks: Auditor) -> AuditProcess:
    assert checks._process is not None
    return checks._process


def test_what_agrees_is_counted(checks: Auditor, reports: Reports, trainer: Trainer, frame: Frame) -> None:
    checks.shown(frame, trainer)
    report = reports.until(lambda report: report.checked > 0)
    assert (report.step, report.wrong, report.mismatches, report.problem) == (trainer.step, 0, (), "")
    checks.shown(frame, trainer)
    again = reports.until(lambda newer: newer.checked > report.checked)
    assert 0.0 < report.worst <= again.worst < 1e-5


def test_a_wrong_number_is_told_and_logged(
    checks: Auditor, reports: Reports, trainer: Trainer, frame: Frame, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        checks.shown(with_a_wrong_number(frame), trainer)
        report = reports.until(lambda report: report.checked > 0)
    assert report.wrong == 1
    (mismatch,) = report.mismatches
    assert (mismatch.tap, mismatch.index, mismatch.prompt, mismatch.step) == ("probs", (4, 0), "chri", 40)
    assert str(mismatch) in caplog.text
    checks.shown(frame, trainer)
    later = reports.until(lambda newer: newer.checked > report.checked)
    assert (later.wrong, later.mismatches) == (1, report.mismatches), "it is not forgotten"


def test_the_numbers_belong_to_the_moment_that_was_handed_over(
    checks: Auditor, reports: Reports, frame: Frame
) -> None:
    """Training goes on while the check waits: it has the weights of the frame."""
    trainer = trained(names_spec(SMALL))
    checks.shown(frame, trainer)
    for _ in range(20):
        trainer.train_step()
    assert reports.until(lambda report: report.checked > 0).wrong == 0


def test_nothing_is_checked_against_another_moment(
    reports: Reports, frame: Frame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits for its turn is dropped when the model goes on, by a step or a command."""
    monkeypatch.setattr(auditor, "FIRST_S", 3600.0)
    checks = Auditor(reports.tell)
    trainer = trained(names_spec(SMALL))
    goes_on: tuple[Callable[[], object], ...] = (
        trainer.train_step,
        lambda: trainer.apply(EditSlice(ParameterSlice("lm_head.weight", (5,)), "scale", 2.0)),
    )
    for go_on in goes_on:
        checks.shown(frame, trainer)
        waits_s = checks.due_in_s(time.monotonic())
        assert waits_s is not None
        assert waits_s > 3000.0
        go_on()
        checks.tick(trainer)
        assert checks.due_in_s(time.monotonic()) is None
    checks.shown(frame, trainer)
    checks.tick(trained(names_spec(SMALL), 1))
    assert checks.due_in_s(time.monotonic()) is None
    assert checks._thread is None, "and no process was started for that"
    checks.close()


def test_nothing_is_checked_against_the_same_step_of_another_branch(
    reports: Reports, frame: Frame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trainer of the past goes from one to the other, with as many steps and commands behind it."""
    monkeypatch.setattr(auditor, "FIRST_S", 3600.0)
    checks = Auditor(reports.tell)
    shown, other = trained(names_spec(SMALL)), Trainer(names_spec(SMALL))
    edits = [EditSlice(ParameterSlice("lm_head.weight", (5,)), "scale", by) for by in (2.0, 3.0)]
    shown.apply(edits[0])
    other.apply(edits[1])
    for _ in range(shown.step):
        other.train_step()
    checks.shown(frame, shown)
    assert checks.due_in_s(time.monotonic()) is not None
    shown.restore(other.keyframe(), other.journal)
    checks.tick(shown)
    assert checks.due_in_s(time.monotonic()) is None
    checks.close()


def test_frames_do_not_pile_up(
    reports: Reports, trainer: Trainer, frame: Frame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It rests after a check, and then has the newest frame checked, not all that came meanwhile."""
    monkeypatch.setattr(auditor, "FIRST_S", 0.0)
    monkeypatch.setattr(auditor, "INTERVAL_S", 1000.0)
    checks = Auditor(reports.tell)
    for _ in range(50):
        checks.shown(frame, trainer)
    first = reports.until(lambda report: report.checked > 0)
    waits_s = checks.due_in_s(time.monotonic())
    assert waits_s is not None
    assert waits_s > 900.0
    monkeypatch.setattr(checks, "_due_s", 0.0)
    checks.tick(trainer)
    assert checks.due_in_s(time.monotonic()) is None
    reports.until(lambda report: report.checked > first.checked)
    checks.tick(trainer)
    checks.close()
    assert len(reports.all) == 2


def test_a_large_model_is_not_checked_and_says_so(
    checks: Auditor, reports: Reports, trainer: Trainer, frame: Frame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditor, "MOST_PARAMETERS", 100)
    checks.shown(frame, trainer)
    checks.shown(frame, trainer)
    assert len(reports.all) == 1
    assert "too large to be checked" in reports.all[-1].problem
    assert checks._thread is None
    monkeypatch.undo()
    without_rest(monkeypatch)
    checks.shown(frame, trainer)
    assert reports.until(lambda report: report.checked > 0).problem == ""


def test_a_process_that_dies_is_a_problem_and_nothing_more(
    checks: Auditor, reports: Reports, trainer: Trainer, frame: Frame
) -> None:
    checks.shown(frame, trainer)
    checked = reports.until(lambda report: report.checked > 0).checked
    number = process_of(checks).number
    os.kill(number, signal.SIGTERM)
    checks.shown(frame, trainer)
    report = reports.until(lambda report: bool(report.problem))
    assert report.problem == auditor.ENDED
    assert report.checked == checked
    checks.shown(frame, trainer)  # to nobody
    assert checks._thread is not None
    checks._thread.join(DEADLINE_S)
    assert not is_alive(number)
    assert reports.all[-1] == report


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no way to halt a process")
def test_a_process_that_hangs_is_ended(
    checks: Auditor, reports: Reports, trainer: Trainer, frame: Frame, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks.shown(frame, trainer)
    reports.until(lambda report: report.checked > 0)
    os.kill(process_of(checks).number, signal.SIGSTOP)
    checks.shown(frame, trainer)
    checks.shown(frame, trainer)  # does not wait, or it would be here for good
    monkeypatch.setattr(auditor, "HUNG_S", -1.0)
    checks.shown(frame, trainer)
    assert reports.until(lambda report: bool(report.problem)).problem == auditor.HUNG


def test_one_that_cannot_be_started_is_a_problem(
    checks: Auditor, reports: Reports, trainer: Trainer, frame: Frame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    checks.shown(frame, trainer)
    assert "could not be started" in reports.until(lambda report: bool(report.problem)).problem


@pytest.mark.parametrize("when", ["unused", "starting", "checking", "halted", "idle"])
def test_closing_leaves_nothing_whatever_goes_on(
    when: str, at_once: None, reports: Reports, trainer: Trainer, frame: Frame
) -> None:
    checks = Auditor(reports.tell)
    number = None
    if when != "unused":
        checks.shown(frame, trainer)
    if when in ("idle", "checking", "halted"):
        reports.until(lambda report: report.checked > 0)
        number = process_of(checks).number
    if when == "halted" and hasattr(signal, "SIGSTOP"):
        os.kill(process_of(checks).number, signal.SIGSTOP)
    if when in ("checking", "halted"):
        checks.shown(frame, trainer)
    checks.close()
    assert number is None or not is_alive(number)
    assert not any(report.problem for report in reports.all)
    checks.close()
