"""Which activations of A can be put into B from where the user is, and which sources there are. No widgets."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from weightdeck.run.inside import Patch, Taps
from weightdeck.run.spec import ModelSpec
from weightdeck.run.subjects import InPrompt
from weightdeck_desktop.panels.tap_source import TapSource
from weightdeck_desktop.panels.transformer_stages import can_patch, is_by_head
from weightdeck_desktop.panels.transformer_words import prompt_remark
from weightdeck_desktop.widgets.flow_parts import FlowCell, Stop, StopKind


@dataclass(frozen=True, slots=True)
class Prompts:
    """The tokens of both prompts, as far as they are known; None for a prompt that there is not."""

    a: tuple[str, ...] | None = None
    b: tuple[str, ...] | None = None
    remark: str = ""  # what the model does not see of them

    def after(self, taps: Taps) -> Prompts:
        """What is known after these readings: those of a batch say nothing of prompts."""
        plain = [
            reading
            for reading in taps.readings
            if isinstance(reading.where, InPrompt) and not reading.patches
        ]
        if not plain:
            return self
        b = plain[1].tokens if len(plain) > 1 else None
        return Prompts(plain[0].tokens, b, prompt_remark(plain))

    def missing(self, *, has_patches: bool) -> dict[TapSource, str]:
        """Which sources of prompts cannot be had, and why."""
        if self.b is None:
            of_b = (TapSource.B, TapSource.DIFFERENCE, TapSource.PATCHED, TapSource.EFFECT)
            return dict.fromkeys(of_b, no_second_prompt())
        if has_patches:
            return {}
        why = _tr("Nothing of A stands in B: put something there with the menu of a stage.")
        return dict.fromkeys((TapSource.PATCHED, TapSource.EFFECT), why)

    def why_not(self, patch: Patch) -> str:
        """Why a patch that fits the model does not fit these prompts; "" when it does."""
        a, b = self.a, self.b
        if a is None or b is None:
            return no_second_prompt()
        if patch.token is not None:
            return "" if patch.token < min(len(a), len(b)) else _no_token()
        return "" if len(a) == len(b) else _other_lengths()


def no_second_prompt() -> str:
    return _tr("There is no prompt B: press “+ compare” beside prompt A.")


def fitting_patches(
    model: ModelSpec, prompts: Prompts, stop: Stop, cell: FlowCell | None, followed: int | None
) -> tuple[list[Patch], str]:
    """What can be put into B from a stage, one of its numbers, or a token; and why none can be, or "".

    Where A and B have different numbers of tokens only single tokens fit.
    """
    a, b = prompts.a, prompts.b
    if a is None or b is None or not (a and b):
        count, same = 0, True
    else:
        count, same = min(len(a), len(b)), len(a) == len(b)
    if stop.kind is StopKind.CHIP:
        place = int(stop.key)
        found = [Patch("embed", place)]
        found += [Patch(f"blocks.{block}.resid_post", place) for block in range(model.n_layer)]
    elif can_patch(stop.key):
        found = _of_stage(stop.key, cell, followed if cell is None else cell.row)
    else:
        return [], ""
    if not count:
        return found, no_second_prompt()
    fitting = [patch for patch in found if (same if patch.token is None else patch.token < count)]
    if fitting:
        return fitting, ""
    if same or found[0].token is not None:
        return found, _no_token()
    return found, _other_lengths()


def _no_token() -> str:
    return _tr("Not both prompts have a token at this place.")


def _other_lengths() -> str:
    return _tr("A and B have different numbers of tokens: put a single token there.")


def _of_stage(tap: str, cell: FlowCell | None, token: int | None) -> list[Patch]:
    """From all of a stage down to the number that is pointed at."""
    head = cell.picture if cell is not None and is_by_head(tap) else None
    found = [Patch(tap)]
    if head is not None:
        found.append(Patch(tap, head=head))
    if token is not None:
        found.append(Patch(tap, token=token, head=head))
    if cell is not None:
        found.append(Patch(tap, token=token, head=head, feature=cell.column))
    return found


def with_patch(patches: tuple[Patch, ...], new: Patch) -> tuple[Patch, ...]:
    """With one more; those that lie within it are in it."""
    if any(_covers(each, new) for each in patches):
        return patches
    return (*(each for each in patches if not _covers(new, each)), new)


def _covers(whole: Patch, part: Patch) -> bool:
    places = ((whole.token, part.token), (whole.head, part.head), (whole.feature, part.feature))
    return whole.tap == part.tap and all(a is None or a == b for a, b in places)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Transformer", text)
