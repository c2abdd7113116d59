"""How large the pictures of a flow are: as large as lets all of it be seen while its bands are closed, and never under
the least. A band that opens changes no size, so that what stands over it stays where it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtGui import QFontMetricsF

from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.widgets.flow_parts import FlowBand
from weightdeck_desktop.widgets.flow_plan import LEAST, FlowPlan, FlowSizes, plan_flow

MOST_ZOOM = 8.0
MOST_CHIPS = 256  # more tokens are not told apart by their chips

_MOST = 150.0  # px at 100 %: height of pictures that nobody has zoomed into


@dataclass(frozen=True, slots=True)
class FlowLayout:
    plan: FlowPlan
    aside: int  # px at the right that are left to the overview; 0 where all is seen
    fit: float  # zoom at which all is seen, or as much as can be: 1, or less while bands are open


def laid_out(
    bands: Sequence[FlowBand],
    closed: Sequence[FlowBand],
    chips: Sequence[str],
    theme: Theme,
    *,
    size: tuple[int, int],
    zoom: float,
    overview: int,
) -> FlowLayout:
    """Everything placed for a view of this size, px, with room for an `overview` where not all is seen. `zoom` 1 shows
    all of it while the bands are `closed`, if that can be; more makes it as many times as wide, and pictures as many
    times as high; less makes pictures lower, down to the least.
    """
    width, height = size
    sizes = _sizes(bands, chips, theme, width)
    at_1 = _as_large_as_fits(closed, _sizes(closed, chips, theme, width), height, theme.px(_MOST)).picture
    fit = 1.0 if bands == closed else _as_large_as_fits(bands, sizes, height, at_1).picture / at_1
    picture = max(sizes.picture, float(int(at_1 * zoom + 1e-6)))

    def placed(room: int) -> FlowPlan:
        return plan_flow(bands, replace(sizes, width=float(int(room * max(1.0, zoom))), picture=picture))

    plan = placed(width)
    if plan.height <= height and plan.width <= width:
        return FlowLayout(plan, 0, fit)
    return FlowLayout(placed(width - overview), overview, fit)


def _sizes(bands: Sequence[FlowBand], chips: Sequence[str], theme: Theme, width: float) -> FlowSizes:
    """With the smallest pictures."""
    small = QFontMetricsF(theme.font(Type.SMALL))
    mono = QFontMetricsF(theme.font(Type.MONO_BODY))
    names = max((small.horizontalAdvance(band.name) for band in bands), default=0.0)
    stages = [stage for band in bands for stage in band.stages]
    return FlowSizes(
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
