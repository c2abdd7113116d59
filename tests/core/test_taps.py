"""Taps for the screen, and patches of prompt A in prompt B."""

from __future__ import annotations

import numpy as np
import pytest

from tests.core.inside_runs import names_spec, sort_spec, trained, turn_strips
from weightdeck.probes.passes import WholeBatchPass, prompt_pass
from weightdeck.probes.taps import read_batch_taps, read_taps
from weightdeck.run.inside import Patch
from weightdeck.run.layout import tap_shapes
from weightdeck.run.spec import ModelSpec
from weightdeck.run.subjects import InBatch, InPrompt
from weightdeck.training.trainer import Trainer

MODEL = ModelSpec(2, 2, 12, 16, 27)
EVERY = frozenset(tap_shapes(MODEL, 1))
LAST_STREAM = "blocks.1.resid_post"


@pytest.fixture(scope="module")
def trainer() -> Trainer:
    return trained(names_spec(MODEL), 30)


def patched(trainer: Trainer, a: str, b: str, *patches: Patch) -> tuple[dict[str, np.ndarray], ...]:
    """A, B, and B patched: every tap."""
    prompts = [trainer.corpus.prompt(text) for text in (a, b)]
    taps = read_taps(trainer.now, prompts, EVERY, patches)
    assert taps.problem == ""
    assert [reading.where for reading in taps.readings] == [InPrompt(a), InPrompt(b), InPrompt(b)]
    assert taps.readings[2].patches == patches
    return tuple(dict(reading.values) for reading in taps.readings)


def test_only_what_is_wanted_is_read_as_the_pass_has_it() -> None:
    trainer = trained(names_spec(MODEL), 5)
    turn_strips(trainer)
    wanted = frozenset({"blocks.0.mlp_out", "probs", "blocks.9.mlp_out"})
    prompts = [trainer.corpus.prompt(text) for text in ("chri", "a")]
    taps = read_taps(trainer.now, prompts, wanted)
    assert (taps.step, taps.problem, len(taps.readings)) == (5, "", 2)
    for prompt, reading in zip(prompts, taps.readings, strict=True):
        made = prompt_pass(trainer.now, prompt.text, prompt.ids)
        assert (reading.ids, reading.tokens, reading.gradients) == (prompt.ids, prompt.tokens, {})
        assert set(reading.values) == {"blocks.0.mlp_out", "probs"}
        for name, values in reading.values.items():
            assert np.array_equal(values, made.shown[name])
            assert not values.flags.writeable


def test_a_prompt_without_tokens_has_no_values() -> None:
    trainer = trained(sort_spec(ModelSpec(1, 1, 4, 11, 3)), 0)
    (reading,) = read_taps(trainer.now, [trainer.corpus.prompt("")], EVERY).readings
    assert (reading.ids, reading.values) == ((), {})


def test_what_the_model_does_not_see_of_a_prompt_is_said(trainer: Trainer) -> None:
    prompts = [trainer.corpus.prompt(text) for text in ("Élodie 7!", "abc" * 9)]
    unknown, long = read_taps(trainer.now, prompts, EVERY).readings
    assert unknown.problem.startswith("Left out: É, space, 7, !.")
    assert (unknown.tokens[1:], unknown.cut) == (tuple("lodie"), 0)
    assert (long.problem, long.cut) == ("", prompts[1].cut)
    assert long.cut > 0


def test_the_whole_last_stream_of_a_makes_its_prediction_in_b(trainer: Trainer) -> None:
    a, b, both = patched(trainer, "chri", "anna", Patch(LAST_STREAM))
    for name in ("ln_final.normalized", "logits", "probs"):
        assert np.array_equal(both[name], a[name])
        assert not np.array_equal(both[name], b[name])
    assert np.array_equal(both["blocks.1.resid_mid"], b["blocks.1.resid_mid"])


def test_a_patch_moves_nothing_before_it_and_what_follows_is_computed_from_it(trainer: Trainer) -> None:
    """One token of one head's value: the tokens before keep theirs, and the rest of the head does too."""
    patch = Patch("blocks.0.attn.v", token=2, head=1)
    a, b, both = patched(trainer, "chri", "annabel", patch)
    v = both["blocks.0.attn.v"]
    assert np.array_equal(v[1, 2], a["blocks.0.attn.v"][1, 2])
    v_without = np.delete(v.reshape(2 * len(v[0]), -1), len(v[0]) + 2, axis=0)
    b_without = np.delete(b["blocks.0.attn.v"].reshape(2 * len(v[0]), -1), len(v[0]) + 2, axis=0)
    assert np.array_equal(v_without, b_without)
    z = both["blocks.0.attn.z"]
    np.testing.assert_allclose(z, both["blocks.0.attn.pattern"] @ v, atol=1e-6)
    assert np.array_equal(z[:, :2], b["blocks.0.attn.z"][:, :2])
    assert np.array_equal(z[0], b["blocks.0.attn.z"][0])
    assert not np.array_equal(both["probs"][2:], b["probs"][2:])
    assert np.array_equal(both["probs"][:2], b["probs"][:2])


def test_one_feature_is_one_number(trainer: Trainer) -> None:
    a, b, both = patched(trainer, "chri", "anna", Patch("blocks.1.mlp.post", token=1, feature=7))
    changed = np.argwhere(both["blocks.1.mlp.post"] != b["blocks.1.mlp.post"])
    assert changed.tolist() == [[1, 7]]
    assert both["blocks.1.mlp.post"][1, 7] == a["blocks.1.mlp.post"][1, 7]


def test_a_patch_of_a_prompt_into_itself_changes_no_bit(trainer: Trainer) -> None:
    patches = (Patch("blocks.0.attn.q"), Patch("blocks.1.ln1.normalized", feature=3), Patch("embed", token=0))
    _, b, both = patched(trainer, "anna", "anna", *patches)
    assert all(np.array_equal(both[name], b[name]) for name in EVERY)


def test_a_patch_is_a_prediction_and_touches_nothing(trainer: Trainer) -> None:
    before = trainer.state_sha256()
    _, b, _ = patched(trainer, "chri", "anna", Patch("embed"))
    (again,) = read_taps(trainer.now, [trainer.corpus.prompt("anna")], EVERY).readings
    assert trainer.state_sha256() == before
    assert all(np.array_equal(again.values[name], b[name]) for name in EVERY)


@pytest.mark.parametrize(
    ("texts", "patch", "sentence"),
    [
        (("chri",), Patch("embed"), "there is no second prompt"),
        (("chri", "anne"), Patch("blocks.2.resid_mid"), "'blocks.2.resid_mid' is no activation"),
        (("chri", "anne"), Patch("blocks.0.attn.pattern"), "'blocks.0.attn.pattern' is no activation"),
        (("chri", "anne"), Patch("logits"), "'logits' is no activation"),
        (("chri", "ann"), Patch("embed"), "Prompt A has 5 tokens and prompt B 4: patch a single token"),
        (("chri", "ann"), Patch("embed", token=4), "There is no token 4 in both prompts"),
        (("chri", "anne"), Patch("embed", token=-1), "There is no token -1 in both prompts"),
        (("chri", "anne"), Patch("blocks.0.attn.z", head=2), "There is no head 2: heads count from 0 to 1."),
        (
            ("chri", "anne"),
            Patch("embed", feature=12),
            "embed has 12 features, counted from 0; there is no 12.",
        ),
    ],
)
def test_a_patch_that_does_not_fit_is_a_sentence(
    trainer: Trainer, texts: tuple[str, ...], patch: Patch, sentence: str
) -> None:
    taps = read_taps(trainer.now, [trainer.corpus.prompt(text) for text in texts], EVERY, (patch,))
    assert sentence in taps.problem
    assert len(taps.readings) == len(texts)


def test_a_sequence_of_the_batch_has_its_values_gradients_and_targets() -> None:
    trainer = trained(sort_spec(ModelSpec(2, 2, 12, 11, 3), 0.2), 3)
    batch = trainer.newest_batch
    assert batch is not None
    vocabulary = trainer.corpus.tokenizer.vocabulary
    wanted = frozenset({"blocks.0.attn.q", "logits", "probs"})
    taps = read_batch_taps(batch, trainer.spec.model, 1, wanted, vocabulary)
    whole = WholeBatchPass(batch, trainer.spec.model, with_gradients=True)
    made = whole.row(1)
    (reading,) = taps.readings
    assert (taps.step, taps.problem, reading.where) == (2, "", InBatch(1))
    assert (reading.ids, reading.targets) == (made.ids, whole.targets(1))
    assert reading.tokens == tuple(vocabulary[token] for token in made.ids)
    assert set(reading.values) == wanted
    assert set(reading.gradients) == wanted - {"probs"}
    for name, values in reading.values.items():
        np.testing.assert_array_equal(values, made.shown[name])
    for name, values in reading.gradients.items():
        np.testing.assert_array_equal(values, made.gradients[name])


def test_without_a_batch_or_such_a_row_there_is_a_sentence() -> None:
    trainer = trained(sort_spec(ModelSpec(1, 1, 4, 11, 3)), 0)
    assert "There is no batch yet" in read_batch_taps(None, trainer.spec.model, 0, EVERY, ()).problem
    trainer.forward()
    taps = read_batch_taps(trainer.newest_batch, trainer.spec.model, 8, EVERY, ())
    assert (taps.readings, taps.step) == ((), 0)
    assert "there is no 8" in taps.problem
