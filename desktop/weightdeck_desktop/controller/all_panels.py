"""The panels of the window together, and what each needs of a frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Protocol

from weightdeck.run.frame import Part
from weightdeck_desktop.panels.activations import ActivationsPanel
from weightdeck_desktop.panels.attention import AttentionPanel
from weightdeck_desktop.panels.batch import BatchPanel
from weightdeck_desktop.panels.browse import BrowsePanel
from weightdeck_desktop.panels.compare import ComparePanel
from weightdeck_desktop.panels.contributions import ContributionsPanel
from weightdeck_desktop.panels.cost import CostPanel
from weightdeck_desktop.panels.edits import EditsPanel
from weightdeck_desktop.panels.embeddings import EmbeddingsPanel
from weightdeck_desktop.panels.explain import ExplainPanel
from weightdeck_desktop.panels.expression import ExpressionPanel
from weightdeck_desktop.panels.in_hand import InHandPanel
from weightdeck_desktop.panels.inspector import InspectorPanel
from weightdeck_desktop.panels.knobs import KnobsPanel
from weightdeck_desktop.panels.lens import LensPanel
from weightdeck_desktop.panels.loss import LossPanel
from weightdeck_desktop.panels.memory import MemoryPanel
from weightdeck_desktop.panels.neurons import NeuronsPanel
from weightdeck_desktop.panels.notes import NotesPanel
from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.panels.predictions import PredictionsPanel
from weightdeck_desktop.panels.response import ResponsePanel
from weightdeck_desktop.panels.strips import StripsPanel
from weightdeck_desktop.panels.transformer import TransformerPanel
from weightdeck_desktop.panels.weights import WeightsPanel

# The parts of a frame that a panel shows. Browse needs the sensitivity only while it shows that.
NEWS: dict[str, frozenset[Part]] = {
    "predictions": frozenset({Part.PREDICTIONS, Part.SAMPLES, Part.COST}),
    "weights": frozenset({Part.HISTOGRAMS}),
    "activations": frozenset({Part.ACTIVATIONS}),
    "knobs": frozenset({Part.KNOBS}),
    "in_hand": frozenset({Part.KNOBS, Part.COST}),
    "response": frozenset({Part.RESPONSE, Part.KNOBS}),
    "strips": frozenset({Part.STRIPS}),
    "browse": frozenset({Part.TENSOR, Part.SENSITIVITY}),
    "transformer": frozenset({Part.TAPS}),
    "inspector": frozenset({Part.TAPS}),
    "attention": frozenset({Part.TAPS, Part.HEADS}),
    "neurons": frozenset({Part.TAPS}),
    "embeddings": frozenset({Part.EMBEDDINGS}),
    "lens": frozenset({Part.LENS}),
    "contributions": frozenset({Part.CONTRIBUTIONS}),
    "batch": frozenset({Part.BATCH}),
}


class WithChoices(Protocol):
    """A panel whose choices (smoothing, tensor shown ...) survive a restart."""

    key: str

    def state(self) -> dict[str, Any]: ...

    def restore(self, state: dict[str, Any]) -> None: ...


@dataclass(frozen=True)
class AllPanels:
    """One of each, by its key."""

    predictions: PredictionsPanel
    loss: LossPanel
    weights: WeightsPanel
    activations: ActivationsPanel
    knobs: KnobsPanel
    strips: StripsPanel
    browse: BrowsePanel
    in_hand: InHandPanel
    response: ResponsePanel
    edits: EditsPanel
    compare: ComparePanel
    notes: NotesPanel
    transformer: TransformerPanel
    inspector: InspectorPanel
    attention: AttentionPanel
    lens: LensPanel
    contributions: ContributionsPanel
    neurons: NeuronsPanel
    embeddings: EmbeddingsPanel
    batch: BatchPanel
    memory: MemoryPanel
    cost: CostPanel
    explain: ExplainPanel
    expression: ExpressionPanel

    def needed(self, visible: set[str]) -> frozenset[Part]:
        """The parts of a frame that the visible panels need."""
        parts = frozenset[Part]().union(*(NEWS.get(key, frozenset()) for key in visible - {"browse"}))
        if "browse" in visible:
            parts |= {Part.TENSOR, Part.SENSITIVITY} if self.browse.wants_sensitivity else {Part.TENSOR}
        return parts

    def with_choices(self) -> tuple[WithChoices, ...]:
        """Those that remember something for the next start."""
        return (
            *(self.predictions, self.loss, self.weights, self.activations, self.browse),
            *(self.transformer, self.inspector, self.attention, self.neurons, self.embeddings, self.lens),
            *(self.contributions, self.batch, self.cost, self.explain, self.expression),
        )

    def __iter__(self) -> Iterator[Panel]:
        return (getattr(self, field.name) for field in fields(self))


def make_panels() -> AllPanels:
    """All panels, empty."""
    return AllPanels(
        predictions=PredictionsPanel(),
        loss=LossPanel(),
        weights=WeightsPanel(),
        activations=ActivationsPanel(),
        knobs=KnobsPanel(),
        strips=StripsPanel(),
        browse=BrowsePanel(),
        in_hand=InHandPanel(),
        response=ResponsePanel(),
        edits=EditsPanel(),
        compare=ComparePanel(),
        notes=NotesPanel(),
        transformer=TransformerPanel(),
        inspector=InspectorPanel(),
        attention=AttentionPanel(),
        lens=LensPanel(),
        contributions=ContributionsPanel(),
        neurons=NeuronsPanel(),
        embeddings=EmbeddingsPanel(),
        batch=BatchPanel(),
        memory=MemoryPanel(),
        cost=CostPanel(),
        explain=ExplainPanel(),
        expression=ExpressionPanel(),
    )
