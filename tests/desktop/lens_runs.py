"""Lenses, contributions and readings over steps of a small model, as the engine makes them."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from tests.core.inside_runs import names_spec, trained
from weightdeck.probes.contributions import contributions
from weightdeck.probes.lens import lens
from weightdeck.probes.over_steps import over_steps, read_at
from weightdeck.run.inside import Contributions, Lens, OverSteps
from weightdeck.run.queries import ReadOverSteps
from weightdeck.run.spec import ModelSpec
from weightdeck.training.trainer import Trainer

MODEL = ModelSpec(n_layer=2, n_head=2, n_embd=16, block_size=8, vocab_size=27)
TEXT = "chri"
STEP = 12
_TAP = "blocks.0.resid_pre"


class Seen(NamedTuple):
    """What two moments of one run say of a prompt."""

    first: Lens  # at step 0
    lens: Lens  # at STEP
    overs: tuple[OverSteps, ...]  # after the last token, for every token of the vocabulary
    vocabulary: tuple[str, ...]


@lru_cache(maxsize=1)
def trainer() -> Trainer:
    return trained(names_spec(MODEL), STEP)


def lens_of(text: str) -> Lens:
    found = lens(trainer().now, trainer().corpus.prompt(text))
    assert found is not None
    return found


def contributions_of(
    text: str, position: int | None = None, token: int | None = None, against: int | None = None
) -> Contributions:
    found = contributions(trainer().now, trainer().corpus.prompt(text), position, token, against)
    assert found is not None
    return found


@lru_cache(maxsize=1)
def seen() -> Seen:
    fresh = Trainer(names_spec(MODEL))
    prompt = fresh.corpus.prompt(TEXT)
    first = lens(fresh.now, prompt)
    assert first is not None
    last = len(prompt.ids) - 1
    overs = []
    for token in range(MODEL.vocab_size):
        readings = [read_at(each.now, prompt, _TAP, last, token) for each in (fresh, trainer())]
        overs.append(over_steps(ReadOverSteps(TEXT, _TAP, last, token), readings))
    return Seen(first, lens_of(TEXT), tuple(overs), fresh.corpus.tokenizer.vocabulary)
