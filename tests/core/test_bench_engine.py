"""The bench compares like with like; how fast either is, tests/bench says."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from weightdeck.bench.engine import compare
from weightdeck.bench.plain_torch import PlainTransformer
from weightdeck.model.parameters import Parameters
from weightdeck.model.transformer import Rows, forward
from weightdeck.run.spec import ModelSpec


@pytest.mark.parametrize(
    "model",
    [
        ModelSpec(2, 2, 12, 7, 5),
        ModelSpec(1, 3, 12, 7, 5, tied=True),
        ModelSpec(2, 1, 8, 7, 4, activation="gelu_tanh"),
    ],
    ids=["plain", "tied", "tanh"],
)
def test_the_plain_model_is_the_same_function(model: ModelSpec) -> None:
    parameters = Parameters(model)
    parameters.initialise(3)
    plain = PlainTransformer(model, dropout=0.0)
    weights = dict(parameters.weights)
    if model.tied:
        weights["lm_head.weight"] = weights["transformer.wte.weight"]
    plain.load_state_dict(weights)
    ids = torch.randint(model.vocab_size, (3, 7), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        ours = forward(model, parameters.weights, Rows.of_prompts(ids)).view(3, 7, -1)
        np.testing.assert_allclose(ours, plain(ids), rtol=1e-4, atol=1e-6)


def test_a_result_has_a_ratio_its_spread_and_both_speeds() -> None:
    comparison = compare("sort", alternations=3, steps=2, warm_up_steps=1)
    assert len(comparison.engine) == len(comparison.plain) == 3
    result = comparison.as_result()
    assert result.keys() == {
        "bench", "preset", "ratio", "spread", "threads", "steps_per_s", "plain_steps_per_s", "ratios"
    }  # fmt: skip
    ratios = sorted(comparison.ratios)
    assert result["ratio"] == pytest.approx(ratios[1], abs=1e-3)
    assert result["spread"] == pytest.approx(ratios[2] - ratios[0], abs=2e-3)
