"""How large the pictures of a flow are: as large as lets all of it be seen, and never under the least."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtGui import QFontMetricsF

from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.widgets.flow_parts import FlowBand
from weightdeck_desktop.widgets.flow_plan import LEAST, FlowPlan, FlowSizes, plan_flow

MOST_ZOOM = 8.0
MOST_CHIPS = 256  # more tokens are not told apart by their chips

_MOST = 150.0  # px at 100 %: height of pictures that nobody has zoomed into


def fitted_plan(
    bands: Sequence[FlowBand],
    chips: Sequence[str],
    theme: Theme,
    *,
    width: float,
    height: float,
    zoom: float,
) -> FlowPlan:
    """Everything placed for a view of this size, px. `zoom` 1 shows all of it if that can be; more makes it as many
    times as wide, with pictures as many times as high.
    """
    small = QFontMetricsF(theme.font(Type.SMALL))
    mono = QFontMetricsF(theme.font(Type.MONO_BODY))
    names = max((small.horizontalAdvance(band.name) for band in bands), default=0.0)
    stages = [stage for band in bands for stage in band.stages]
    sizes = FlowSizes(
        width=float(int(width)),
        picture=max(LEAST, float(theme.px(LEAST))),
        names=float(int(names + theme.px(12) + 14)),
        line=float(int(small.height()) + 1),
        chip=float(int(mono.height()) + 4),
        chips=tuple(
            float(int((mono if len(chip) == 1 else small).horizontalAdvance(chip)) + theme.px(12))
            for chip in chips[:MOST_CHIPS]
        ),
        captions={stage.key: float(int(small.horizontalAdvance(stage.caption)) + 2) for stage in stages},
    )
    fitting = _as_large_as_fits(bands, sizes, height, theme.px(_MOST))
    if zoom == 1.0:
        return plan_flow(bands, fitting)
    larger = replace(fitting, width=float(int(width * zoom)), picture=float(int(fitting.picture * zoom)))
    return plan_flow(bands, larger)


def _as_large_as_fits(bands: Sequence[FlowBand], sizes: FlowSizes, height: float, most: float) -> FlowSizes:
    """With the largest pictures at which all of it is seen, and nothing more is left out than with small ones."""
    least = plan_flow(bands, sizes)
    if least.height >= height or not least.stages:
        return sizes
    shown = sum(len(placed.tiles) for placed in least.stages.values())
    low, high = int(sizes.picture), int(most)
    while low < high:
        middle = (low + high + 1) // 2
        plan = plan_flow(bands, replace(sizes, picture=float(middle)))
        fits = plan.height <= height
        if fits and sum(len(placed.tiles) for placed in plan.stages.values()) >= shown:
            low = middle
        else:
            high = middle - 1
    return replace(sizes, picture=float(low))
