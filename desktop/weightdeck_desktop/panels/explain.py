"""The panel that tells where a number comes from."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from weightdeck.run.audit import Mismatch
from weightdeck.run.explanation import Explanation, Rule
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.subjects import InPrompt, Subject, TapCell, WeightCell, WeightGradient
from weightdeck_desktop.buttons import BarButton
from weightdeck_desktop.panels.explain_list import ExplainList
from weightdeck_desktop.panels.explain_rows import Key, explanation_rows
from weightdeck_desktop.panels.explain_way import Way
from weightdeck_desktop.panels.explain_words import adds_up, as_text, exact, parts
from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.breadcrumbs import Breadcrumbs
from weightdeck_desktop.widgets.check import Check
from weightdeck_desktop.widgets.flow_row import FlowRow

_LOW = 240  # px at 100 %


class ExplainPanel(Panel):
    """Shows an explanation, the way to it, and what is expanded beneath it; asks for those that it needs.

    An answer stands where its subject was asked for: as the next level of the way, beneath the row that was opened,
    in place of the same one with older numbers, or at the beginning of a new way.
    """

    key = "explain"

    explain_requested = Signal(object, bool)  # Subject; whether it will be shown beneath what is shown now
    knob_requested = Signal(object)  # ParameterSlice
    follow_changed = Signal(bool)  # by the user

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("Where this number comes from")
        self._way = Way()
        self._opened: set[Key] = set()
        self._children: dict[Subject, Explanation] = {}
        self._asked: set[Subject] = set()  # children, open or on their way
        self._mismatches: tuple[Mismatch, ...] = ()
        self._problem = ""
        self._back = BarButton("explain_back")
        self._back.set_content(self.tr("Back"), tip=self.tr("To the number before (Alt+Left or Backspace)"))
        self._crumbs = Breadcrumbs("explain_way")
        self._list = ExplainList(self._empty_words())
        self._list.setObjectName("explain_list")
        self._list.setAccessibleName(self.title)
        self._list.setAccessibleDescription(
            self.tr("Right and Left open and close a row, Enter goes down into it, Backspace comes back")
        )
        self._follow = Check(self.tr("follow"))
        self._follow.setObjectName("explain_follow")
        self._follow.setChecked(True)
        self._follow.setAccessibleName(self.tr("Follow the model"))
        self._follow.setToolTip(
            self.tr(
                "On: explained anew when the model has changed. Off: the numbers stay those of their step"
            )
        )
        self._knob = BarButton("explain_knob")
        self._copy = BarButton("explain_copy")
        self._name_buttons()
        self._lay_out()
        self._connect()
        self._refresh()

    # Told

    @property
    def follows(self) -> bool:
        """Whether it should be asked again when the model has moved."""
        return self._follow.isChecked()

    @property
    def shown_subjects(self) -> tuple[Subject, ...]:
        """What to explain anew when the model has moved: the number shown, then those expanded beneath it."""
        shown = self._way.shown
        return () if shown is None else (shown.subject, *self._children)

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        for part in (self._crumbs, self._list, self._follow):
            part.set_theme(theme)
        for button in (self._back, self._knob, self._copy):
            button.set_theme(theme, height=28)
        self._back.set_theme(theme, height=24)
        self._list.setMinimumHeight(theme.px(60))
        self._name_buttons()

    def show_explanation(self, explanation: Explanation) -> None:
        """An answer to `explain_requested`, or to a question that was asked elsewhere."""
        self._problem = ""
        subject = explanation.subject
        is_child = subject in self._asked and subject != self._way.coming and not self._way.is_shown(subject)
        if is_child:
            self._children[subject] = explanation
            self._refresh()
            return
        leads_on = self._way.take(explanation)
        if leads_on:
            self._close_all()
        self._refresh(from_top=leads_on)

    def show_waiting(self, subject: Subject) -> None:
        """`subject` has been asked for and takes its time."""
        is_known = subject in self._asked or subject == self._way.coming or self._way.is_shown(subject)
        if not is_known:
            self._way.expect_new(subject)
            self._refresh()

    def show_problem(self, sentence: str) -> None:
        """What was asked for cannot be explained."""
        self._problem = sentence
        self._way.coming = None
        self._opened = {key for key in self._opened if not self._waits(key)}
        self._asked &= self._children.keys()
        self._refresh()

    def show_mismatches(self, mismatches: Sequence[Mismatch]) -> None:
        """What the check of displayed numbers found."""
        if tuple(mismatches) != self._mismatches:
            self._mismatches = tuple(mismatches)
            self._refresh()

    def clear(self) -> None:
        self._way = Way()
        self._problem = ""
        self._mismatches = ()
        self._close_all()
        self._refresh(from_top=True)

    def table(self) -> list[list[str]] | None:
        shown = self._way.shown
        if shown is None:
            return None
        rows = [
            [self.tr("part"), self.tr("operands"), self.tr("value")],
            [str(shown.subject), "", exact(shown.value)],
        ]
        for term, part in zip(shown.terms, parts(shown), strict=True):
            labels = " × ".join(operand.label for operand in term.operands)
            rows.append([labels, " × ".join(exact(operand.value) for operand in term.operands), exact(part)])
        return rows + [[fact.label, fact.symbol, exact(fact.value)] for fact in shown.facts]

    def state(self) -> dict[str, object]:
        return {"follow": self.follows}

    def restore(self, state: dict[str, object]) -> None:
        """Take what `state` gave, perhaps of another version."""
        follow = state.get("follow")
        if isinstance(follow, bool):
            self._follow.setChecked(follow)

    # Drawing

    def _lay_out(self) -> None:
        way = QHBoxLayout()
        way.setSpacing(8)
        way.addWidget(self._back)
        way.addWidget(self._crumbs, 1)
        foot = FlowRow(gap=8)
        for part in (self._knob, self._copy, self._follow):
            foot.add(part)
        self.body.addLayout(way)
        self.body.addWidget(self._list, 1)
        self.body.addWidget(foot)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._name_buttons()

    def _name_buttons(self) -> None:
        """In few words where the panel is low, for the list needs the room."""
        is_low = self._theme is not None and self.height() < self._theme.px(_LOW)
        weight = self._weight()
        self._knob.set_content(
            self.tr("Knob") if is_low else self.tr("Make a knob"),
            tip=self.tr("Put the weight that is explained, or the one in the chosen row, into your hand")
            if weight is None
            else self.tr("Put {0} into your hand").format(weight),
        )
        self._copy.set_content(
            self.tr("Copy") if is_low else self.tr("Copy as text"),
            tip=self.tr("Copy the whole explanation, its numbers with all digits"),
        )

    def _refresh(self, *, from_top: bool = False) -> None:
        shown = self._way.shown
        mismatch = self._mismatch()
        if shown is None:
            self._list.set_message(self._problem or self._empty_words())
            self._list.show_rows(())
        else:
            rows = explanation_rows(
                shown,
                self._children,
                self._opened,
                mismatch=mismatch,
                problem=self._problem,
                is_waiting=self._way.coming is not None,
            )
            self._list.show_rows(rows, from_top=from_top)
        names = [str(level.subject) for level in self._way.levels]
        self._crumbs.set_names(names)
        has_way = len(names) > 1
        if not has_way and (self._back.hasFocus() or self._crumbs.hasFocus()):
            self._list.setFocus(Qt.FocusReason.OtherFocusReason)
        self._back.setVisible(has_way)
        self._crumbs.setVisible(has_way)
        self._copy.setEnabled(shown is not None)
        self._show_knob()
        self._show_aside(shown, mismatch)

    def _show_aside(self, shown: Explanation | None, mismatch: Mismatch | None) -> None:
        if shown is None:
            self.set_aside("")
            return
        if mismatch is not None:
            words = self.tr("! not what the reference says")
        elif adds_up(shown):
            words = self.tr("checked ✓")
        else:
            words = self.tr("! does not add up")
        self.set_aside(words, shown.step)

    def _show_knob(self) -> None:
        self._knob.setEnabled(self._weight() is not None)
        self._name_buttons()

    def _empty_words(self) -> str:
        coming = self._way.coming
        if coming is not None:
            return self.tr("Asking where {0} comes from …").format(coming)
        return self.tr(
            "Click any number in a panel to be told where it comes from; in the transformer, double-click it. "
            "By keyboard: arrow keys and Enter, in the transformer both with Shift."
        )

    def _mismatch(self) -> Mismatch | None:
        """What the check found about the number that is shown."""
        shown = self._way.shown
        if shown is None or not isinstance(shown.subject, TapCell):
            return None
        subject = shown.subject
        if not isinstance(subject.where, InPrompt):
            return None
        address = (subject.where.text, subject.tap, subject.index)
        found = [each for each in self._mismatches if (each.prompt, each.tap, each.index) == address]
        return found[-1] if found else None

    def _weight(self) -> ParameterSlice | None:
        """The weight in the row under the cursor, else the one that is explained, or the one that it is."""
        row, shown = self._list.row, self._way.shown
        subjects = list(row.leads if row is not None else ())
        if shown is not None:
            subjects.append(shown.subject)
            if shown.rule is Rule.GIVEN:  # it is a copy of its only operand
                subjects += [operand.subject for term in shown.terms for operand in term.operands]
        for subject in subjects:
            if isinstance(subject, WeightCell | WeightGradient):
                return ParameterSlice(subject.tensor, subject.index)
        return None

    # The user's acts

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_back = event.key() == Qt.Key.Key_Backspace or (
            event.key() == Qt.Key.Key_Left and event.modifiers() & Qt.KeyboardModifier.AltModifier
        )
        if is_back:
            self._go_back()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        # Alt+Left may be a shortcut of the window's; here it means back.
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            is_alt = event.modifiers() == Qt.KeyboardModifier.AltModifier
            if is_alt and event.key() == Qt.Key.Key_Left:
                event.accept()
                return True
        return super().event(event)

    def _connect(self) -> None:
        self._list.lead_chosen.connect(self._on_lead_chosen)
        self._list.toggled.connect(self._on_toggled)
        self._list.back_requested.connect(self._go_back)
        self._list.walked.connect(self._show_knob)
        self._crumbs.chosen.connect(self._go_to)
        self._back.clicked.connect(self._go_back)
        self._follow.clicked.connect(self.follow_changed)
        self._knob.clicked.connect(self._on_knob_clicked)
        self._copy.clicked.connect(self._on_copy_clicked)

    def _on_lead_chosen(self, subject: Subject) -> None:
        if not self._way.is_shown(subject):
            self._way.expect_below(subject)
            self._refresh()
        self.explain_requested.emit(subject, False)

    def _on_toggled(self, key: Key) -> None:
        if key in self._opened:
            self._opened = {other for other in self._opened if other[: len(key)] != key}
            self._refresh()
            self._forget_closed()
            return
        row = next((row for row in self._list.rows if row.toggles == key), None)
        self._opened.add(key)
        subject = row.leads[0] if row is not None and len(row.leads) == 1 else None
        if subject is not None:
            self._asked.add(subject)
        self._refresh()
        if subject is not None and subject not in self._children:
            self.explain_requested.emit(subject, True)

    def _go_back(self) -> None:
        if self._way.coming is not None and self._way.levels:
            self._way.coming = None  # it is not waited for any longer
            self._refresh()
        elif len(self._way.levels) > 1:
            self._go_to(len(self._way.levels) - 2)

    def _go_to(self, level: int) -> None:
        """Show a level of the way as it was known, and ask for it as it is now."""
        subject = self._way.go_to(level)
        self._problem = ""
        self._close_all()
        self._refresh(from_top=True)
        self.explain_requested.emit(subject, False)

    def _on_knob_clicked(self) -> None:
        weight = self._weight()
        if weight is not None:
            self.knob_requested.emit(weight)

    def _on_copy_clicked(self) -> None:
        shown = self._way.shown
        if shown is not None:
            QGuiApplication.clipboard().setText(as_text(shown))

    def _close_all(self) -> None:
        self._opened = set()
        self._children = {}
        self._asked = set()

    def _forget_closed(self) -> None:
        """Nothing that is not seen is asked for again."""
        opened = [row.leads[0] for row in self._list.rows if row.is_open and len(row.leads) == 1]
        self._asked = {subject for subject in opened if subject is not None}
        self._children = {
            subject: child for subject, child in self._children.items() if subject in self._asked
        }

    def _waits(self, key: Key) -> bool:
        """Whether what lies beneath a row has been asked for and has not come."""
        row = next((row for row in self._list.rows if row.toggles == key), None)
        return row is not None and len(row.leads) == 1 and row.leads[0] not in self._children
