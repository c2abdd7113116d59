"""The menu of a cell of an activation map: hold the feature at a value, mute the head, turn the neuron's weights."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Signal

from weightdeck.run.slices import ParameterSlice
from weightdeck.run.strips import ClampTo, Neuron, Strip
from weightdeck_desktop.panels.clamps import clamp_text, read_clamp
from weightdeck_desktop.panels.slice_menu import SliceMenu


class ActivationMenu(SliceMenu):
    """What can be done with one feature of a tap, or with one head."""

    clamp_requested = Signal(object, object)  # Neuron; a number, "mean", or None to let it go
    value_wanted = Signal(object)  # Neuron to be held at a value that is to be typed
    mute_requested = Signal(object, bool)  # Strip; mute it, or open it again

    def add_neuron(self, title: str, neuron: Neuron, held: ClampTo | None) -> None:
        """Add the acts on a feature called `title`, which is held at `held` or free (None)."""
        if held is not None:
            title = self.tr("{title} · held at {value}").format(title=title, value=clamp_text(held))
        self.addSection(title)
        is_neuron = neuron.tap.endswith("mlp.post")
        self.add_act(
            "neuron_mute",
            self.tr("Mute this neuron everywhere") if is_neuron else self.tr("Mute this feature everywhere"),
            self.tr("Hold {name} at 0 at every token").format(name=neuron),
            lambda: self.clamp_requested.emit(neuron, 0.0),
        )
        self.add_act(
            "neuron_mean",
            self.tr("Hold at its mean"),
            self.tr("Hold {name} at its mean over the validation data, at every token").format(name=neuron),
            lambda: self.clamp_requested.emit(neuron, "mean"),
        )
        self.add_act(
            "neuron_value",
            self.tr("Hold at a value…"),
            self.tr("Type the number to hold {name} at, at every token").format(name=neuron),
            lambda: self.value_wanted.emit(neuron),
        )
        let_go = self.add_act(
            "neuron_let_go",
            self.tr("Let go"),
            self.tr("Let the model compute {name} again").format(name=neuron),
            lambda: self.clamp_requested.emit(neuron, None),
        )
        let_go.setEnabled(held is not None)

    def add_neuron_weights(self, block: int, neuron: int, width: int) -> None:
        """Add the acts on the weights of an MLP neuron: what it reads, and what it writes into `width` features."""
        mlp = f"transformer.h.{block}.mlp"
        self.addSeparator()
        self.add_slice_menu(
            self.tr("What it reads: MLP in, row {row}").format(row=neuron),
            ParameterSlice(f"{mlp}.c_fc.weight", (neuron,)),
        )
        self.add_slice_menu(
            self.tr("What it writes: MLP out, column {column}").format(column=neuron),
            ParameterSlice(f"{mlp}.c_proj.weight", ((0, width), neuron)),
        )

    def add_head(self, head: Strip, *, muted: bool) -> None:
        """Add the acts on a head."""
        words = self.tr("Open head {head} again") if muted else self.tr("Mute head {head}")
        tip = self.tr("Whether this head writes into the residual stream, as on its channel strip")
        self.add_act(
            "head_mute", words.format(head=head), tip, lambda: self.mute_requested.emit(head, not muted)
        )


def read_hold(text: str, now: float) -> float:
    """The number to hold an activation at, which is `now` now. Raises ``ValueError`` with a sentence."""
    to = read_clamp(text, now)
    if isinstance(to, str):
        words = "Type a number; to hold it at its mean is an entry of the menu."
        raise ValueError(QCoreApplication.translate("ActivationMenu", words))
    return to
