"""The menu of a next token: where its probability comes from, what matters for it, and its weights."""

from __future__ import annotations

from PySide6.QtCore import Signal

from weightdeck.run.frame import Prompt
from weightdeck.run.layout import EMBEDDING, Layout
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.subjects import InPrompt, TapCell
from weightdeck_desktop.panels.slice_menu import SliceMenu


class TokenMenu(SliceMenu):
    """What can be done with one token of a prediction."""

    matter_requested = Signal(int)  # a token: what matters for it?
    cell_chosen = Signal(object)  # Subject

    def add_probability(self, prompt: Prompt | None, token: int) -> None:
        """Add the question where the token's probability after a prompt comes from; None for a difference of two."""
        explain = self.add_explain(lambda: self._explain(prompt, token))
        explain.setEnabled(prompt is not None and bool(prompt.ids))

    def add_token(self, token: int, name: str, given: str, layout: Layout) -> None:
        """Add the acts on a token called `name` as one to come, and `given` as one that is there."""
        self.add_act(
            "matters_for_token",
            self.tr("What matters for {name}").format(name=name),
            self.tr("Find the weights that change the probability of this token most"),
            lambda: self.matter_requested.emit(token),
        )
        self.addSeparator()
        head = layout.head_name
        self.add_slice_menu(
            self.tr("Output head, row {name}").format(name=name), ParameterSlice(head, (token,))
        )
        if head != EMBEDDING:  # a tied head is the embedding
            row_of_embedding = ParameterSlice(EMBEDDING, (token,))
            self.add_slice_menu(self.tr("Embedding, row {name}").format(name=given), row_of_embedding)

    def _explain(self, prompt: Prompt | None, token: int) -> None:
        assert prompt is not None
        self.cell_chosen.emit(TapCell(InPrompt(prompt.text), "probs", (len(prompt.ids) - 1, token)))
