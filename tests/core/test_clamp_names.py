"""An activation has one name: another spelling of it names nothing that the forward pass knows."""

from __future__ import annotations

import pytest

from weightdeck.run.commands import SetClamp, check_command
from weightdeck.run.layout import layout
from weightdeck.run.spec import ModelSpec
from weightdeck.run.strips import Neuron


@pytest.mark.parametrize("tap", ["blocks.00.mlp.post", "blocks.01.mlp.post", "blocks.٠.mlp.post"])
@pytest.mark.parametrize("to", [0.0, "mean"])
def test_another_spelling_of_a_tap_is_refused(tap: str, to: float | str) -> None:
    known = layout(ModelSpec(2, 2, 16, 16, 27))
    with pytest.raises(ValueError, match="no activation"):
        check_command(SetClamp(Neuron(tap, 1), to), known)  # type: ignore[arg-type]
