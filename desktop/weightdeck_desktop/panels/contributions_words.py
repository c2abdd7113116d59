"""Direct contributions in words: the parts, where each is seen, and the sum. No widgets."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from weightdeck.run.inside import Contribution, Contributions
from weightdeck.run.strips import Mix, Strip
from weightdeck_desktop.panels.lens_words import prompt_names, token_name
from weightdeck_desktop.widgets.contribution_bars import PartBar
from weightdeck_desktop.widgets.plain_number import plain_number

MODEL_ORDER, BY_SIZE = range(2)  # orders, by place in the switch
TOLERANCE = 1e-5  # of the sum of the parts' sizes: what their sum may differ from the logit

_HEAD = re.compile(r"head (\d+)\.(\d+)")
_IN_BLOCK = re.compile(r"(mlp|attention bias) (\d+)")


@dataclass(frozen=True, slots=True)
class Sum:
    """What the parts come to, in logits."""

    total: float
    raising: float  # of the parts above 0
    lowering: float  # of those below
    misses: bool  # the total is not the logit


def sum_of(found: Contributions) -> Sum:
    values = [part.value for part in found.parts]
    total, size = math.fsum(values), math.fsum(map(abs, values))
    return Sum(
        total,
        math.fsum(value for value in values if value > 0.0),
        math.fsum(value for value in values if value < 0.0),
        misses=abs(total - found.logit) > TOLERANCE * size,
    )


def part_words(part: str) -> str:
    """A part as it is shown."""
    fixed = {
        "embed": _tr("token embedding"),
        "pos_embed": _tr("position embedding"),
        "final norm bias": _tr("last norm's bias"),
        "clamps": _tr("held activations"),
    }
    if part in fixed:
        return fixed[part]
    if (head := _HEAD.fullmatch(part)) is not None:
        return _tr("head {0}.{1}").format(*head.groups())
    if (other := _IN_BLOCK.fullmatch(part)) is not None:
        words = _tr("MLP {0}") if other[1] == "mlp" else _tr("attention bias {0}")
        return words.format(other[2])
    return part


def part_strip(part: str) -> Strip | None:
    """The head or MLP that a part is; None for what has no channel strip."""
    if (head := _HEAD.fullmatch(part)) is not None:
        return Strip(int(head[1]), int(head[2]))
    other = _IN_BLOCK.fullmatch(part)
    return Strip(int(other[2])) if other is not None and other[1] == "mlp" else None


def part_tap(part: str) -> str | None:
    """The tap in which a part is seen; None where there is none."""
    if (head := _HEAD.fullmatch(part)) is not None:
        return f"blocks.{head[1]}.attn.z"
    if (other := _IN_BLOCK.fullmatch(part)) is not None:
        return f"blocks.{other[2]}." + ("mlp_out" if other[1] == "mlp" else "attn_out")
    return {"embed": "embed", "pos_embed": "pos_embed", "final norm bias": "ln_final.normalized"}.get(part)


def logit_words(value: float) -> str:
    """A contribution, to three decimals and more where it is tiny."""
    return plain_number(value, 3, "+") if math.isfinite(value) else _tr("not a number")


def bars_of(found: Contributions, order: int, mix: Mix) -> list[PartBar]:
    """The parts in their order; muted ones are struck."""
    parts: Sequence[Contribution] = found.parts
    if order == BY_SIZE:
        parts = sorted(parts, key=lambda part: -abs(part.value) if math.isfinite(part.value) else -math.inf)
    return [_bar(part, mix) for part in parts]


def subject_words(found: Contributions, names: Sequence[str]) -> str:
    """Whose logit it is, and where."""
    place = prompt_names(found.tokens)[found.position]
    token = token_name(names, found.token)
    if found.against is None:
        words = _tr("logit of “{0}” after “{1}” (token {2})")
        return words.format(token, place, found.position)
    words = _tr("logit of “{0}” minus that of “{1}” after “{2}” (token {3})")
    return words.format(token, token_name(names, found.against), place, found.position)


def sum_words(found: Contributions, limit: float) -> str:
    """The sum of the parts, what raises and what lowers it, and where bars end."""
    found_sum = sum_of(found)
    return _tr("sum of the {0} parts {1} · raising {2} · lowering {3} · bars to ±{4:g}").format(
        len(found.parts),
        logit_words(found_sum.total),
        logit_words(found_sum.raising),
        logit_words(found_sum.lowering),
        limit,
    )


def csv_rows(found: Contributions, order: int, mix: Mix) -> list[list[str]]:
    """The parts as they are shown, then their sum and the logit, as rows of a CSV file."""
    values = {part.part: part.value for part in found.parts}
    rows = [[bar.key, f"{values[bar.key]:.9g}"] for bar in bars_of(found, order, mix)]
    return [
        ["part", "contribution_logits"],
        *rows,
        ["sum of the parts", f"{sum_of(found).total:.9g}"],
        ["logit", f"{found.logit:.9g}"],
    ]


def _bar(part: Contribution, mix: Mix) -> PartBar:
    strip = part_strip(part.part)
    is_muted = strip is not None and mix.silences(strip)
    words, figure = part_words(part.part), logit_words(part.value)
    tip = [_tr("{0}: {1} logits").format(words, figure), _part_tip(part.part)]
    if is_muted:
        tip.append(_tr("Muted: what is left is what it writes while muted."))
    elif strip is not None and mix.of(strip).gain != 1.0:
        tip.append(_tr("Its fader stands at ×{0:.2f}.").format(mix.of(strip).gain))
    return PartBar(part.part, words, part.value, figure, "\n".join(tip), is_struck=is_muted)


def _part_tip(part: str) -> str:
    fixed = {
        "embed": _tr("What the vector of the token itself adds."),
        "pos_embed": _tr("What the vector of its position adds."),
        "final norm bias": _tr("What the last layer norm adds whatever the input (ln_f.bias)."),
        "clamps": _tr("What activations that are held at a value change in the residual stream."),
    }
    if part in fixed:
        return fixed[part]
    if part.startswith("attention bias"):
        return _tr(
            "What the projection of this block's attention adds whatever its heads say (attn.c_proj.bias)."
        )
    words = _tr("What it writes into the residual stream, seen from this token.")
    look = (
        _tr("Click: look at its attention.")
        if _HEAD.fullmatch(part)
        else _tr("Click: look at it in the inspector.")
    )
    return f"{words} {look}"


def _tr(text: str) -> str:
    return QCoreApplication.translate("Contributions", text)
