"""What the tests of the check of displayed numbers share: frames that show everything of a prompt, and their tasks."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest

from weightdeck.run.frame import Frame, Interest, Part
from weightdeck.run.layout import tap_shapes
from weightdeck.session import auditor
from weightdeck.session.audit_task import AuditTask, sample
from weightdeck.session.frames import FrameBuilder
from weightdeck.training.trainer import Trainer

PROMPTS = ("chri", "anna")
CHECKED_PARTS = frozenset({Part.PREDICTIONS, Part.ACTIVATIONS, Part.TAPS})


def interest_of(trainer: Trainer, prompts: tuple[str, ...] = PROMPTS) -> Interest:
    """All that can be checked: the predictions, the activations and every tap of the prompts."""
    taps = frozenset(tap_shapes(trainer.spec.model, 1))
    return Interest(parts=CHECKED_PARTS, prompts=prompts, taps=taps)


def frame_of(trainer: Trainer, prompts: tuple[str, ...] = PROMPTS) -> Frame:
    frames = FrameBuilder(trainer)
    frames.watch(interest_of(trainer, prompts))
    return frames.build(hurried=False)


def task_of(trainer: Trainer, frame: Frame, seed: int = 0) -> AuditTask:
    controls = trainer.controls
    return AuditTask(
        trainer.step,
        trainer.spec.model,
        trainer.parameters.flat.numpy().copy(),
        controls.mix,
        controls.means,
        sample(frame, np.random.default_rng(seed)),
    )


def shifted(task: AuditTask, number: int, by: float) -> AuditTask:
    """The task with the first number of its `number`th tap off by `by`."""
    wrong = task.shown[number]
    values = wrong.values_K.copy()
    values[0] += by
    shown = list(task.shown)
    shown[number] = replace(wrong, values_K=values)
    return replace(task, shown=tuple(shown))


def is_alive(number: int) -> bool:
    """Whether there is such a process, a zombie included."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


def without_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checks begin at once and follow one another."""
    for name in ("FIRST_S", "INTERVAL_S", "REST"):
        monkeypatch.setattr(auditor, name, 0.0)
