"""Which stage, which head: three lists."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal
from PySide6.QtWidgets import QComboBox

from weightdeck.run.spec import ModelSpec
from weightdeck_desktop.panels.inspector_words import stage_words, tap_block, tap_groups, tap_stage
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.choice_box import ChoiceBox

FIRST = "blocks.0.resid_post"  # what is shown before anybody has chosen


class StageChooser(QObject):
    """Owns the lists of groups (a block is one), of their stages and of heads. Another block keeps the stage.

    `set_*` and `restore` never emit; in the GUI thread.
    """

    chosen = Signal()  # another tap
    head_chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._groups: tuple[tuple[str, tuple[str, ...]], ...] = ()
        self._tap = ""
        self._wanted = FIRST  # until a model is there
        self._head = 0
        self._group_box = ChoiceBox()
        self._stage_box = ChoiceBox()
        self._head_box = ChoiceBox()
        for box, name, title, tip in (
            (
                self._group_box,
                "inspector_block",
                self.tr("Which part of the model"),
                self.tr(
                    "Before the blocks, one of the blocks, or after them; another block keeps the stage."
                ),
            ),
            (
                self._stage_box,
                "inspector_stage",
                self.tr("Which stage"),
                self.tr(
                    "Which result is shown, in order of computation; technical names are the entries' tips."
                ),
            ),
            (
                self._head_box,
                "inspector_head",
                self.tr("Which head"),
                self.tr("Which attention head is shown; heads count from 0."),
            ),
        ):
            box.setObjectName(name)
            box.setAccessibleName(title)
            box.setToolTip(tip)
            box.hide()  # until there is something to choose from
        self._group_box.activated.connect(self._on_group_activated)
        self._stage_box.activated.connect(self._on_stage_activated)
        self._head_box.activated.connect(self._on_head_activated)

    @property
    def boxes(self) -> tuple[QComboBox, ...]:
        """The lists, in reading order."""
        return self._group_box, self._stage_box, self._head_box

    @property
    def tap(self) -> str:
        """The chosen tap; "" before there is a model."""
        return self._tap

    @property
    def head(self) -> int:
        return self._head

    def set_theme(self, theme: Theme) -> None:
        for box in (self._group_box, self._stage_box, self._head_box):
            box.set_theme(theme)

    def set_model(self, spec: ModelSpec) -> None:
        """Offer every tap of a model; the chosen one stays if the model has it."""
        self._groups = tap_groups(spec)
        self._group_box.clear()
        for name, _ in self._groups:
            self._group_box.addItem(name)
        self._group_box.show()
        self._stage_box.show()
        wanted = self._tap or self._wanted
        known = any(wanted in taps for _, taps in self._groups)
        self.set_tap(wanted if known else FIRST)

    def set_tap(self, tap: str) -> None:
        """Raises ``ValueError`` with a sentence for a tap that the model does not have."""
        group = next((place for place, (_, taps) in enumerate(self._groups) if tap in taps), None)
        if group is None:
            sentence = QCoreApplication.translate("Inspector", "This model has no stage called {0}.")
            raise ValueError(sentence.format(tap))
        self._group_box.setCurrentIndex(group)
        self._fill_stages(group, tap)

    def set_heads(self, heads: int) -> None:
        """How many heads the tap has; 0 for a tap without."""
        if heads != self._head_box.count():
            self._head_box.clear()
            for head in range(heads):
                self._head_box.addItem(self.tr("head {0}").format(head))
        if heads:
            self._head = min(self._head, heads - 1)
            self._head_box.setCurrentIndex(self._head)
        self._head_box.setVisible(heads > 0)

    def restore(self, tap: object, head: object) -> None:
        """Take what another session left, as far as it fits."""
        if isinstance(head, int) and head >= 0:
            self._head = head
        if isinstance(tap, str):
            self._wanted = tap
            if any(tap in taps for _, taps in self._groups):
                self.set_tap(tap)

    def _fill_stages(self, group: int, tap: str) -> None:
        _, taps = self._groups[group]
        if [self._stage_box.itemData(place) for place in range(self._stage_box.count())] != list(taps):
            self._stage_box.clear()
            for place, each in enumerate(taps):
                self._stage_box.addItem(stage_words(each), each)
                self._stage_box.setItemData(place, each, Qt.ItemDataRole.ToolTipRole)
        self._stage_box.setCurrentIndex(taps.index(tap))
        self._tap = tap

    def _on_group_activated(self, group: int) -> None:
        _, taps = self._groups[group]
        same = [tap for tap in taps if tap_stage(tap) == tap_stage(self._tap)]
        fallback = taps[-1] if tap_block(taps[0]) is not None else taps[0]
        self._choose(group, same[0] if same else fallback)

    def _on_stage_activated(self) -> None:
        self._choose(self._group_box.currentIndex(), str(self._stage_box.currentData()))

    def _choose(self, group: int, tap: str) -> None:
        if tap != self._tap:
            self._fill_stages(group, tap)
            self.chosen.emit()

    def _on_head_activated(self, head: int) -> None:
        if head != self._head:
            self._head = head
            self.head_chosen.emit()
