"""A session of a window has its numbers checked, and its run is the same for it."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

from tests.core.audited import interest_of, without_rest
from tests.core.watcher import DEADLINE_S, Watcher, headless
from weightdeck.probes.predictions import predict
from weightdeck.run.audit import AuditReport
from weightdeck.run.document import NewRun
from weightdeck.run.frame import Interest, Pace, Part, Phase, Prediction
from weightdeck.run.spec import RunSpec
from weightdeck.session import TrainerSession, views
from weightdeck.training.trainer import Trainer


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    without_rest(monkeypatch)


@pytest.fixture
def audited(at_once: None, watcher: Watcher) -> Watcher:
    watcher.session = TrainerSession(audits=True)
    return watcher


def test_a_session_is_checked_without_a_change_to_its_bits(audited: Watcher, names_spec: RunSpec) -> None:
    found: list[AuditReport] = []
    take = audited.session.take

    def noting() -> object:
        delivery = take()
        if delivery.audit is not None:
            found.append(delivery.audit)
        return delivery

    audited.session.take = noting  # type: ignore[method-assign]
    audited.session.start(NewRun(names_spec))
    audited.until(lambda: bool(audited.runs))
    audited.session.watch(interest_of(Trainer(names_spec)))
    audited.until(lambda: bool(found))
    assert found[-1].step == 0
    audited.session.set_pace(Pace(steps_per_s=200.0))
    audited.session.play(until_step=40)
    audited.until(lambda: audited.status.step == 40 and audited.status.phase is Phase.PAUSED)
    audited.until(lambda: found[-1].step == 40)  # what stays on the screen is checked when its turn has come
    report = found[-1]
    assert report.checked > 600
    assert (report.wrong, report.problem) == (0, "")
    assert audited.weights_sha256() == headless(names_spec, 40)


def test_only_a_session_that_is_told_to_checks(at_once: None, watcher: Watcher, names_spec: RunSpec) -> None:
    watcher.session.start(NewRun(names_spec))
    watcher.until(lambda: bool(watcher.runs))
    watcher.session.watch(interest_of(Trainer(names_spec)))
    watcher.until(lambda: bool(watcher.frames))
    assert all(thread.name != "audit" for thread in threading.enumerate())


def test_a_short_session_starts_no_process(watcher: Watcher, names_spec: RunSpec) -> None:
    watcher.session = TrainerSession(audits=True)
    watcher.session.start(NewRun(names_spec))
    watcher.until(lambda: bool(watcher.runs))
    watcher.session.watch(interest_of(Trainer(names_spec)))
    watcher.until(lambda: bool(watcher.frames))
    assert all(thread.name != "audit" for thread in threading.enumerate())


def test_a_session_whose_probe_is_wrong_is_told(
    audited: Watcher, names_spec: RunSpec, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The fault is where the numbers are made: one probability of every prediction is off by a thousandth."""

    def wrong_predict(*arguments: object) -> Prediction | None:
        prediction = predict(*arguments)  # type: ignore[arg-type]
        assert prediction is not None
        probs = prediction.probs.copy()
        probs[5] += 1e-3 * probs.max()
        return replace(prediction, probs=probs)

    monkeypatch.setattr(views, "predict", wrong_predict)
    audited.session.start(NewRun(names_spec))
    audited.until(lambda: bool(audited.runs))
    audited.session.watch(Interest(parts=frozenset({Part.PREDICTIONS}), prompts=("chri",)))
    report: AuditReport | None = None
    deadline_s = time.monotonic() + DEADLINE_S
    while report is None and time.monotonic() < deadline_s:
        report = audited.take().audit
        time.sleep(0.001)
    assert report is not None
    assert (report.checked, report.wrong) == (names_spec.model.vocab_size, 1)
    (mismatch,) = report.mismatches
    assert (mismatch.step, mismatch.prompt, mismatch.tap, mismatch.index) == (0, "chri", "probs", (4, 5))
    assert str(mismatch) in caplog.text
