"""Parameters, commands and losses in plain words."""

from __future__ import annotations

import math

import pytest

from weightdeck.run.commands import Command, EditSlice, Redo, SetHyperparameter, Undo
from weightdeck.run.layout import layout
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import HYPERPARAMETERS, ModelSpec
from weightdeck.run.words import command_title, number, perplexity_words, slice_title, tensor_title

VOCABULARY = ("·", *"abcdefghijklmnopqrstuvwxyz")


def test_every_tensor_has_words_of_its_own() -> None:
    names = [info.name for info in layout(ModelSpec(2, 1, 8, 8, 27)).tensors]
    titles = [tensor_title(name) for name in names]
    assert len(set(titles)) == len(names)
    assert not any("." in title or "_" in title for title in titles), "no internal name shows"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("lm_head.weight[19, 31]", "head [s, 31]"),
        ("transformer.wte.weight[9]", "embed row i"),
        ("transformer.wpe.weight[3]", "position row 3"),
        ("transformer.h.0.attn.c_proj.weight", "block 0 attention"),
        ("transformer.h.1.attn.c_attn.weight[0:16]", "block 1 query key value row 0…15"),
        ("transformer.h.2.mlp.c_fc.weight[0:4, 7]", "block 2 MLP in [0…3, 7]"),
        ("transformer.ln_f.weight", "final norm"),
    ],
)
def test_slices(text: str, title: str) -> None:
    assert slice_title(ParameterSlice.parse(text), VOCABULARY) == title


@pytest.mark.parametrize(
    ("command", "title"),
    [
        (EditSlice(ParameterSlice("transformer.ln_f.weight"), "scale", 0.4), "scale final norm by ×0.40"),
        (EditSlice(ParameterSlice("lm_head.weight", (1, 2)), "set", -0.5), "set head [a, 2] to -0.500"),
        (EditSlice(ParameterSlice("lm_head.weight", (1,)), "add", 0.25), "add +0.250 to head row a"),
        (SetHyperparameter("learning_rate", 3e-3), "set rate to 3e-3"),
        (Undo(), "undo"),
        (Redo(), "redo"),
    ],
)
def test_commands(command: Command, title: str) -> None:
    assert command_title(command, VOCABULARY) == title


def test_every_setting_can_be_said() -> None:
    for name, known in HYPERPARAMETERS.items():
        assert command_title(SetHyperparameter(name, 0.5), VOCABULARY) == f"set {known.label} to 0.5"


@pytest.mark.parametrize(
    ("value", "text"),
    [(32, "32"), (0.0, "0"), (0.1, "0.1"), (3e-3, "3e-3"), (1.25e-5, "1.25e-5"), (2.5, "2.5")],
)
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("loss", "text"),
    [
        (0.0, "1.0 letters"),
        (math.log(7.04), "7.0 letters"),
        (math.log(27), "27 letters"),
        (1000.0, "over a million letters"),
    ],
)
def test_losses(loss: float, text: str) -> None:
    assert perplexity_words(loss) == text
