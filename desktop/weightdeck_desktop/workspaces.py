"""The workspaces: which panels each shows and how they share the window, as plain data and arithmetic."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QCoreApplication


@dataclass(frozen=True, slots=True)
class Row:
    """Tab groups side by side, of equal width.

    `share` is the row's part of the column's height; where that is less than `least` px at 100 % the row gets
    more, up to `most` of the column, at the cost of the last row. Where the column is less than `column_least` px
    high at 100 %, the row's panels are tabs behind those of the row above; where it is less than `beside_least` px
    wide, groups that would stand side by side are tabs of one.
    """

    share: float
    groups: tuple[tuple[str, ...], ...]  # keys of panels; the first of a group is on top
    least: int = 0
    most: float = 0.55
    column_least: int = 0
    beside_least: int = 0


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
            Column(
                (
                    Row(0.42, (("loss",),), least=200),
                    Row(0.58, (("weights",), ("activations",)), column_least=430, beside_least=470),
                )
            ),
            Column(_desk_over_history("knobs"), width=336, most=0.29, share=0.2),
        ),
    )
    turn = Workspace(
        "turn",
        QCoreApplication.translate("Workspace", "Turn"),
        QCoreApplication.translate("Workspace", "Turn one knob: predictions, its response and your edits"),
        (
            Column((Row(1.0, (("predictions",),)),), width=400, most=0.31, share=0.3),
            Column(
                (
                    Row(0.36, (("in_hand",),), least=330, most=0.66),
                    Row(0.64, (("response",),), column_least=430),
                )
            ),
            Column(_desk_over_history("knobs", "strips", "browse"), width=400, most=0.31, share=0.3),
        ),
    )
    inside = Workspace(
        "inside",
        QCoreApplication.translate("Workspace", "Inside"),
        QCoreApplication.translate(
            "Workspace", "Inside the transformer: every number, and where it comes from"
        ),
        (
            Column(
                (
                    Row(0.69, (("transformer",),), least=400, most=0.75),
                    Row(
                        0.31,
                        (("lens", "contributions", "neurons", "embeddings", "batch", "memory", "cost"),),
                        column_least=640,
                    ),
                )
            ),
            Column(
                (
                    Row(0.52, (("explain", "expression"),)),
                    Row(0.48, (("inspector", "attention"),)),
                ),
                width=400,
                most=0.36,
                share=0.3,
            ),
        ),
    )
    return (watch, turn, inside)


def _desk_over_history(*desk: str) -> tuple[Row, ...]:
    """Panels of the desk as tabs, the history below."""
    row = Row(0.62, (desk,), least=500, most=0.75)
    return (row, Row(0.38, (("edits",),), column_least=680))


def fitted(workspace: Workspace, width: int, height: int, scale: float) -> Workspace:
    """The workspace as it is arranged in a window of this size, px, at text scale `scale`: with tabs where room is
    short.
    """
    widths = column_widths(workspace, width, scale)
    return replace(
        workspace,
        columns=tuple(
            replace(column, rows=_fitted_rows(column.rows, column_width / scale, height / scale))
            for column, column_width in zip(workspace.columns, widths, strict=True)
        ),
    )


def _fitted_rows(rows: tuple[Row, ...], width: float, height: float) -> tuple[Row, ...]:
    """The rows of a column of this size, px at 100 %."""
    fitting: list[Row] = []
    for row in rows:
        tabs = tuple(key for group in row.groups for key in group)
        if height < row.column_least:
            above = fitting.pop()
            groups = (*above.groups[:-1], (*above.groups[-1], *tabs))
            fitting.append(replace(above, groups=groups, share=above.share + row.share))
        elif width < row.beside_least:
            fitting.append(replace(row, groups=(tabs,)))
        else:
            fitting.append(row)
    return tuple(fitting)


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
        round(max(row.share * height, min(row.least * scale, row.most * height))) for row in column.rows[:-1]
    ]
    return (*upper, max(1, height - sum(upper)))
