"""One tap and the lens of a prompt at the keyframes of a branch, in slices."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from weightdeck.model.moment import Moment
from weightdeck.probes.over_steps import StepReading, over_steps, read_at
from weightdeck.run.inside import OverSteps
from weightdeck.run.journal import Journal
from weightdeck.run.queries import ReadOverSteps
from weightdeck.store.document import RunDocument
from weightdeck.store.run_file import KeyframeKey
from weightdeck.training.trainer import Trainer


def reading_steps(
    document: RunDocument, shown: Moment, of: Trainer, branch: int, query: ReadOverSteps
) -> Generator[None, None, OverSteps]:
    """A keyframe a slice, up to `shown`, a moment of `branch`, which comes last. A keyframe that cannot be read, or
    that gives way to newer ones meanwhile, is left out.

    `shown` must keep its weights while training goes on (``Trainer.snapshot``); `of` is the trainer that it is of.
    Raises ``ValueError`` with a sentence for a prompt without tokens, or what the model does not have.
    """
    prompt = of.corpus.prompt(query.prompt)
    newest = read_at(shown, prompt, query.tap, query.position, query.token)
    yield
    keys = _evenly(_one_a_step(document.keyframes_of(branch), shown.step), query.most - 1)
    journal = Journal()
    for entry in document.journal(branch):
        journal.append(entry)
    trainer = Trainer(of.spec, of.corpus)
    readings: list[StepReading] = []
    for key in keys:
        if key not in document.keyframes:
            continue
        try:
            keyframe = document.keyframe(key)
        except ValueError:
            continue
        trainer.restore(keyframe, journal)
        readings.append(read_at(trainer.now, prompt, query.tap, query.position, query.token))
        yield
    return over_steps(query, [*readings, newest])


def _one_a_step(keys: list[KeyframeKey], before: int) -> list[KeyframeKey]:
    """The newest of every step before one, in order."""
    return list({key.step: key for key in keys if key.step < before}.values())


def _evenly(keys: list[KeyframeKey], most: int) -> list[KeyframeKey]:
    if len(keys) <= most:
        return keys
    return [keys[place] for place in np.linspace(0, len(keys) - 1, most).round().astype(int)]
