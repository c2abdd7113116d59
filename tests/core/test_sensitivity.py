"""Knobs that matter: what is predicted of small turns, against the same turns made in the NumPy reference."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from weightdeck.model import reference
from weightdeck.probes.sensitivity import sensitivity
from weightdeck.run.commands import EditSlice, SetClamp, SetScope, SetStrip
from weightdeck.run.frame import Prompt, Sensitivity
from weightdeck.run.layout import POSITIONS
from weightdeck.run.presets import load_preset
from weightdeck.run.ranking import ranked
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import RunSpec
from weightdeck.run.strips import Neuron, Strip, StripSetting
from weightdeck.training.trainer import Trainer

TRAINED_STEPS = 400
TURN = 0.01  # of a spread
TOP = 100
RANDOM = 200


@dataclass
class Case:
    """One moment of a run, and what was predicted for it."""

    trainer: Trainer
    prompt: Prompt
    found: Sensitivity


@pytest.fixture(
    scope="module",
    params=[(preset, steps) for preset in ("names", "sort") for steps in (0, TRAINED_STEPS)],
    ids=lambda param: f"{param[0]}-step-{param[1]}",
)
def case(request: pytest.FixtureRequest) -> Case:
    preset, steps = request.param
    return case_of(load_preset(preset), steps)


def case_of(spec: RunSpec, steps: int) -> Case:
    trainer = Trainer(spec)
    for _ in range(steps):
        trainer.train_step()
    prompt = trainer.corpus.prompt(spec.prompt)
    found = sensitivity(trainer.now, prompt, None)
    assert found is not None
    return Case(trainer, prompt, found)


class Turner:
    """Turns single parameters in a float64 copy of the weights and asks the reference what came of it."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._model = case.trainer.spec.model
        self._ids = np.array([case.prompt.ids])
        self._weights = {
            name: weight.detach().numpy().astype(np.float64)
            for name, weight in case.trainer.parameters.weights.items()
        }
        self.log_prob = self._log_prob()

    def moved(self, target: ParameterSlice, by: float) -> float:
        """By how many nats the log-probability of the case's token changes when `by` is added."""
        place = target.numpy_index()
        tensor = self._weights[target.tensor]
        kept = tensor[place]
        tensor[place] = kept + by
        moved = self._log_prob() - self.log_prob
        tensor[place] = kept
        return moved

    def _log_prob(self) -> float:
        logits_V = reference.forward(self._model, self._weights, self._ids)["logits"][0, -1]
        most = logits_V.max()
        return float(logits_V[self._case.found.token] - most - math.log(np.exp(logits_V - most).sum()))


def top_errors(case: Case) -> NDArray[np.float64]:
    """The relative error of the prediction for a turn of each of the top knobs."""
    layout, found = case.trainer.parameters.layout, case.found
    turner = Turner(case)
    assert found.log_prob == pytest.approx(turner.log_prob, abs=1e-12)
    top = ranked(found, layout, limit=TOP)
    assert len(top) == TOP
    errors = []
    for target, nats in top:
        actual = turner.moved(target, TURN * found.spreads[layout.index_of(target.tensor)])
        errors.append(abs(TURN * nats - actual) / abs(actual))
    return np.array(errors)


def random_turns(case: Case) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Predicted and actual changes for turns of knobs drawn from all parameters alike."""
    layout, found = case.trainer.parameters.layout, case.found
    turner = Turner(case)
    rng = np.random.default_rng(11)
    ends = np.cumsum([info.size for info in layout.tensors])
    predicted, actual = [], []
    for place in rng.choice(layout.num_parameters, RANDOM, replace=False).tolist():
        number = int(np.searchsorted(ends, place, side="right"))
        info = layout.tensors[number]
        index = np.unravel_index(place - (ends[number] - info.size), info.shape)
        target = ParameterSlice(info.name, tuple(int(i) for i in index))
        predicted.append(TURN * float(found.nats[number][index]))
        actual.append(turner.moved(target, TURN * found.spreads[number]))
    return np.array(predicted), np.array(actual)


def ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Places in rising order; equal values share the mean of theirs."""
    _, group, counts = np.unique(values, return_inverse=True, return_counts=True)
    result: NDArray[np.float64] = (np.cumsum(counts) - (counts - 1) / 2.0)[group]
    return result


def rank_correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Spearman's: the correlation of the ranks."""
    return float(np.corrcoef(ranks(a), ranks(b))[0, 1])


def test_ranks_and_their_correlation() -> None:
    assert ranks(np.array([5.0, 1.0, 5.0, 9.0])).tolist() == [2.5, 1.0, 2.5, 4.0]
    rising = np.arange(10.0)
    assert rank_correlation(rising, np.exp(rising)) == pytest.approx(1.0)
    assert rank_correlation(rising, -(rising**3)) == pytest.approx(-1.0)


def test_the_top_knobs_move_the_log_probability_as_predicted(case: Case) -> None:
    assert top_errors(case).max() < 0.05


def test_random_knobs_are_ranked_as_they_act(case: Case) -> None:
    predicted, actual = random_turns(case)
    assert np.count_nonzero(actual) > RANDOM / 2
    assert rank_correlation(predicted, actual) >= 0.95


@pytest.mark.parametrize("small", ["names_spec", "sort_spec"])
def test_every_parameter_has_the_references_gradient(small: str, request: pytest.FixtureRequest) -> None:
    case = case_of(request.getfixturevalue(small), 20)
    trainer, ids = case.trainer, np.array([case.prompt.ids])
    targets = np.full_like(ids, -1)
    targets[0, -1] = case.found.token
    weights = {name: weight.detach().numpy() for name, weight in trainer.parameters.weights.items()}
    loss, gradients = reference.loss_and_gradients(trainer.spec.model, weights, ids, targets)
    assert case.found.log_prob == pytest.approx(-loss, abs=1e-12)
    for (name, gradient), nats, spread in zip(
        gradients.items(), case.found.nats, case.found.spreads, strict=True
    ):
        np.testing.assert_allclose(nats, -gradient * spread, rtol=1e-6, atol=1e-14, err_msg=name)


def test_a_spread_is_the_standard_deviation_of_a_tensor_and_no_less_than_its_start(case: Case) -> None:
    parameters = case.trainer.parameters
    for info, spread in zip(parameters.layout.tensors, case.found.spreads, strict=True):
        values = parameters.tensor(info.name).numpy().astype(np.float64)
        assert spread == pytest.approx(max(0.02, values.std()), rel=1e-6), info.name


def test_positions_behind_the_prompt_move_nothing(case: Case) -> None:
    layout, tokens = case.trainer.parameters.layout, len(case.prompt.ids)
    nats_TC = case.found.nats[layout.index_of(POSITIONS)]
    assert nats_TC[:tokens].all()
    assert not nats_TC[tokens:].any()


def test_it_speaks_of_the_likeliest_token_or_of_the_one_asked_for(names_spec: RunSpec) -> None:
    trainer = Trainer(names_spec)
    prompt = trainer.corpus.prompt("chri")
    every = [sensitivity(trainer.now, prompt, token) for token in range(27)]
    log_probs = np.array([found.log_prob for found in every if found is not None])
    assert np.exp(log_probs).sum() == pytest.approx(1.0, abs=1e-12)
    likeliest = sensitivity(trainer.now, prompt, None)
    assert likeliest is not None
    assert likeliest.token == log_probs.argmax()
    # Probabilities sum to 1, so a turn that moves them moves them against each other.
    for place in range(len(likeliest.nats)):
        changes = sum(
            math.exp(found.log_prob) * found.nats[place].astype(np.float64)
            for found in every
            if found is not None
        )
        assert np.abs(changes).max() < 1e-7


def test_without_a_token_there_is_nothing_to_say(names_spec: RunSpec, sort_spec: RunSpec) -> None:
    sort = Trainer(sort_spec)
    assert sensitivity(sort.now, sort.corpus.prompt(""), None) is None
    prompt = sort.corpus.prompt("ABC")
    assert sensitivity(sort.now, prompt, 2) is not None
    assert sensitivity(sort.now, prompt, 3) is None, "this model has three tokens"


def test_looking_changes_nothing(names_spec: RunSpec) -> None:
    looked, other = Trainer(names_spec), Trainer(names_spec)
    for _ in range(3):
        looked.train_step()
        other.train_step()
        gradient = looked.parameters.gradient.clone()
        sensitivity(looked.now, looked.corpus.prompt("chri"), None)
        assert looked.parameters.gradient.equal(gradient)
    assert looked.state_sha256() == other.state_sha256()


def test_a_fader_counts_as_if_the_weights_it_stands_for_were_turned(names_spec: RunSpec) -> None:
    faded, scaled = Trainer(names_spec), Trainer(names_spec)
    prompt = faded.corpus.prompt("chri")
    layout = faded.parameters.layout
    output = ParameterSlice("transformer.h.0.attn.c_proj.weight", ((0, 16), (8, 16)))
    faded.apply(SetStrip(Strip(0, 1), StripSetting(gain=0.5)))
    faded.apply(SetScope("prediction"))
    scaled.apply(EditSlice(output, "scale", 0.5))
    ours, theirs = sensitivity(faded.now, prompt, 3), sensitivity(scaled.now, prompt, 3)
    assert ours is not None
    assert theirs is not None
    assert ours.log_prob == pytest.approx(theirs.log_prob, abs=1e-9)
    for info, a, b in zip(layout.tensors, ours.nats, theirs.nats, strict=True):
        if info.name != output.tensor:
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-9, err_msg=info.name)


def test_what_is_muted_or_clamped_moves_nothing(names_spec: RunSpec) -> None:
    trainer = Trainer(names_spec)
    trainer.apply(SetStrip(Strip(0, 1), StripSetting(muted=True)))
    trainer.apply(SetClamp(Neuron("blocks.1.mlp.post", 5), 0.3))
    layout = trainer.parameters.layout
    found = sensitivity(trainer.now, trainer.corpus.prompt("chri"), None)
    assert found is not None
    written_CC = found.nats[layout.index_of("transformer.h.0.attn.c_proj.weight")]
    assert written_CC[:, :8].all()
    assert not written_CC[:, 8:].any()
    neurons_FC = found.nats[layout.index_of("transformer.h.1.mlp.c_fc.weight")]
    assert np.flatnonzero(~neurons_FC.any(1)).tolist() == [5]
