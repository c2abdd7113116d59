"""What differs between two moments of a document. V vocabulary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from weightdeck.probes.predictions import divergence, frozen, next_token_probs
from weightdeck.run.commands import continues
from weightdeck.run.controls import Controls
from weightdeck.run.document import Place
from weightdeck.run.frame import Floats, Prompt
from weightdeck.run.journal import JournalEntry
from weightdeck.run.layout import Layout
from weightdeck.run.queries import MomentComparison
from weightdeck.run.spec import RunSpec
from weightdeck.run.strips import StripSetting
from weightdeck.run.words import command_title, number, slices_title
from weightdeck.training.trainer import Trainer

Curve = NDArray[np.float64]  # (rows, 2) step and loss, nats


@dataclass(frozen=True, slots=True)
class MomentReading:
    """All that is compared of one moment; owns its memory."""

    place: Place
    weights: Mapping[str, Floats]  # every parameter tensor
    prompts: tuple[Prompt, ...]  # those that have a token
    probs: tuple[Floats, ...]  # (V,) after each prompt
    settings: Mapping[str, str]  # what `setting_words` says
    commands: tuple[tuple[int, str], ...]  # step and words of what was done since step 0


@dataclass(frozen=True, slots=True)
class LossCurves:
    """The whole of one branch."""

    training: Curve
    validation: Curve


def read_moment(trainer: Trainer, place: Place, texts: Sequence[str]) -> MomentReading:
    """The present moment of `trainer`, which stands at `place`; prompts go through its strips."""
    prompts = tuple(prompt for prompt in map(trainer.corpus.prompt, texts) if prompt.ids)
    parameters, vocabulary = trainer.parameters, trainer.corpus.tokenizer.vocabulary
    return MomentReading(
        place=place,
        weights={info.name: frozen(parameters.tensor(info.name)) for info in parameters.layout.tensors},
        prompts=prompts,
        probs=tuple(next_token_probs(trainer.now, prompt.ids) for prompt in prompts),
        settings=setting_words(trainer.spec, trainer.controls, vocabulary, parameters.layout),
        commands=command_words(trainer.journal.since(0), vocabulary, parameters.layout),
    )


def compare_moments(
    a: MomentReading, b: MomentReading, curves: tuple[LossCurves, LossCurves]
) -> MomentComparison:
    """What differs from `a` to `b`, which were asked for the same prompts; `curves` are their branches'."""
    of_a, of_b = curves
    pairs = tuple(zip(a.probs, b.probs, strict=True))
    return MomentComparison(
        a=a.place,
        b=b.place,
        losses=(of_a.training, of_b.training),
        validation=(of_a.validation, of_b.validation),
        probs=pairs,
        prompts=tuple((prompt.text, prompt.tokens) for prompt in a.prompts),
        divergences=tuple(divergence(before, after) for before, after in pairs),
        tensors=tuple(
            (name, _root_mean_square(old), _root_mean_square(b.weights[name].astype(np.float64) - old))
            for name, old in a.weights.items()
        ),
        settings=_differing(a.settings, b.settings),
        journal=(_only_in(a.commands, b.commands), _only_in(b.commands, a.commands)),
    )


def setting_words(
    spec: RunSpec, controls: Controls, vocabulary: Sequence[str], layout: Layout
) -> dict[str, str]:
    """Everything that was set, by name. What is not set (an open strip) is left out."""
    settings, mix = controls.hyperparameters, controls.mix
    values = {field.name: getattr(settings, field.name) for field in fields(settings)}
    words = {"seed": str(spec.seed)}
    words |= {name: value if isinstance(value, str) else number(value) for name, value in values.items()}
    words["strips act in"] = "prediction only" if mix.scope == "prediction" else "training and prediction"
    words["muted strips go to"] = "their mean" if mix.mute_to == "mean" else "zero"
    words |= {f"strip {strip}": _strip_words(setting) for strip, setting in mix.strips}
    words |= {str(neuron): f"at {to if to == 'mean' else number(to)}" for neuron, to in mix.clamps}
    if controls.held:
        words["held"] = slices_title(controls.held, vocabulary, layout)
    return words


def command_words(
    entries: Sequence[JournalEntry], vocabulary: Sequence[str], layout: Layout
) -> tuple[tuple[int, str], ...]:
    """Step and words of every command; of the moves of a drag at one step only the last."""
    kept = [
        entry
        for entry, following in zip_longest(entries, entries[1:])
        if following is None
        or following.step != entry.step
        or not continues(following.command, entry.command)
    ]
    return tuple((entry.step, command_title(entry.command, vocabulary, layout)) for entry in kept)


def _strip_words(setting: StripSetting) -> str:
    states = [word for word, is_on in (("muted", setting.muted), ("solo", setting.solo)) if is_on]
    if setting.gain != 1.0:
        states.append(f"fader {number(setting.gain)}")
    return ", ".join(states)


def _root_mean_square(values: NDArray[np.floating]) -> float:
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))


def _differing(a: Mapping[str, str], b: Mapping[str, str]) -> tuple[tuple[str, str, str], ...]:
    """Name, in `a`, in `b`; "–" where it is not set."""
    names = dict.fromkeys((*a, *b))
    return tuple((name, a.get(name, "–"), b.get(name, "–")) for name in names if a.get(name) != b.get(name))


def _only_in(commands: Sequence[tuple[int, str]], other: Sequence[tuple[int, str]]) -> tuple[str, ...]:
    """In words what the other did not do at the same step, in order."""
    shared = Counter(other)
    only: list[str] = []
    for step, words in commands:
        if shared[step, words]:
            shared[step, words] -= 1
        else:
            only.append(f"step {step:,}: {words}")
    return tuple(only)
