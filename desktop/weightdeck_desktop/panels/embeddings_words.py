"""What is said of vectors: what they are called, what the axes are, and all of it as a table. No widgets.

Letters: V vectors, K neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QCoreApplication

from weightdeck.run.inside import VectorMap
from weightdeck_desktop.panels.token_words import given_tokens

TOKENS, POSITIONS = range(2)  # which vectors, by place in the switch
KINDS = ("tokens", "positions")  # the same in settings and tables


def vector_names(kind: int, count: int, vocabulary: Sequence[str]) -> tuple[str, ...]:
    """What `count` vectors are called; a token that the vocabulary does not have is numbered."""
    numbers = tuple(map(str, range(count)))
    if kind == POSITIONS:
        return numbers
    return (*given_tokens(vocabulary)[:count], *numbers[len(vocabulary) :])


def vector_words(kind: int, name: str) -> str:
    """A vector in a sentence: "“e”", "position 3"."""
    return (_tr("position {0}") if kind == POSITIONS else _tr("“{0}”")).format(name)


def axis_words(explained: tuple[float, float]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the axis across and the one upwards are, the longest wording first."""
    across, up = (_share(each) for each in explained)
    return (
        (
            _tr("first principal component · {0} of the variance").format(across),
            _tr("first component · {0} of variance").format(across),
            _tr("first · {0}").format(across),
        ),
        (
            _tr("second principal component · {0} of the variance").format(up),
            _tr("second component · {0} of variance").format(up),
            _tr("second · {0}").format(up),
        ),
    )


def figure(value: float, sign: str = "") -> str:
    """A cosine or a length, to two decimals."""
    if not math.isfinite(value):
        return _tr("not a number")
    return f"{value:{sign}.2f}".replace("-", "−", 1)


def neighbours_of(vectors: VectorMap, place: int) -> list[tuple[int, float, float]]:
    """The nearest vectors, nearest first: which, the cosine between them, and how long it is."""
    if place >= len(vectors.neighbours):
        return []
    near = vectors.neighbours[place].tolist()
    lengths = vectors.norms[vectors.neighbours[place]].tolist()
    return list(zip(near, vectors.cosines[place].tolist(), lengths, strict=True))


def unknown_words(vectors: VectorMap) -> str:
    """How many vectors have no place; "" where all have one."""
    missing = int((~np.isfinite(vectors.points).all(1)).sum())
    return (
        _tr("{0:,} of {1:,} vectors are not numbers").format(missing, len(vectors.points)) if missing else ""
    )


def vectors_table(kind: int, vectors: VectorMap, names: Sequence[str]) -> list[list[str]]:
    """A row for every vector, under a row of headings."""
    count = vectors.neighbours.shape[1]
    shares = ["?" if not math.isfinite(share) else f"{share:.9g}" for share in vectors.explained]
    header = [
        KINDS[kind],
        "name",
        f"first principal component ({shares[0]} of the variance)",
        f"second principal component ({shares[1]} of the variance)",
        "length",
    ]
    for rank in range(count):
        header += [f"neighbour {rank + 1}", f"cosine {rank + 1}"]
    rows = [header]
    for place, (x, y) in enumerate(vectors.points.tolist()):
        row = [str(place), names[place], f"{x:.9g}", f"{y:.9g}", f"{vectors.norms[place]:.9g}"]
        for near, cosine, _ in neighbours_of(vectors, place):
            row += [names[near], f"{cosine:.9g}"]
        rows.append(row)
    return rows


def _share(explained: float) -> str:
    return f"{explained:.0%}".replace("%", " %") if math.isfinite(explained) else _tr("unknown share")


def _tr(text: str) -> str:
    return QCoreApplication.translate("Embeddings", text)
