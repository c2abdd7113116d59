"""The figures of the cost panel: one list for its tables and for the file that they are exported to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from weightdeck.run import costs
from weightdeck.run.costs import BLOCK_PARTS, Part, Shape
from weightdeck_desktop.panels.compare_table import TableRow
from weightdeck_desktop.panels.cost_sizes import RANGES
from weightdeck_desktop.panels.cost_words import (
    UNKNOWN,
    part_name,
    part_tip,
    short_bytes,
    short_number,
    short_time,
    times_words,
)

_WRITE: dict[str, Callable[[float], str]] = {"": short_number, "bytes": short_bytes, "s": short_time}
_SMALL_SHARE = 0.01  # of the whole: below it, decimals are shown


@dataclass(frozen=True, slots=True)
class Scene:
    """What costs are counted for. `speed` is the run's measured steps a second, None where not known yet."""

    run: Shape | None
    other: Shape
    sequences: int  # of a training step
    steps: int  # planned
    speed: float | None


@dataclass(frozen=True, slots=True)
class Figure:
    """One cost of this run and of the other model; None where it is not known. `unit` is "", "bytes" or "s"."""

    name: str
    unit: str
    run: float | None
    other: float | None
    tip: str

    def write(self, value: float | None) -> str:
        return UNKNOWN if value is None else _WRITE[self.unit](value)

    @property
    def ratio(self) -> str:
        return times_words(self.other / self.run) if self.run and self.other else UNKNOWN


def part_rows(shape: Shape, sequences: int) -> list[TableRow]:
    """One model by part: parameters, operations for each token, memory of training. Bars are shares of each total."""
    parameters = costs.parameters(shape)
    flops = {
        part: each // shape.block_size for part, each in costs.forward_flops(shape, shape.block_size).items()
    }
    memory = costs.training_memory(shape, sequences)
    return [
        *_section(
            _tr("Parameters"),
            "",
            [(part_name(part), count, _part_tip(part, shape)) for part, count in parameters.items()],
        ),
        *_section(
            _tr("Operations a token"),
            "",
            [(part_name(part), count, _part_tip(part, shape)) for part, count in flops.items()],
            _tr(
                "Floating-point operations of one forward pass for each token of a full context of {0:,}: a multiply "
                "and an add count as two."
            ).format(shape.block_size),
        ),
        *_section(
            _tr("Memory of training"),
            "bytes",
            [
                (_tr("weights"), memory.weights, _tr("4 bytes for each parameter (float32).")),
                (_tr("gradients"), memory.gradients, _tr("As large as the weights.")),
                (
                    _tr("Adam's moments"),
                    memory.moments,
                    _tr("Two averages for each parameter: of its gradient and of the gradient's square."),
                ),
                (
                    _tr("kept for backward"),
                    memory.activations,
                    _tr(
                        "Activations of a step of {0:,} sequences with full contexts, which the backward pass needs "
                        "again."
                    ).format(sequences),
                ),
            ],
        ),
    ]


def figures(scene: Scene) -> list[list[Figure]]:
    """What this run and the other model cost, in groups: size, operations, memory, time."""
    B = scene.sequences
    return [
        [
            _figure(
                scene,
                _tr("parameters"),
                "",
                costs.num_parameters,
                _tr("Numbers that training adjusts: the knobs of the model."),
            )
        ],
        [
            _figure(
                scene,
                _tr("operations a token"),
                "",
                costs.flops_per_token,
                _tr("One forward pass over a full context, for each of its tokens."),
            ),
            _figure(
                scene,
                _tr("operations a step"),
                "",
                lambda shape: costs.step_flops(shape, B),
                _tr("One training step on {0:,} sequences with full contexts: forward and backward.").format(
                    B
                ),
            ),
            _figure(
                scene,
                _tr("attention half at"),
                "",
                lambda shape: round(costs.flops_growth(shape).crossing),
                _tr(
                    "The context, in tokens, from which attention between tokens takes more work than all "
                    "matrices."
                ),
            ),
        ],
        [
            _figure(
                scene,
                _tr("training state"),
                "bytes",
                lambda shape: costs.TRAINING_BYTES * costs.num_parameters(shape),
                _tr("Weights, gradients and Adam's two moments: 16 bytes for each parameter."),
            ),
            _figure(
                scene,
                _tr("kept for backward"),
                "bytes",
                lambda shape: costs.training_memory(shape, B).activations,
                _tr(
                    "Activations of a step of {0:,} sequences, if all are computed at once in float32."
                ).format(B),
            ),
            _figure(
                scene,
                _tr("weights in 16 bit"),
                "bytes",
                costs.half_precision_bytes,
                _tr("What running the model without training it needs at least: 2 bytes for each parameter."),
            ),
            _figure(
                scene,
                _tr("cache a token"),
                "bytes",
                costs.cache_bytes_per_token,
                _tr(
                    "Keys and values in 16 bit that a program for long texts keeps for each token. "
                    "This program keeps none."
                ),
            ),
            _figure(
                scene,
                _tr("cache, full context"),
                "bytes",
                lambda shape: costs.cache_bytes_per_token(shape) * shape.block_size,
                _tr("The same for a whole context."),
            ),
        ],
        _times(scene),
    ]


def comparison_rows(scene: Scene, other_name: str) -> list[TableRow]:
    """This run beside the other model, and how many times as much that is."""
    headings = (_tr("Size"), _tr("Operations"), _tr("Memory"), _tr("Time here, estimated"))
    rows: list[TableRow] = []
    for place, (heading, group) in enumerate(zip(headings, figures(scene), strict=True)):
        columns = (_tr("this run"), _tr("what if"), _tr("ratio")) if place == 0 else ()
        rows.append(TableRow((heading, *columns), is_heading=True, tip=heading))
        for figure in group:
            cells = (figure.name, figure.write(figure.run), figure.write(figure.other), figure.ratio)
            tip = _tr("{name}: {what}\nthis run: {run}\n{other_name}: {other}\nratio: {ratio}").format(
                name=figure.name,
                what=figure.tip,
                run=_whole(figure.run, figure.unit),
                other_name=other_name,
                other=_whole(figure.other, figure.unit),
                ratio=figure.ratio,
            )
            rows.append(TableRow(cells, tip=tip))
    return rows


def table_rows(scene: Scene, other_name: str) -> list[list[str]]:
    """Every figure of both models in full, parts included, as rows of a file."""
    rows = [["figure", "unit", "this_run", other_name]]
    rows += [
        [size, "1", str(getattr(scene.run, size, "")), str(getattr(scene.other, size))] for size in RANGES
    ]
    for name, unit, count in (
        ("parameters", "1", costs.parameters),
        ("operations_a_context", "floating-point operations", _context_flops),
    ):
        other = count(scene.other)
        run = count(scene.run) if scene.run is not None else {}
        rows += [[f"{name}:{part}", unit, str(run.get(part, "")), str(each)] for part, each in other.items()]
    for group in figures(scene):
        for figure in group:
            values = ("" if value is None else repr(value) for value in (figure.run, figure.other))
            rows.append([figure.name, figure.unit or "1", *values])
    return rows


def _context_flops(shape: Shape) -> dict[Part, int]:
    return costs.forward_flops(shape, shape.block_size)


def _times(scene: Scene) -> list[Figure]:
    """The measured speed of this run, and how long the other model would take at as many operations a second."""
    run, B = scene.run, scene.sequences
    measured = None
    if run is not None and scene.speed is not None:
        measured = costs.flops_per_second(run, B, scene.speed)

    def a_step(shape: Shape) -> float | None:
        return None if measured is None else costs.seconds_per_step(shape, B, measured)

    def all_steps(shape: Shape) -> float | None:
        one = a_step(shape)
        return None if one is None else one * scene.steps

    return [
        Figure(
            _tr("operations / s"),
            "",
            measured,
            measured,
            _tr(
                "Steps a second, as measured in this run at its present pace, times the operations of a step. At most: "
                "a step on short sequences takes fewer. The other model is taken to run as fast."
            ),
        ),
        _figure(
            scene,
            _tr("a step"),
            "s",
            a_step,
            _tr(
                "This run: measured. The other model: an estimate, as if it had room in this machine's memory."
            ),
        ),
        _figure(
            scene,
            _tr("{0:,} steps").format(scene.steps),
            "s",
            all_steps,
            _tr(
                "The planned length of this run, with {0:,} sequences a step. Large models train longer."
            ).format(B),
        ),
    ]


def _figure(scene: Scene, name: str, unit: str, count: Callable[[Shape], float | None], tip: str) -> Figure:
    return Figure(name, unit, None if scene.run is None else count(scene.run), count(scene.other), tip)


def _section(heading: str, unit: str, parts: list[tuple[str, int, str]], tip: str = "") -> list[TableRow]:
    write = _WRITE[unit]
    total = sum(count for _, count, _ in parts)
    whole = _whole(total, unit)
    rows = [TableRow((heading, write(total), ""), is_heading=True, tip=f"{heading}: {whole}\n{tip}".rstrip())]
    for name, count, words in parts:
        if count:
            share = count / total
            row_tip = f"{name}: {_whole(count, unit)} ({_share(share)})\n{words}"
            rows.append(TableRow((name, write(count), _share(share)), bar=share, tip=row_tip))
    return rows


def _part_tip(part: Part, shape: Shape) -> str:
    words = part_tip(part)
    if part in BLOCK_PARTS:
        words += "\n" + _tr("Of all {0:,} blocks together, an equal share each.").format(shape.n_layer)
    return words


def _share(share: float) -> str:
    return f"{100 * share:.{1 if share < _SMALL_SHARE else 0}f} %"


def _whole(value: float | None, unit: str) -> str:
    """All figures, for a tip: "88,272"."""
    if value is None:
        return _tr("not known yet")
    if unit == "s":
        return short_time(value)
    return f"{value:,.0f} {_tr('bytes') if unit else ''}".rstrip()


def _tr(text: str) -> str:
    return QCoreApplication.translate("CostFigures", text)
