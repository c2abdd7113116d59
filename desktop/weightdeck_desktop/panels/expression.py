"""The whole small expression of a neuron, written out and editable."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from weightdeck.run.explanation import Explanation, Rule
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import ModelSpec
from weightdeck.run.subjects import TapCell
from weightdeck_desktop.buttons import BarButton, Look
from weightdeck_desktop.panels.explain_words import WIDEST, by_size, exact, short_figure
from weightdeck_desktop.panels.expression_chooser import NeuronChooser
from weightdeck_desktop.panels.expression_list import ExpressionList
from weightdeck_desktop.panels.expression_sum import Cell, Expression, curve, is_finite
from weightdeck_desktop.panels.lockable import LockablePanel
from weightdeck_desktop.theme import Theme, Type, dark_theme
from weightdeck_desktop.widgets.curve_point import CurvePoint
from weightdeck_desktop.widgets.snapped_limit import step_up
from weightdeck_desktop.widgets.switch import Switch
from weightdeck_desktop.widgets.text_line import TextLine

_BESIDE_FROM = 440  # px at 100 %: wide enough for the curve beside the list
_CURVE_FROM = 285  # px at 100 %: high enough for the curve above the list
_WORDS_FROM = 310  # px at 100 %: high enough for the formula and the hint
_FOOT_FROM = 200  # px at 100 %: high enough for the sum, the order and the reset, which Esc does too
_WIDEST = f"gelu {WIDEST} → {WIDEST}"
_ORDERS = ("size", "index")


class ExpressionPanel(LockablePanel):
    """An input that is changed here is an "if" of this panel alone; a weight is changed in the model.

    While the numbers move on with training an "if" stays what it is, until another neuron is shown.
    """

    key = "expression"

    weight_edit_requested = Signal(
        object, float, object
    )  # ParameterSlice, its new value, gesture: None as typed
    neuron_chosen = Signal(str, int, int)  # tap, token, feature

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("Expression")
        self._expression: Expression | None = None
        self._chooser = NeuronChooser()
        self._chooser.chosen.connect(self.neuron_chosen)
        self._formula = TextLine(Type.MONO_SMALL)
        self._sum = TextLine(Type.MONO_BODY, secondary=False)
        self._result = TextLine(Type.MONO_BODY, secondary=False)
        self._sum.setObjectName("expression_sum")
        self._result.setObjectName("expression_result")
        self._curve = CurvePoint(self.tr("sum"), self.tr("result"))
        self._curve.setObjectName("expression_curve")
        self._order = Switch(
            [
                (self.tr("by size"), self.tr("The products that matter most first")),
                (self.tr("by index"), self.tr("In the order of the formula")),
            ]
        )
        self._order.set_names("expression_order")
        self._order.setAccessibleName(self.tr("Order"))
        self._order.chosen.connect(lambda _place: self._refresh())
        self._reset = BarButton("expression_reset", Look.LINK)
        self._reset.set_content(
            self.tr("Reset"),
            tip=self.tr("Every input as it really is (Esc). Weights stay: undo takes them back"),
        )
        self._reset.clicked.connect(self._on_reset)
        self._note = TextLine()
        self._list = ExpressionList(self._empty_words())
        self._list.setObjectName("expression_list")
        self._list.setAccessibleName(self.tr("Inputs times weights"))
        self._list.setAccessibleDescription(
            self.tr(
                "Up and Down walk, Left is the input, Right the weight, Enter changes it. "
                "Shift with Up or Down steps an input by 0.1, Esc resets the inputs"
            )
        )
        self._list.setSizePolicy(
            QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored
        )  # takes what is left
        self._list.input_entered.connect(self._on_input_entered)
        self._list.weight_entered.connect(self._on_weight_entered)
        self._list.reset_requested.connect(self._on_reset)
        self._sides = self._lay_out()
        for part in (self._formula, self._sum, self._order, self._reset, self._note):
            part.setMinimumHeight(1)  # a low panel hides them: they must not keep it from getting so low
        self._refresh()

    # Told

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        for part in (
            *(self._chooser, self._formula, self._sum, self._result),
            *(self._curve, self._order, self._note, self._list),
        ):
            part.set_theme(theme)
        self._reset.set_theme(theme, height=24)
        self._list.setMinimumHeight(theme.px(36))
        self._arrange()

    def set_model(self, model: ModelSpec | None) -> None:
        """The model whose neurons can be chosen; None while there is none."""
        self._chooser.set_model(model)

    def set_tokens(self, tokens: Sequence[str]) -> None:
        """What the model sees of the prompt, token by token."""
        self._chooser.set_tokens(tokens)

    def show_expression(self, pre: Explanation, post: Explanation | None, step: int) -> None:
        """`pre` is a sum of products; `post` explains what a nonlinearity makes of it, None where there is none.

        Anything else than a sum is told to be none.
        """
        if pre.rule is not Rule.SUM:
            self._expression = None
            self._list.set_message(self.tr("{0} is not a sum of products.").format(pre.subject))
        else:
            before = self._expression
            is_same = before is not None and before.pre.subject == pre.subject
            ifs = (
                before.ifs
                if before is not None and is_same and len(before.pre.terms) == len(pre.terms)
                else {}
            )
            self._expression = Expression(pre, post, ifs)
            self._show_chosen(pre)
        self.set_aside("", step)
        self._refresh()

    def clear(self) -> None:
        self._expression = None
        self._list.set_message(self._empty_words())
        self.set_aside("")
        self._refresh()

    def table(self) -> list[list[str]] | None:
        expression = self._expression
        if expression is None:
            return None
        rows = [[self.tr("term"), self.tr("operands"), self.tr("product"), self.tr("product as it would be")]]
        for place, term in enumerate(expression.pre.terms):
            operands = " × ".join(exact(operand.value) for operand in term.operands)
            labels = " × ".join(operand.label for operand in term.operands)
            rows.append([labels, operands, exact(term.value), exact(expression.term(place).value)])
        rows.append([self.tr("sum"), "", exact(expression.pre.value), exact(expression.sum())])
        if expression.post is not None:
            rows.append([self.tr("result"), "", exact(expression.post.value), exact(expression.result())])
        return rows

    def state(self) -> dict[str, object]:
        return {"order": _ORDERS[self._order.choice]}

    def restore(self, state: dict[str, object]) -> None:
        """Take what `state` gave, perhaps of another version."""
        order = state.get("order")
        if order in _ORDERS:
            self._order.set_choice(_ORDERS.index(str(order)))
            self._refresh()

    # Drawing

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _lay_out(self) -> QBoxLayout:
        """The outcome and its curve above the list, or beside it."""
        side = QVBoxLayout()
        side.setSpacing(4)
        for line in (self._formula, self._sum, self._result):
            side.addWidget(line)
        side.addWidget(self._curve, 1)
        side.addStretch(0)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self._order)
        foot.addStretch(1)
        foot.addWidget(self._reset)
        rows = QVBoxLayout()
        rows.setSpacing(4)
        rows.addLayout(foot)
        rows.addWidget(self._list, 1)
        rows.addWidget(self._note)
        sides = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        sides.setSpacing(8)
        sides.addLayout(side, 1)
        sides.addLayout(rows, 2)
        self.body.addWidget(self._chooser)
        self.body.addLayout(sides, 1)
        return sides

    def _arrange(self) -> None:
        theme = self._theme or dark_theme()
        is_wide = self.width() >= theme.px(_BESIDE_FROM)
        direction = QBoxLayout.Direction
        self._sides.setDirection(direction.RightToLeft if is_wide else direction.TopToBottom)
        self._sides.setSpacing(theme.px(16) if is_wide else 4)
        expression = self._expression
        has_curve = expression is not None and expression.post is not None and is_finite(expression)
        is_high = self.height() >= theme.px(200 if is_wide else _CURVE_FROM)
        self._curve.setVisible(has_curve and is_high)
        has_words = expression is not None and self.height() >= theme.px(_WORDS_FROM)
        self._formula.setVisible(has_words)
        self._note.setVisible(has_words)
        has_foot = expression is not None and self.height() >= theme.px(_FOOT_FROM)
        self._order.setVisible(has_foot)
        self._reset.setVisible(has_foot)
        self._sum.setVisible(expression is not None and (has_foot or expression.post is None))
        self._curve.setMaximumHeight(theme.px(220 if is_wide else 150))
        self._result.setMinimumWidth(self._result.natural_width(_WIDEST) if is_wide else 0)
        self._sides.setStretch(0, 1 if is_wide else 0)  # else the curve has its height, the list the rest

    def _refresh(self) -> None:
        expression = self._expression
        self._result.setVisible(expression is not None)
        if expression is None:
            self._list.show_expression(None, ())
        else:
            self._show_outcome(expression)
            self._list.show_expression(expression, self._places(expression))
        self._reset.setEnabled(expression is not None and expression.is_changed)
        self._show_note()
        self._arrange()

    def _places(self, expression: Expression) -> list[int]:
        """The terms as the model has them in their order: an "if" moves no row."""
        if self._order.choice == _ORDERS.index("index"):
            return list(range(len(expression.pre.terms)))
        return by_size([term.value for term in expression.pre.terms])

    def _show_outcome(self, expression: Expression) -> None:
        pre, post = expression.pre, expression.post
        would = (expression.sum(), expression.result()) if expression.is_changed else None
        words = pre.symbols
        if post is not None:
            words = self.tr("sum = {0}; {1}").format(pre.symbols, post.symbols)
        self._formula.set_text(words)
        name = self.tr("sum")
        self._sum.set_text(_change(name, pre.value, None if would is None else would[0]))
        self._result.setVisible(post is not None)
        if post is None:
            return
        name = self.tr("gelu") if post.rule in (Rule.GELU, Rule.GELU_TANH) else self.tr("result")
        self._result.set_text(_change(name, post.value, None if would is None else would[1]))
        self._curve.set_names(self.tr("sum"), name)
        if is_finite(expression):
            reach = step_up(max(4.0, abs(pre.value), abs(expression.sum())))
            x, y = curve(post.rule, reach)
            self._curve.show_curve(x, y, (pre.value, post.value), would)
            self._curve.setAccessibleName(f"{name}: {self._sum.text}, {self._result.text}")

    def _show_note(self) -> None:
        expression = self._expression
        if expression is not None and expression.is_changed:
            self._note.set_text(self.tr("tried here only, not in the model. Esc resets"), mark="◆")
        elif not self.can_turn:
            self._note.set_text(self.tr("weights cannot be changed now; inputs can be tried"))
        else:
            self._note.set_text(self.tr("Enter: try an input, or change a weight"))

    def _show_chosen(self, pre: Explanation) -> None:
        subject = pre.subject
        if isinstance(subject, TapCell) and ".mlp." in subject.tap and len(subject.index) == 2:
            self._chooser.show_neuron(int(subject.tap.split(".")[1]), *subject.index)

    def _show_enabled(self) -> None:
        self._list.set_can_turn(self.can_turn)
        self._show_note()

    @staticmethod
    def _empty_words() -> str:
        return QCoreApplication.translate(
            "ExpressionPanel",
            "Choose a neuron above, or click one in a panel: its inputs and weights stand here, to be changed.",
        )

    # The user's acts

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._reset.isEnabled():
            self._on_reset()
        else:
            super().keyPressEvent(event)

    def _on_input_entered(self, cell: Cell, value: float) -> None:
        if self._expression is not None and cell[0] < len(self._expression.pre.terms):
            self._expression = self._expression.with_if(cell, value)
            self._refresh()

    def _on_weight_entered(self, weight: ParameterSlice, value: float) -> None:
        self.weight_edit_requested.emit(weight, value, None)

    def _on_reset(self) -> None:
        if self._expression is not None:
            if self._reset.hasFocus():  # it is about to rest
                self._list.setFocus(Qt.FocusReason.OtherFocusReason)
            self._expression = Expression(self._expression.pre, self._expression.post)
            self._refresh()


def _change(name: str, now: float, would: float | None) -> str:
    """ "sum 0.8477 → 0.9123"."""
    words = f"{name} {short_figure(now)}"
    return words if would is None else f"{words} → {short_figure(would)}"
