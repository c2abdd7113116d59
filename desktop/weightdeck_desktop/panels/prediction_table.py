"""Predictions as rows of a CSV file. No widgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from weightdeck.run.frame import Prediction


def prediction_table(
    predictions: Mapping[int, Prediction], names: Sequence[str], baseline: str
) -> list[list[str]]:
    """A row for every token under a row of headings: its probability after A (0) and B (1), and that of `baseline`."""
    rows = [["token"]]
    for place, prediction in predictions.items():
        name = "AB"[place]
        rows[0].append(f"probability after {name}: {prediction.prompt.text}")
        if prediction.before is not None:
            rows[0].append(f"probability after {name} {baseline}")
    for token, label in enumerate(names):
        row = [label]
        for prediction in predictions.values():
            row.append(f"{prediction.probs[token]:.9g}")
            if prediction.before is not None:
                row.append(f"{prediction.before[token]:.9g}")
        rows.append(row)
    return rows
