"""The cost panel: what this run's model takes, part by part, and what a larger one would."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QWidget

from weightdeck.run.costs import Shape
from weightdeck.run.spec import RunSpec
from weightdeck_desktop.panels.cost_context import CostContext
from weightdeck_desktop.panels.cost_figures import Scene, comparison_rows, part_rows, table_rows
from weightdeck_desktop.panels.cost_formulas import CostFormulas, formulas
from weightdeck_desktop.panels.cost_tables import CostTables
from weightdeck_desktop.panels.cost_what_if import WhatIf
from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.theme import Theme, dark_theme
from weightdeck_desktop.widgets.switch import Switch

_LINE_FROM = 850  # px at 100 %: wide enough for all controls in one line
_BESIDE_FROM = 640  # px at 100 %: wide enough for two tables side by side
_STEADY = 0.05  # a speed that differs by less is shown as before: estimates need not flicker
_PAGES = ("sizes", "context", "formulas")


class CostPanel(Panel):
    """Told with `show_run` and `show_speed`. Changes nothing: the other model is only counted."""

    key = "cost"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("Cost")
        self._spec: RunSpec | None = None
        self._speed: float | None = None
        self._switch = Switch(
            [
                (self.tr("sizes"), self.tr("This run by part, and beside it a model of another size")),
                (self.tr("context"), self.tr("What a longer context costs, for each token")),
                (self.tr("formulas"), self.tr("How everything is counted, with the real numbers")),
            ]
        )
        self._switch.set_names("cost_page")
        self._switch.setAccessibleName(self.tr("Page"))
        self._switch.chosen.connect(self._on_page_chosen)
        self._what_if = WhatIf()
        self._what_if.changed.connect(self._refresh)
        self._sizes = CostTables()
        self._context = CostContext()
        self._formulas = CostFormulas()
        self._head = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._head.addWidget(self._switch, 0, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft)
        self._head.addWidget(self._what_if, 1)
        self.body.addLayout(self._head)
        for page in (self._sizes, self._context, self._formulas):
            self.body.addWidget(page, 1)
        self._show_page()

    # Told

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        for part in (self._switch, self._what_if, self._sizes, self._context, self._formulas):
            part.set_theme(theme)
        self._arrange()

    def show_run(self, spec: RunSpec) -> None:
        """The run whose costs are counted. Another run's speed is not known yet."""
        if spec == self._spec:
            return
        self._spec, self._speed = spec, None
        shape = Shape.of(spec.model)
        self._what_if.show_run(shape)
        self._sizes.parts.show_rows(part_rows(shape, spec.hyperparameters.batch_size))
        self._refresh()

    def show_speed(self, steps_per_s: float | None) -> None:
        """The measured speed of training; None while nothing trains, when the last measured one stays."""
        if steps_per_s is None or not math.isfinite(steps_per_s) or steps_per_s <= 0.0:
            return
        known = self._speed
        if self._spec is None or (known is not None and abs(steps_per_s / known - 1.0) < _STEADY):
            return
        self._speed = steps_per_s
        if self.isVisible():
            self._refresh()

    def clear(self) -> None:
        self._spec, self._speed = None, None
        self._what_if.show_run(None)
        self._sizes.parts.show_rows(())
        self._refresh()

    def table(self) -> list[list[str]] | None:
        return table_rows(self._scene(), self._what_if.name)

    def state(self) -> dict[str, object]:
        """The page and the other model, to survive a restart."""
        return {"page": _PAGES[self._switch.choice], "what_if": self._what_if.state()}

    def restore(self, state: dict[str, object]) -> None:
        """Take what `state` gave, perhaps of another version."""
        page, what_if = state.get("page"), state.get("what_if")
        if page in _PAGES:
            self._switch.set_choice(_PAGES.index(str(page)))
        if isinstance(what_if, dict):
            self._what_if.restore(what_if)
        self._show_page()

    # Drawing

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        theme, way = self._theme or dark_theme(), QBoxLayout.Direction
        is_wide = self.width() >= theme.px(_BESIDE_FROM)
        self._sizes.set_beside(is_wide, theme.px(20 if is_wide else 8))
        is_line = self.width() >= theme.px(_LINE_FROM)
        self._head.setDirection(way.LeftToRight if is_line else way.TopToBottom)
        self._head.setSpacing(theme.px(20 if is_line else 8))

    def _scene(self) -> Scene:
        spec = self._spec
        settings = spec.hyperparameters if spec is not None else None
        return Scene(
            None if spec is None else Shape.of(spec.model),
            self._what_if.shape,
            1 if settings is None else settings.batch_size,
            1 if settings is None else settings.max_iters,
            self._speed,
        )

    def _refresh(self) -> None:
        """Show everything anew on the page that is seen; the others when they are."""
        scene, name = self._scene(), self._what_if.name
        self._sizes.show_run(scene.run is not None)
        self.set_aside(self._aside_words())
        match _PAGES[self._switch.choice]:
            case "sizes":
                self._sizes.comparison.show_rows(comparison_rows(scene, name))
            case "context":
                self._context.show_shape(scene.other, name)
            case _:
                self._formulas.show_formulas(formulas(scene, self.tr("this run"), name))

    def _aside_words(self) -> str:
        if self._spec is None:
            return ""
        return self.tr("{0} parameters").format(f"{self._spec.model.num_parameters:,}")

    def _show_page(self) -> None:
        place = self._switch.choice
        for page, widget in enumerate((self._sizes, self._context, self._formulas)):
            widget.setVisible(page == place)
        self._refresh()

    def _on_page_chosen(self) -> None:
        self._show_page()
