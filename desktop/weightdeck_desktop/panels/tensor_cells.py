"""Where each tensor's thumbnail stands: a row for every block, one for what comes before and after the blocks."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from weightdeck.run.layout import EMBEDDING, POSITIONS, Layout
from weightdeck.run.words import tensor_title
from weightdeck_desktop.widgets.thumbnails import Thumbnail


def tensor_cells(layout: Layout) -> tuple[list[Thumbnail], list[str]]:
    """A thumbnail for every tensor, in the layout's order, and the names of the rows."""
    blocks = layout.model.n_layer
    in_row = [sum(info.block == block for info in layout.tensors) for block in range(blocks)]
    outside = [info.name for info in layout.tensors if info.block is None]
    columns = max(*in_row, len(outside))
    cells = []
    used = [0] * blocks
    for info in layout.tensors:
        title = tensor_title(info.name)
        if info.block is not None:
            cells.append(Thumbnail(1 + info.block, used[info.block], title))
            used[info.block] += 1
        elif info.name in (EMBEDDING, POSITIONS):
            cells.append(Thumbnail(0, outside.index(info.name), title))
        else:
            cells.append(Thumbnail(0, columns - len(outside) + outside.index(info.name), title))
    of_block = QCoreApplication.translate("WeightsPanel", "block {block}")
    names = [of_block.format(block=block) for block in range(blocks)]
    return cells, [QCoreApplication.translate("WeightsPanel", "in · out"), *names]
