"""The formulas behind the costs, with what they assume, and with the real numbers put in."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QFrame, QTextEdit, QWidget

from weightdeck.run import costs
from weightdeck.run.costs import Shape
from weightdeck_desktop.panels.cost_figures import Scene
from weightdeck_desktop.panels.cost_words import short_bytes, short_number, short_time
from weightdeck_desktop.theme import MONO, Theme, Type, dark_theme
from weightdeck_desktop.thin_scroll_bar import ThinScrollBar


@dataclass(frozen=True, slots=True)
class Formula:
    """In symbols, with numbers (name of the model, text), and what it takes for granted."""

    title: str
    symbols: str
    numbers: tuple[tuple[str, str], ...]
    assumption: str


class CostFormulas(QTextEdit):
    """A page to read: scrolled with the arrow keys, and its text can be selected and copied."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("cost_formulas_page")
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(self.tr("Formulas and assumptions"))
        self.setToolTip(self.tr("How every cost is counted, with this run's numbers and the other model's"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._bar = ThinScrollBar(Qt.Orientation.Vertical, self)
        self.setVerticalScrollBar(self._bar)
        self._theme = dark_theme()
        self._formulas: tuple[Formula, ...] = ()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._bar.set_theme(theme)
        self.setMinimumHeight(theme.px(96))
        self.setStyleSheet(
            f"QTextEdit {{ background: {theme.panel.name()}; color: {theme.text.name()};"
            f" border: 1px solid {theme.panel.name()}; }}"
            f"QTextEdit:focus {{ border-color: {theme.hand_outline.name()}; }}"
        )
        self.document().setDocumentMargin(theme.px(4))
        self.document().setDefaultFont(theme.font(Type.BODY))
        self._write()

    def show_formulas(self, formulas: tuple[Formula, ...]) -> None:
        if formulas != self._formulas:
            self._formulas = formulas
            self._write()

    def _write(self) -> None:
        place = self._bar.value()
        self.setHtml(
            "".join(self._paragraphs(formula) for formula in self._formulas)
            + f"<p style='color:{self._theme.secondary.name()}'>{escape(_letters())}</p>"
        )
        self._bar.setValue(place)

    def _paragraphs(self, formula: Formula) -> str:
        theme = self._theme
        small = f"font-size:{theme.px(11)}px; color:{theme.secondary.name()}"
        numbers = "".join(
            f"<br/><span style='{small}'>{escape(name)}: </span>"
            f"<span style=\"font-family:'{MONO}'; font-size:{theme.px(11)}px\">{escape(text)}</span>"
            for name, text in formula.numbers
        )
        # Qt's rich text smears a bold variable font: titles are larger instead.
        return (
            f"<p style='margin-bottom:{theme.px(10)}px'>"
            f"<span style='font-size:{theme.px(15)}px'>{escape(formula.title)}</span><br/>"
            f"<span style=\"font-family:'{MONO}'\">{escape(formula.symbols)}</span>{numbers}"
            f"<br/><span style='{small}'>{escape(formula.assumption)}</span></p>"
        )


def formulas(scene: Scene, run_name: str, other_name: str) -> tuple[Formula, ...]:
    """All formulas, with the numbers of this run (where there is one) and of the other model."""
    models = [(other_name, scene.other)]
    if scene.run is not None:
        models.insert(0, (run_name, scene.run))
    B = scene.sequences
    every = [_of_shape(shape, B) for _, shape in models]
    names = [name for name, _ in models]
    texts = [tuple(zip(names, column, strict=True)) for column in zip(*every, strict=True)]
    rows = zip(_texts(), texts, strict=True)
    known = tuple(Formula(title, symbols, numbers, why) for (title, symbols, why), numbers in rows)
    return (*known, _time(scene, run_name, other_name))


def _of_shape(shape: Shape, sequences: int) -> tuple[str, ...]:
    """The formulas of `_texts` with a shape's numbers, in the same order."""
    L, H, C, T, V = shape.n_layer, shape.n_head, shape.n_embd, shape.block_size, shape.vocab_size
    head = "" if shape.tied else f" + {V:,}·{C:,}"
    token, step = costs.flops_per_token(shape), costs.step_flops(shape, sequences)
    kaplan = costs.kaplan_flops_per_token(shape)
    kept, cache = costs.activation_bytes_per_token(shape), costs.cache_bytes_per_token(shape)
    count = costs.num_parameters(shape)
    return (
        f"({V:,} + {T:,})·{C:,} + {L:,}·(12·{C:,}² + 13·{C:,}) + 2·{C:,}{head} = {count:,}",
        f"{L:,}·(24·{C:,}² + 4·{T:,}·{C:,}) + 2·{C:,}·{V:,} = {token:,}",
        f"6·{C:,} + {V:,} / (2·{L:,}) = {costs.flops_growth(shape).crossing:,.0f} " + _tr("tokens"),
        f"3·{sequences:,}·{T:,}·{token:,} = {step:.3e}",
        f"72·{L:,}·{C:,}² = {kaplan:.3e}; "
        + _tr("counted here {0:.3e}, ×{1:.2f}").format(3 * token, 3 * token / kaplan),
        f"16·{count:,} = {short_bytes(costs.TRAINING_BYTES * count)}",
        f"4·({L:,}·(16·{C:,} + 4 + {H:,}·{T:,}) + 2·{C:,} + 2 + {V:,}) = {short_bytes(kept)}; "
        + _tr("a step {0}").format(short_bytes(kept * sequences * T)),
        f"2·{count:,} = {short_bytes(costs.half_precision_bytes(shape))}",
        f"4·{L:,}·{C:,} = {short_bytes(cache)}; " + _tr("full context {0}").format(short_bytes(cache * T)),
    )


def _texts() -> tuple[tuple[str, str, str], ...]:
    """Title, symbols and assumption of every formula of a shape."""
    return (
        (
            _tr("Parameters"),
            "(V + T)·C + L·(12·C² + 13·C) + 2·C  [+ V·C]",
            _tr(
                "A block: 4 C² + 4 C for attention, 8 C² + 5 C for the MLP, 4 C for its two norms. The last term only "
                "where the output head is not tied. The named sizes are counted with biases; that gives GPT-2's totals "
                "exactly and GPT-3's 175 billion to 0.3 % (Radford et al. 2019, Brown et al. 2020)."
            ),
        ),
        (
            _tr("Operations a token, forward"),
            "L·(24·C² + 4·T·C) + 2·C·V",
            _tr(
                "A multiply and an add count as two. Only matrix products are counted, as is usual: biases, norms, "
                "softmax and GELU are left out. The context is full, and all T × T cells of attention are computed, "
                "masked ones too."
            ),
        ),
        (
            _tr("Where attention overtakes the matrices"),
            "T = 6·C + V / (2·L)",
            _tr("Set 4·L·T·C, which grows with the context, equal to 24·L·C² + 2·C·V, which does not."),
        ),
        (
            _tr("Operations a training step"),
            "3·B·T·" + _tr("(operations a token)"),
            _tr(
                "Backward makes two products for each one of forward: for the inputs and for the weights. At most: "
                "padding is never computed, and the last block's MLP and the head only where there is a target. The "
                "optimizer's update, some 15 operations a parameter, is left out."
            ),
        ),
        (
            _tr("The rule of thumb: 6 N a token"),
            "6·N,  N = 12·L·C²",
            _tr(
                "Kaplan et al. 2020: 2 N forward and 4 N backward, for large models with short contexts. It leaves out "
                "attention between positions (12·L·T·C here, both products over all cells) and the head (6·C·V)."
            ),
        ),
        (
            _tr("Memory of training"),
            "16·" + _tr("parameters"),
            _tr(
                "Bytes: weights, gradients and Adam's two moments, 4 each (float32). Large models are trained in mixed "
                "precision, which needs about as much."
            ),
        ),
        (
            _tr("Kept for backward, a token"),
            "4·(L·(16·C + 4 + H·T) + 2·C + 2 + V)",
            _tr(
                "Bytes: what this program's forward pass keeps in float32 without dropout: inputs of norms and "
                "matrices, queries, keys, values, the attention pattern, both sides of GELU and log-probabilities. "
                "Large models keep less and compute it again."
            ),
        ),
        (
            _tr("Weights in 16 bit"),
            "2·" + _tr("parameters"),
            _tr("Bytes that running a model without training takes at least."),
        ),
        (
            _tr("Cache of keys and values, a token"),
            "2·2·L·C",
            _tr(
                "Bytes in 16 bit, for each sequence. This program keeps no cache: it computes the whole context for "
                "each new token."
            ),
        ),
    )


def _time(scene: Scene, run_name: str, other_name: str) -> Formula:
    numbers: tuple[tuple[str, str], ...] = ((run_name, _tr("no speed is measured yet: train for a moment")),)
    if scene.run is not None and scene.speed is not None:
        B = scene.sequences
        speed = costs.flops_per_second(scene.run, B, scene.speed)
        here, there = costs.step_flops(scene.run, B), costs.step_flops(scene.other, B)
        took = short_time(costs.seconds_per_step(scene.other, B, speed))
        numbers = (
            (run_name, f"{here:.3e} · {scene.speed:.3g} = {short_number(speed)}" + _tr(" a second")),
            (other_name, f"{there:.3e} / {speed:.3e} = {took}"),
        )
    return Formula(
        _tr("Time of a step, estimated"),
        _tr("operations a step / operations a second"),
        numbers,
        _tr(
            "Operations a second are this run's steps a second, as measured at its present pace, times the operations "
            "of its step. Small models keep a processor less busy than large ones, and memory is taken to be enough: "
            "take it as an order of magnitude."
        ),
    )


def _letters() -> str:
    return _tr(
        "L blocks, H heads, C features, T tokens of the context, V possible tokens, B sequences of a training step."
    )


def _tr(text: str) -> str:
    return QCoreApplication.translate("CostFormulas", text)
