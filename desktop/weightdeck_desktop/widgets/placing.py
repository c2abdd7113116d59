"""Places for labels so that none covers another."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF


class Placing:
    """Hands out places between `top` and `bottom`, first come first served."""

    def __init__(self, top: float, bottom: float) -> None:
        self._top = top
        self._bottom = bottom
        self._taken: list[QRectF] = []

    def place(self, x: float, y: float, width: float, height: float) -> QPointF | None:
        """The top left corner for a label at `x`, as near to having its middle at `y` as the others allow; None when
        they leave it no room.
        """
        wanted = y - height / 2
        beside = [rect for rect in self._taken if rect.left() < x + width and x < rect.right()]
        candidates = [wanted]
        for rect in beside:
            candidates += [rect.top() - height, rect.bottom()]
        free = [
            top
            for top in (min(max(top, self._top), self._bottom - height) for top in candidates)
            if not any(rect.top() < top + height and top < rect.bottom() for rect in beside)
        ]
        if not free:
            return None
        top = min(free, key=lambda top: abs(top - wanted))
        self._taken.append(QRectF(x, top, width, height))
        return QPointF(x, top)
