"""What a person can do with a slice of the parameters wherever one is shown, and the menu that offers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from weightdeck.run.slices import ParameterSlice


class SliceAct(Enum):
    """Asked for by the panels as ``slice_act(ParameterSlice, SliceAct)``, carried out by the controller."""

    KNOB = "knob"  # set a single number, scale a group
    KNOB_OWN = "knob_own"  # move a group along its own direction
    KNOB_READ = "knob_read"  # move a group along the activation that it reads
    HOLD = "hold"
    LET_GO = "let_go"
    ZERO = "zero"
    REINITIALISE = "reinitialise"
    INITIAL = "initial"  # the run's own start again
    NOISE = "noise"
    COPY = "copy"
    PASTE = "paste"
    EXPLAIN = "explain"  # where a single number comes from


@dataclass(frozen=True, slots=True)
class SliceState:
    """What the menu must know of a slice."""

    title: str  # short plain words
    is_single: bool
    reads: bool  # it has an activation to be moved along
    held: float = 0.0  # share of it that is held
    can_paste: bool = False  # as many numbers have been copied as it holds
    locked: str = ""  # why nothing can be changed now; "" where it can


_CHANGES_NOTHING = frozenset(
    {SliceAct.KNOB, SliceAct.KNOB_OWN, SliceAct.KNOB_READ, SliceAct.COPY, SliceAct.EXPLAIN}
)

Emit = Callable[[ParameterSlice, SliceAct], None]


def add_slice_acts(
    menu: QMenu, target: ParameterSlice, state: SliceState, emit: Emit, *, without: SliceAct | None = None
) -> None:
    """Add every act that `target` allows to `menu`, but for the one that would change nothing where it is shown."""

    def tr(text: str) -> str:
        return QCoreApplication.translate("SliceActs", text)

    def add(act: SliceAct, words: str, tip: str, *, enabled: bool = True) -> None:
        if act is without:
            return
        action = QAction(words, menu)
        action.setObjectName(f"slice_act_{act.value}")
        is_locked = bool(state.locked) and act not in _CHANGES_NOTHING
        action.setToolTip(state.locked if is_locked else tip)
        action.setEnabled(enabled and not is_locked)
        action.triggered.connect(lambda: emit(target, act))
        menu.addAction(action)

    menu.addSection(state.title)
    if state.is_single:
        add(
            SliceAct.EXPLAIN,
            tr("Where this number comes from"),
            tr("Why the last update changed it: gradient, clip, Adam, rate and decay, with the real numbers"),
        )
        add(SliceAct.KNOB, tr("Make a knob"), tr("Put this weight on the desk and into your hand"))
    else:
        add(SliceAct.KNOB, tr("Make a knob: scale"), tr("A knob that scales all of these weights together"))
        add(
            SliceAct.KNOB_OWN,
            tr("Make a knob: along itself"),
            tr("A knob that moves these weights along the direction that they have now"),
        )
        if state.reads:
            add(
                SliceAct.KNOB_READ,
                tr("Make a knob: along what it reads"),
                tr(
                    "A knob that moves these weights along the activation that they read at the prompt's last token"
                ),
            )
    menu.addSeparator()
    if state.held < 1.0:
        add(
            SliceAct.HOLD,
            tr("Hold"),
            tr("Keep these numbers as they are, bit for bit, while the rest trains"),
        )
    if state.held > 0.0:
        add(SliceAct.LET_GO, tr("Let go"), tr("Let training change them again"))
    add(SliceAct.ZERO, tr("Zero"), tr("Set to 0 and see what depends on it"))
    add(SliceAct.REINITIALISE, tr("Re-initialise"), tr("Draw new random numbers as at the start of a run"))
    add(SliceAct.INITIAL, tr("Back to step 0"), tr("The numbers that this run began with"))
    add(
        SliceAct.NOISE,
        tr("Add noise"),
        tr("Add normal noise as strong as a tenth of its tensor's spread, at least 0.002"),
    )
    menu.addSeparator()
    add(SliceAct.COPY, tr("Copy"), tr("Copy the numbers, to paste them elsewhere in this model"))
    add(
        SliceAct.PASTE,
        tr("Paste"),
        tr("Write the copied numbers here; the slice must hold as many"),
        enabled=state.can_paste,
    )
