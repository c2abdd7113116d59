"""Where every tensor stands in the small map of the whole model: one row a block, alike below alike."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from weightdeck.run.layout import EMBEDDING, FINAL_NORM, HEAD, POSITIONS, Layout, TensorInfo
from weightdeck.run.words import tensor_title
from weightdeck_desktop.widgets.tile_map import Tile, TileRow

# Columns of a block's tensors in the order of computation; what stands outside the blocks shares the first row.
_IN_BLOCK = (
    "ln_1.weight",
    "ln_1.bias",
    "attn.c_attn.weight",
    "attn.c_attn.bias",
    "attn.c_proj.weight",
    "attn.c_proj.bias",
    "ln_2.weight",
    "ln_2.bias",
    "mlp.c_fc.weight",
    "mlp.c_fc.bias",
    "mlp.c_proj.weight",
    "mlp.c_proj.bias",
)
_OUTSIDE = {EMBEDDING: 2, POSITIONS: 4, FINAL_NORM: 6, "transformer.ln_f.bias": 7, HEAD: 8}


def model_tiles(layout: Layout) -> tuple[tuple[Tile, ...], tuple[TileRow, ...]]:
    """A tile for every tensor in the layout's order, and the rows that they stand in."""

    def tr(text: str) -> str:
        return QCoreApplication.translate("ModelTiles", text)

    outside = [(2, 2, tr("embed")), (4, 4, tr("position")), (6, 7, tr("norm"))]
    if not layout.model.tied:
        outside.append((8, 8, tr("head")))
    inside = (
        (0, 1, tr("norm")),
        (2, 3, tr("q k v")),
        (4, 5, tr("attention")),
        (6, 7, tr("norm")),
        (8, 9, tr("MLP in")),
        (10, 11, tr("MLP out")),
    )
    rows = [TileRow(tr("in · out"), tuple(outside))]
    rows += [
        TileRow(tr("block {block}").format(block=block), inside if block == 0 else ())
        for block in range(layout.model.n_layer)
    ]
    return tuple(_tile(info) for info in layout.tensors), tuple(rows)


def tile_tip(info: TensorInfo) -> str:
    """Plain words, technical name and shape of a tensor."""
    return f"{tensor_title(info.name)}\n{info.name}\n{' × '.join(map(str, info.shape))}"


def _tile(info: TensorInfo) -> Tile:
    if info.block is None:
        row, column = 0, _OUTSIDE[info.name]
    else:
        row, column = 1 + info.block, _IN_BLOCK.index(info.name.split(".", 3)[3])
    return Tile(row, column, tensor_title(info.name), thin=len(info.shape) == 1)
