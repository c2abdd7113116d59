"""Which channel strip a picture of the transformer belongs to. No widgets."""

from __future__ import annotations

from collections.abc import Iterable

from weightdeck.run.spec import ModelSpec
from weightdeck.run.strips import Mix, Strip
from weightdeck_desktop.panels.inspector_words import tap_block, tap_stage
from weightdeck_desktop.panels.transformer_stages import is_by_head
from weightdeck_desktop.widgets.flow_parts import FlowCell

_OF_MLP = ("mlp.pre", "mlp.post", "mlp_out", "mlp.curve")


def part_of(stage: str, cell: FlowCell | None) -> Strip | None:
    """The head of a picture, or the MLP of a stage; None where there is neither."""
    block = tap_block(stage)
    if block is None:
        return None
    if is_by_head(stage):
        return None if cell is None else Strip(block, cell.picture)
    return Strip(block) if tap_stage(stage) in _OF_MLP else None


def muted_pictures(mix: Mix, model: ModelSpec, stages: Iterable[str]) -> dict[str, frozenset[int]]:
    """The pictures of parts that write nothing, by stage."""
    if mix.is_neutral:
        return {}
    struck: dict[str, frozenset[int]] = {}
    for stage in stages:
        block, kind = tap_block(stage), tap_stage(stage)
        if block is None:
            continue
        if kind in ("attn.pattern", "attn.z"):
            heads = (head for head in range(model.n_head) if mix.silences(Strip(block, head)))
            struck[stage] = frozenset(heads)
        elif kind in ("mlp.post", "mlp_out") and mix.silences(Strip(block)):
            struck[stage] = frozenset({0})
    return {stage: pictures for stage, pictures in struck.items() if pictures}
