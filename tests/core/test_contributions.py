"""Direct contributions: they sum to the logit, and each is what the reference says the part wrote."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from tests.core.shaken import MIXES, shaken, taps_of, weights_of
from weightdeck.probes.contributions import contributions
from weightdeck.probes.predictions import next_token_probs
from weightdeck.run.frame import Prompt
from weightdeck.run.inside import Contributions
from weightdeck.run.layout import FINAL_NORM, layout
from weightdeck.run.spec import ModelSpec, RunSpec
from weightdeck.training.trainer import Trainer

SHAPES = (
    ("names", ModelSpec(1, 2, 12, 16, 27)),
    ("names", ModelSpec(3, 3, 48, 16, 27)),
    ("names", ModelSpec(6, 2, 16, 16, 27, tied=True)),
    ("sort", ModelSpec(1, 2, 12, 11, 3, tied=True)),
    ("sort", ModelSpec(3, 3, 48, 11, 3)),
)
PAIRS = 1000


def random_prompt(model: ModelSpec, rng: np.random.Generator) -> Prompt:
    ids = tuple(rng.integers(model.vocab_size, size=rng.integers(1, model.block_size + 1)).tolist())
    return Prompt("", ids, tuple(map(str, ids)), 0, "")


def read(trainer: Trainer, text: str, *asked: int | None) -> Contributions:
    found = contributions(trainer.now, trainer.corpus.prompt(text), *(*asked, None, None, None)[:3])
    assert found is not None
    return found


def values(found: Contributions) -> dict[str, float]:
    return {part.part: part.value for part in found.parts}


def test_they_sum_to_the_logit_on_1000_prompts_and_tokens() -> None:
    rng = np.random.default_rng(5)
    trainers = [
        shaken(preset, model, mix, seed) for seed, ((preset, model), mix) in enumerate(product(SHAPES, MIXES))
    ]
    each = PAIRS // len(trainers)
    assert each * len(trainers) == PAIRS
    worst = 0.0
    for trainer in trainers:
        model = trainer.spec.model
        for _ in range(each):
            prompt = random_prompt(model, rng)
            position = int(rng.integers(len(prompt.ids)))
            token, other = rng.integers(model.vocab_size, size=2).tolist()
            against = other if rng.random() < 0.3 else None
            found = contributions(trainer.now, prompt, position, token, against)
            assert found is not None
            assert (found.position, found.token, found.against) == (position, token, against)
            parts = [part.value for part in found.parts]
            worst = max(worst, abs(sum(parts) - found.logit) / max(np.abs(parts).sum(), 1e-12))
    assert worst < 1e-5


@pytest.mark.parametrize("mix", MIXES)
def test_the_logit_is_the_references(mix: str) -> None:
    trainer = shaken("names", ModelSpec(3, 3, 12, 16, 27), mix)
    found = read(trainer, "chri", 2, 8, 1)
    logits_V = taps_of(trainer, trainer.corpus.prompt("chri").ids)["logits"][2]
    assert found.logit == pytest.approx(logits_V[8] - logits_V[1], abs=1e-4)
    assert ("clamps" in values(found)) == (mix == "clamps")


@pytest.mark.parametrize("tied", [False, True])
def test_every_part_is_what_it_wrote_through_the_last_norm(tied: bool) -> None:
    model = ModelSpec(2, 2, 12, 16, 27, tied=tied)
    trainer = shaken("names", model)
    found = read(trainer, "chri", 3, 8)
    taps, weights = taps_of(trainer, trainer.corpus.prompt("chri").ids), weights_of(trainer)
    out_C = weights[layout(model).head_name][8]
    x_C = taps["blocks.1.resid_post"][3]
    deviation = np.sqrt(x_C.var() + 1e-5)

    def share(written_C: np.ndarray) -> float:
        return float((written_C - written_C.mean()) / deviation * weights[FINAL_NORM] @ out_C)

    expected = {"embed": share(taps["embed"][3]), "pos_embed": share(taps["pos_embed"][3])}
    for block in range(2):
        h, b = f"transformer.h.{block}.attn.c_proj.", f"blocks.{block}."
        for head in range(2):
            columns_CD = weights[h + "weight"][:, head * 6 : (head + 1) * 6]
            expected[f"head {block}.{head}"] = share(columns_CD @ taps[b + "attn.z"][head, 3])
        expected[f"attention bias {block}"] = share(weights[h + "bias"])
        expected[f"mlp {block}"] = share(taps[b + "mlp_out"][3])
    expected["final norm bias"] = float(weights["transformer.ln_f.bias"] @ out_C)
    assert list(values(found)) == list(expected)
    for part, value in values(found).items():
        assert value == pytest.approx(expected[part], rel=1e-4, abs=1e-5), part


def test_a_gain_multiplies_its_part_and_no_part_before_it() -> None:
    """Up to the common scale of the last norm, which the gain changes for all of them alike."""
    model = ModelSpec(1, 2, 12, 16, 27)
    before = values(read(shaken("names", model), "chri", 3, 8))
    after = values(read(shaken("names", model, "gains"), "chri", 3, 8))
    scale = after["embed"] / before["embed"]
    for part in ("pos_embed", "head 0.0", "attention bias 0"):
        assert after[part] == pytest.approx(scale * before[part], rel=1e-4), part
    assert after["head 0.1"] == pytest.approx(scale * 0.5 * before["head 0.1"], rel=1e-4)


def test_a_muted_part_writes_its_mean_wherever_it_is() -> None:
    trainer = shaken("names", ModelSpec(1, 2, 12, 16, 27), "muted to means")
    one, other = values(read(trainer, "chri", 3, 8)), values(read(trainer, "mabel", 2, 8))
    scale = one["attention bias 0"] / other["attention bias 0"]
    for part in ("head 0.0", "mlp 0"):
        assert one[part] == pytest.approx(scale * other[part], rel=1e-4), part
    assert one["head 0.1"] != pytest.approx(scale * other["head 0.1"], rel=1e-2)


def test_by_default_the_likeliest_token_after_the_last(names_spec: RunSpec) -> None:
    trainer = Trainer(names_spec)
    for _ in range(10):
        trainer.train_step()
    found = read(trainer, "chri")
    probs = next_token_probs(trainer.now, trainer.corpus.prompt("chri").ids)
    assert (found.position, found.token, found.against) == (4, int(probs.argmax()), None)
    # What a window still asks about the prompt or the run before.
    for asked in ((9, None, None), (-9, None, None), (2**70, None, None), (None, 27, 99), (None, -1, -1)):
        assert read(trainer, "chri", *asked) == found


def test_a_prompt_without_tokens_has_none(sort_spec: RunSpec) -> None:
    trainer = Trainer(sort_spec)
    assert contributions(trainer.now, trainer.corpus.prompt(""), None, None, None) is None
