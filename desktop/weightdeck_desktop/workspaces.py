"""The workspaces: which panels each shows and how they share the window, as plain data and arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

_MOST_OF_COLUMN = 0.55


@dataclass(frozen=True, slots=True)
class Row:
    """Tab groups side by side, of equal width.

    `share` is the row's part of the column's height; where that is less than `least` px at 100 % the row gets
    more, up to `_MOST_OF_COLUMN`, at the cost of the last row.
    """

    share: float
    groups: tuple[tuple[str, ...], ...]  # keys of panels; the first of a group is on top
    least: int = 0


@dataclass(frozen=True, slots=True)
class Column:
    """`width` in px at 100 % and never more than `most` of the window; 0 takes what the others leave."""

    rows: tuple[Row, ...]
    width: int = 0
    most: float = 1.0
    share: float = 0.0  # at least this part of the window


@dataclass(frozen=True, slots=True)
class Workspace:
    key: str
    title: str
    tip: str
    columns: tuple[Column, ...]

    @property
    def panels(self) -> tuple[str, ...]:
        """Keys of the panels that it shows by default."""
        return tuple(
            key for column in self.columns for row in column.rows for group in row.groups for key in group
        )


def all_workspaces() -> tuple[Workspace, ...]:
    """The workspaces in the order of their shortcuts. Sizes follow the pictures in design.md section 5."""
    watch = Workspace(
        "watch",
        QCoreApplication.translate("Workspace", "Watch"),
        QCoreApplication.translate(
            "Workspace", "Watch it learn: loss, weights, activations, predictions, knobs"
        ),
        (
            Column((Row(1.0, (("predictions",),)),), width=316, most=0.27, share=0.2),
            Column((Row(0.42, (("loss",),), least=200), Row(0.58, (("weights",), ("activations",))))),
            Column((Row(1.0, (("knobs",),)),), width=336, most=0.29, share=0.2),
        ),
    )
    turn = Workspace(
        "turn",
        QCoreApplication.translate("Workspace", "Turn"),
        QCoreApplication.translate("Workspace", "Turn one knob: predictions, its response and your edits"),
        (
            Column((Row(1.0, (("predictions",),)),), width=400, most=0.31, share=0.3),
            Column((Row(0.45, (("in_hand",),), least=250), Row(0.55, (("response",),)))),
            Column((Row(1.0, (("knobs", "edits"),)),), width=400, most=0.31, share=0.3),
        ),
    )
    return (watch, turn)


def column_widths(workspace: Workspace, width: int, scale: float) -> tuple[int, ...]:
    """Widths in px of a workspace's columns in a window `width` px wide at text scale `scale`."""
    wanted = [
        round(min(max(column.width * scale, column.share * width), column.most * width))
        if column.width
        else 0
        for column in workspace.columns
    ]
    left = max(1, width - sum(wanted))
    return tuple(each or left for each in wanted)


def row_heights(column: Column, height: int, scale: float) -> tuple[int, ...]:
    """Heights in px of a column's rows in a window `height` px high at text scale `scale`."""
    upper = [
        round(max(row.share * height, min(row.least * scale, _MOST_OF_COLUMN * height)))
        for row in column.rows[:-1]
    ]
    return (*upper, max(1, height - sum(upper)))
