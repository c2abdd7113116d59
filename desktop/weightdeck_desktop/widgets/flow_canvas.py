"""The scene of a flow: what is told is drawn, at a zoom and a place; what is not seen is drawn when it comes to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import QFrame, QGraphicsScene, QGraphicsView, QLabel, QWidget

from weightdeck_desktop.theme import Theme, Type, dark_theme
from weightdeck_desktop.widgets.flow_fit import Fit, fit_of
from weightdeck_desktop.widgets.flow_hits import hit, stop_rect
from weightdeck_desktop.widgets.flow_items import FlowItems
from weightdeck_desktop.widgets.flow_layout import MOST_ZOOM, laid_out
from weightdeck_desktop.widgets.flow_overview import FlowOverview
from weightdeck_desktop.widgets.flow_parts import FlowBand, FlowBar, FlowCell, Stop, StopKind
from weightdeck_desktop.widgets.flow_pictures import StagePictures
from weightdeck_desktop.widgets.flow_plan import FlowPlan

_OVERVIEW = 56  # px at 100 %: width of the overview


class FlowCanvas(QGraphicsView):
    """Bands of pictures. `set_*` and `show_*` emit nothing but `seen_changed`.

    Scene and viewport have the same scale: zooming makes a new plan with larger pictures, so that text keeps its size
    and no picture is ever smaller than `flow_plan.LEAST`.
    """

    seen_changed = Signal()  # another part of it, or another size, whoever did it

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = dark_theme()
        self.plan = FlowPlan(0.0)
        self.zoom = 1.0
        self.fit_zoom = 1.0  # at which all is seen, or as much as can be
        self._bands: tuple[FlowBand, ...] = ()
        self._closed: tuple[FlowBand, ...] = ()  # the same with none open
        self._chips: tuple[str, ...] = ()
        self._pictures: dict[str, StagePictures] = {}
        self._scales: dict[str, str] = {}
        self._bars: dict[str, tuple[FlowBar, ...]] = {}
        self._captions: dict[str, str] = {}  # that say more than those of the stages
        self._stale: set[str] = set()
        self._followed: int | None = None
        self._is_backward = False
        self._dim: frozenset[str] = frozenset()
        self._are_chips_dim = False
        self._struck: Mapping[str, frozenset[int]] = {}
        self._tap: str | None = None
        self._chosen: FlowCell | None = None
        self._wrong: frozenset[FlowCell] = frozenset()
        self._size = (0, 0)
        self.setScene(QGraphicsScene(self))
        self.scene().setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self._items = FlowItems(self.scene(), self.plan, self.theme, ())
        self._overview = FlowOverview(self)
        self._overview.hide()
        self._overview.moved.connect(self.look_at)
        self._message = QLabel(self)
        self._message.setTextFormat(Qt.TextFormat.PlainText)
        self._message.setWordWrap(True)
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._message.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._message.hide()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.setHorizontalScrollBarPolicy(
            Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        )  # the overview shows the place
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontSavePainterState)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate)
        for bar in (self.horizontalScrollBar(), self.verticalScrollBar()):
            bar.valueChanged.connect(self._on_moved)
        self.setMinimumSize(120, 60)
        self.viewport().setAcceptDrops(False)  # a view takes every drop to itself: files belong to the window

    # What it is told

    def set_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.setBackgroundBrush(theme.panel)
        self._overview.set_theme(theme)
        self._message.setFont(theme.font(Type.BODY))
        self._message.setStyleSheet(
            f"background: {theme.panel.name()}; color: {theme.secondary.name()};"
            f" border: 1px solid {theme.line.name()}; border-radius: 4px; padding: {theme.px(6)}px;"
        )
        self.rebuild()

    def set_bands(
        self, bands: Sequence[FlowBand], chips: Sequence[str], closed: Sequence[FlowBand] | None = None
    ) -> None:
        """What there is. A band that was opened or closed stays where it is: sizes are those of the `closed` bands,
        which are `bands` where None.
        """
        before = {band.key: band.is_open for band in self._bands}
        if (tuple(bands), tuple(chips)) == (self._bands, self._chips):
            return
        self._bands, self._chips = tuple(bands), tuple(chips)
        self._closed = self._bands if closed is None else tuple(closed)
        keys = {stage.key for band in bands for stage in band.stages}
        for known in (self._pictures, self._scales, self._bars, self._captions):
            for key in known.keys() - keys:
                del known[key]
        turned = next(
            (band.key for band in bands if before.get(band.key, band.is_open) != band.is_open), None
        )
        top = self._band_top(turned)
        self.rebuild()
        after = self._band_top(turned)
        if top is not None and after is not None:
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() + round(after - top))

    def set_values(
        self, stage: str, values: NDArray[np.float32] | None, limit: float, *, signed: bool, scale: str
    ) -> None:
        """The numbers of a stage, (pictures, rows, columns) or (rows, columns), whose colours end at `limit`; `scale`
        says so beside the caption. None is drawn as no data.
        """
        pictures = self._pictures.setdefault(stage, StagePictures())
        before = pictures.shape
        if pictures.set_values(values, limit, signed=signed):
            self._stale.add(stage)
        if pictures.shape != before:
            self._show_marks()  # its numbers have other places now
        if self._scales.get(stage) != scale:
            self._scales[stage] = scale
            self._show_caption(stage)

    def set_bars(self, stage: str, bars: Sequence[FlowBar], caption: str) -> None:
        """The lines of a stage of bars, and what they are."""
        if self._bars.get(stage) != tuple(bars):
            self._bars[stage] = tuple(bars)
            self._show_bars(stage)
        if self._captions.get(stage) != caption:
            self._captions[stage] = caption
            self._show_caption(stage)

    def refresh(self) -> None:
        """Draw what has changed and is seen."""
        seen = self.seen
        for key in tuple(self._stale):
            placed = self.plan.stages.get(key)
            if placed is None:
                self._stale.discard(key)
            elif any(tile.intersects(seen) for tile in placed.tiles):
                self._stale.discard(key)
                self._items.stages[key].draw(self._pictures[key], self._followed)

    def set_followed(self, chip: int | None) -> None:
        """Soften the rows of all others in every picture; None for nothing."""
        if chip != self._followed:
            self._followed = chip
            self._items.set_chips(chip, dim=self._are_chips_dim)
            self._stale |= self._pictures.keys()
            self.refresh()

    def set_backward(self, backward: bool) -> None:
        """Which way the arrows point."""
        if backward != self._is_backward:
            self._is_backward = backward
            self._items.set_backward(backward)

    def set_dim(self, stages: frozenset[str], *, chips: bool) -> None:
        """Dim what is not involved."""
        if (stages, chips) == (self._dim, self._are_chips_dim):
            return
        for key in stages ^ self._dim:
            if key in self._items.stages:
                self._items.stages[key].set_dim(key in stages)
        self._dim, self._are_chips_dim = stages, chips
        self._items.set_chips(self._followed, dim=chips)

    def set_struck(self, pictures: Mapping[str, frozenset[int]]) -> None:
        """Strike out pictures, by stage."""
        if pictures != self._struck:
            self._struck = pictures
            for key, items in self._items.stages.items():
                items.set_struck(pictures.get(key, frozenset()))

    def set_tap(self, stage: str | None) -> None:
        """Outline a stage."""
        if stage != self._tap:
            self._tap = stage
            self._show_marks()

    def set_chosen(self, cell: FlowCell | None) -> None:
        """Outline a number in the colour of the hand, where it is shown."""
        if cell != self._chosen:
            self._chosen = cell
            self._show_marks()

    def set_wrong(self, cells: frozenset[FlowCell]) -> None:
        """Outline wrong numbers in the colour of errors, where they are shown."""
        if cells != self._wrong:
            self._wrong = cells
            self._show_marks()

    def set_message(self, sentence: str) -> None:
        """Why there is nothing to see; "" when there is."""
        self._message.setText(sentence)
        self._message.setVisible(bool(sentence))
        self._place_message()

    def set_zoom(self, zoom: float) -> None:
        """1 is all of it while no band is open, or as small as can be; from `fit_zoom` up to `MOST_ZOOM`."""
        self.zoom_to(zoom, QPointF(self.viewport().rect().center()))

    def zoom_to(self, zoom: float, at: QPointF) -> None:
        """What lies at a place of the viewport stays there."""
        zoom = min(MOST_ZOOM, max(min(self.zoom, self.fit_zoom), zoom))
        if abs(zoom - self.zoom) < 1e-6:
            return
        anchor, held = self._anchor(at)
        self.zoom = zoom
        self.rebuild()
        self._scroll_to(self._anchored(anchor, held) - at)

    def look_at(self, middle: QPointF) -> None:
        """Put a place of the plan into the middle of what is seen."""
        self._scroll_to(middle - QPointF(self.viewport().width() / 2, self.viewport().height() / 2))

    # What it says when asked

    @property
    def seen(self) -> QRectF:
        """The rectangle of the plan that is seen."""
        x, y = self.horizontalScrollBar().value(), self.verticalScrollBar().value()
        return QRectF(x, y, self.viewport().width(), self.viewport().height())

    @property
    def followed(self) -> int | None:
        return self._followed

    @property
    def can_fit(self) -> Fit:
        """Whether more of it can be seen at once."""
        is_fitted = abs(self.zoom - self.fit_zoom) <= 1e-6
        return fit_of(self.seen, self.plan.width, self.plan.height, is_fitted=is_fitted)

    @property
    def has_overview(self) -> bool:
        return not self._overview.isHidden()

    def tile_rect(self, stage: str, picture: int) -> QRectF | None:
        """Where a picture lies in the plan; None where it has no room."""
        placed = self.plan.stages.get(stage)
        return placed.tiles[picture] if placed is not None and picture < len(placed.tiles) else None

    def cell_rect(self, cell: FlowCell) -> QRectF | None:
        """Where a number lies in the plan, at least a pixel large; None where it is not shown."""
        tile, pictures = self.tile_rect(cell.stage, cell.picture), self._pictures.get(cell.stage)
        if tile is None or pictures is None or pictures.values is None:
            return None
        _, rows, columns = pictures.values.shape
        if not (0 <= cell.row < rows and 0 <= cell.column < columns):
            return None
        wide, high = tile.width() / columns, tile.height() / rows
        return QRectF(
            tile.left() + cell.column * wide, tile.top() + cell.row * high, max(1.0, wide), max(1.0, high)
        )

    def shape_of(self, stage: str) -> tuple[int, int, int] | None:
        """Pictures, rows and columns of the numbers of a stage; None while it has none."""
        pictures = self._pictures.get(stage)
        if pictures is None or pictures.values is None:
            return None
        count, rows, columns = pictures.values.shape
        return min(count, len(self.plan.stages[stage].tiles)), rows, columns

    def cell_at(self, at: QPointF) -> FlowCell | None:
        """The number whose colour is drawn at a place of the plan."""
        found = hit(self.plan, at)
        if found is None or found.picture is None or found.stop.kind is not StopKind.STAGE:
            return None
        key, picture = found.stop.key, found.picture
        pictures = self._pictures.get(key)
        if pictures is None or pictures.values is None or picture >= len(pictures.values):
            return None
        tile = self.plan.stages[key].tiles[picture]
        inner = at - tile.topLeft()
        place = pictures.cell_at(picture, inner.x(), inner.y(), tile.width(), tile.height())
        return FlowCell(key, picture, *place)

    # Building

    def rebuild(self) -> None:
        """Place every item anew: the size, the zoom, the theme or what there is has changed."""
        theme, whole = self.theme, self.contentsRect()
        high = whole.height()
        size, beside = (whole.width(), high), theme.px(_OVERVIEW) + 6
        laid = laid_out(
            self._bands, self._closed, self._chips, theme, size=size, zoom=self.zoom, overview=beside
        )
        plan, aside = laid.plan, laid.aside
        self.plan, self.fit_zoom = plan, laid.fit
        self._overview.setVisible(aside > 0)
        self._overview.setGeometry(QRect(whole.right() - aside + 7, whole.top(), max(1, aside - 6), high))
        self._overview.set_plan(plan)
        self.setViewportMargins(0, 0, aside, 0)
        self._items = FlowItems(self.scene(), plan, theme, self._chips)
        self.scene().setSceneRect(QRectF(0.0, 0.0, plan.width, plan.height))
        self._items.set_backward(self._is_backward)
        self._items.set_chips(self._followed, dim=self._are_chips_dim)
        for key, items in self._items.stages.items():
            items.set_dim(key in self._dim)
            items.set_struck(self._struck.get(key, frozenset()))
            self._show_caption(key)
            self._show_bars(key)
        self._stale = set(self._pictures)
        self._place_message()
        self._show_marks()
        self._on_moved()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        size = self.contentsRect().size()
        if (size.width(), size.height()) != self._size:  # the viewport alone changes when the overview comes
            self._size = (size.width(), size.height())
            self.rebuild()

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(640), self.theme.px(320))

    def _on_moved(self) -> None:
        self._overview.set_seen(self.seen)
        self.refresh()
        self.seen_changed.emit()

    def _show_caption(self, key: str) -> None:
        items = self._items.stages.get(key)
        if items is None:
            return
        stage, shown = items.placed.stage, len(items.placed.tiles)
        words = self._captions.get(key, stage.caption)
        if shown < stage.pictures:
            words = self.tr("{0} · {1} of {2}").format(words, shown, stage.pictures)
        items.set_caption(words, self._scales.get(key, ""))

    def _show_bars(self, key: str) -> None:
        items = self._items.stages.get(key)
        if items is not None and items.bars is not None:
            items.bars.show_bars(self._bars.get(key, ()))

    def _show_marks(self) -> None:
        """Outline what is looked at, what is chosen and what is wrong; the subclass adds what is pointed at."""
        tap = None if self._tap is None else stop_rect(self.plan, Stop(StopKind.STAGE, self._tap))
        self._items.set_mark("tap", tap)
        self._items.set_mark("chosen", None if self._chosen is None else self.cell_rect(self._chosen))
        wrong = (self.cell_rect(cell) for cell in sorted(self._wrong))
        self._items.wrong.mark(tuple(rect for rect in wrong if rect is not None), self.sceneRect())

    def _place_message(self) -> None:
        if self._message.isHidden():
            return
        room = self.contentsRect()
        wide = min(room.width() - 16, self.theme.px(420))
        high = self._message.heightForWidth(wide)
        middle = room.center()
        self._message.setGeometry(middle.x() - wide // 2, middle.y() - high // 2, wide, high)

    # Places

    def _scroll_to(self, corner: QPointF) -> None:
        self.horizontalScrollBar().setValue(round(corner.x()))
        self.verticalScrollBar().setValue(round(corner.y()))

    def _anchor(self, at: QPointF) -> tuple[str | None, QPointF]:
        """The stage at a place of the viewport, and where in its first picture, in shares of it; without a stage
        shares of the plan.
        """
        place = self.mapToScene(QPoint(round(at.x()), round(at.y())))
        found = hit(self.plan, place)
        key = found.stop.key if found is not None and found.stop.kind is StopKind.STAGE else None
        ground = self._ground(key)
        return key, QPointF(
            (place.x() - ground.left()) / max(1.0, ground.width()),
            (place.y() - ground.top()) / max(1.0, ground.height()),
        )

    def _anchored(self, key: str | None, share: QPointF) -> QPointF:
        ground = self._ground(key)
        return QPointF(ground.left() + share.x() * ground.width(), ground.top() + share.y() * ground.height())

    def _ground(self, key: str | None) -> QRectF:
        if key is None:
            return QRectF(0.0, 0.0, self.plan.width, self.plan.height)
        return self.plan.stages[key].tiles[0]

    def _band_top(self, key: str | None) -> float | None:
        return next((band.rect.top() for band in self.plan.bands if band.band.key == key), None)
