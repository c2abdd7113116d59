"""What a model of some shape costs: parameters, floating-point operations, memory, time. Pure arithmetic.

Letters: L n_layer, H n_head, C n_embd, V vocab_size, B sequences of a batch, T tokens of the context.

Operations are those of the matrix products of ``weightdeck.model.transformer``, a multiply and an add each counting
as one. What goes cell by cell (biases, layer norms, softmax, GELU, the optimizer's update) is left out, as in
Kaplan et al. 2020, "Scaling Laws for Neural Language Models", table 1. Contexts are counted as full and every
position as scored. A real batch may need less: padding is never computed, and the last block only where there is a
target.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from weightdeck.run.spec import ModelSpec

TRAINING_BYTES = 16  # for each parameter: weight, gradient and Adam's two moments, all float32
FLOAT32_BYTES = 4
HALF_BYTES = 2  # float16 or bfloat16, in which large models are run
TRAINING_PASSES = (
    3  # backward makes two matrix products, for inputs and for weights, of each that forward makes
)


@dataclass(frozen=True, slots=True)
class Shape:
    """A decoder's shape, of any size. Raises ``ValueError`` with a sentence for one that cannot be.

    `ModelSpec` without the limits of what this program trains.
    """

    n_layer: int
    n_head: int
    n_embd: int
    block_size: int  # longest context, tokens
    vocab_size: int
    tied: bool = False  # the output head is the token embedding itself

    def __post_init__(self) -> None:
        for name in ("n_layer", "n_head", "n_embd", "block_size", "vocab_size"):
            value = getattr(self, name)
            if type(value) is not int or value < 1:
                raise ValueError(f"{name} must be a whole number of at least 1; it is {value!r}.")
        if self.n_embd % self.n_head:
            raise ValueError(
                f"{self.n_embd:,} features (n_embd) cannot be shared evenly among {self.n_head:,} heads (n_head)."
            )

    @classmethod
    def of(cls, model: ModelSpec) -> Shape:
        return cls(model.n_layer, model.n_head, model.n_embd, model.block_size, model.vocab_size, model.tied)

    @property
    def head_size(self) -> int:
        return self.n_embd // self.n_head


class Part(StrEnum):
    """Parts of a model, in the order in which a token meets them."""

    EMBEDDING = "embedding"
    POSITIONS = "positions"
    ATTENTION = "attention"  # its two matrices, of all blocks
    SCORES = "scores"  # attention's products between positions, of all blocks: no parameters
    MLP = "mlp"  # of all blocks
    NORMS = "norms"  # both layer norms, of all blocks
    FINAL_NORM = "final_norm"
    HEAD = "head"


BLOCK_PARTS = (Part.ATTENTION, Part.SCORES, Part.MLP, Part.NORMS)


def parameters(shape: Shape) -> dict[Part, int]:
    """Numbers in the tensors of each part; a tied head has none of its own."""
    L, C, V = shape.n_layer, shape.n_embd, shape.vocab_size
    return {
        Part.EMBEDDING: V * C,
        Part.POSITIONS: shape.block_size * C,
        Part.ATTENTION: L * (4 * C * C + 4 * C),
        Part.SCORES: 0,
        Part.MLP: L * (8 * C * C + 5 * C),
        Part.NORMS: L * 4 * C,
        Part.FINAL_NORM: 2 * C,
        Part.HEAD: 0 if shape.tied else V * C,
    }


def num_parameters(shape: Shape) -> int:
    return sum(parameters(shape).values())


def forward_flops(shape: Shape, tokens: int) -> dict[Part, int]:
    """Operations of one forward pass over one sequence of `tokens` tokens (T), by part.

    A linear layer takes 2 * inputs * outputs for each token. Scores and their weighted sum take 2 C each for every
    cell of T x T: those of keys ahead of the query are computed too, and masked.
    """
    L, C, T = shape.n_layer, shape.n_embd, tokens
    return {
        Part.EMBEDDING: 0,  # a row is looked up
        Part.POSITIONS: 0,
        Part.ATTENTION: L * T * 8 * C * C,
        Part.SCORES: L * T * 4 * T * C,
        Part.MLP: L * T * 16 * C * C,
        Part.NORMS: 0,
        Part.FINAL_NORM: 0,
        Part.HEAD: T * 2 * C * shape.vocab_size,
    }


def flops_per_token(shape: Shape) -> int:
    """Operations of a forward pass over a full context, for each of its tokens."""
    return sum(forward_flops(shape, shape.block_size).values()) // shape.block_size


def step_flops(shape: Shape, sequences: int) -> int:
    """Operations of one training step on `sequences` full contexts: forward, and backward which takes twice as much.

    For the matrix products of this model that is exact. Kaplan et al. 2020 have it as 6 N a token: 2 N forward and
    4 N backward, with N the parameters in matrices of the blocks. The count here adds the head and what attention
    takes between positions.
    """
    return TRAINING_PASSES * sequences * sum(forward_flops(shape, shape.block_size).values())


def kaplan_flops_per_token(shape: Shape) -> int:
    """Operations of training for each token by the rule 6 N, N = 12 L C^2 (Kaplan et al. 2020, section 2.1)."""
    return 6 * 12 * shape.n_layer * shape.n_embd**2


@dataclass(frozen=True, slots=True)
class Growth:
    """A cost of one token that grows with the context: `fixed`, and `slope` for every token of the context."""

    fixed: int
    slope: int

    def at(self, tokens: float) -> float:
        return self.fixed + self.slope * tokens

    @property
    def crossing(self) -> float:
        """The context, in tokens, at which what grows has become as large as what is fixed."""
        return self.fixed / self.slope


def flops_growth(shape: Shape) -> Growth:
    """Operations of a forward pass for each token, over the context."""
    one = forward_flops(shape, 1)
    slope = one[Part.SCORES]
    return Growth(sum(one.values()) - slope, slope)


def activation_growth(shape: Shape) -> Growth:
    """Bytes that training keeps for the backward pass for each token, over the context; float32, dropout 0.

    Of each block: the input of both norms (2 C) with mean and scale of each (4), what enters the four matrices
    (7 C), queries, keys and values (3 C), the MLP before its GELU (4 C): 16 C + 4, and H T cells of the attention
    pattern. After the blocks: input and output of the last norm (2 C + 2) and the log-probabilities (V).
    """
    L, C = shape.n_layer, shape.n_embd
    numbers = L * (16 * C + 4) + 2 * C + 2 + shape.vocab_size
    return Growth(FLOAT32_BYTES * numbers, FLOAT32_BYTES * L * shape.n_head)


def activation_bytes_per_token(shape: Shape) -> int:
    """Bytes kept for the backward pass for each token of full contexts."""
    growth = activation_growth(shape)
    return growth.fixed + growth.slope * shape.block_size


@dataclass(frozen=True, slots=True)
class TrainingMemory:
    """Bytes that a training step holds at once."""

    weights: int
    gradients: int
    moments: int  # Adam's averages of the gradient and of its square
    activations: int  # kept for the backward pass

    @property
    def state(self) -> int:
        """All but the activations: what does not depend on the batch."""
        return self.weights + self.gradients + self.moments

    @property
    def total(self) -> int:
        return self.state + self.activations


def training_memory(shape: Shape, sequences: int) -> TrainingMemory:
    """Bytes of training on `sequences` full contexts at once, everything in float32.

    What a library holds for a moment besides (temporary results, padding of its buffers) is left out.
    """
    weights = FLOAT32_BYTES * num_parameters(shape)
    tokens = sequences * shape.block_size
    return TrainingMemory(weights, weights, 2 * weights, tokens * activation_bytes_per_token(shape))


def half_precision_bytes(shape: Shape) -> int:
    """Bytes of the weights in 16 bit, as large models are run."""
    return HALF_BYTES * num_parameters(shape)


def cache_bytes_per_token(shape: Shape) -> int:
    """Bytes of keys and values in 16 bit that a program which writes long texts keeps for each token.

    This program keeps none: it computes the whole context anew for each token.
    """
    return HALF_BYTES * 2 * shape.n_layer * shape.n_embd


def flops_per_second(shape: Shape, sequences: int, steps_per_s: float) -> float:
    """Operations a second of a run that makes `steps_per_s` steps; the most that they can be (see top of file)."""
    return step_flops(shape, sequences) * steps_per_s


def seconds_per_step(shape: Shape, sequences: int, flops_a_second: float) -> float:
    """An estimate: as if another model ran at the same operations a second (> 0) and had room in memory."""
    return step_flops(shape, sequences) / flops_a_second


@dataclass(frozen=True, slots=True)
class Reference:
    """A model that people know. `published` is its number of parameters as its source names it, where it does."""

    name: str
    shape: Shape
    source: str
    published: int | None = None


_GPT2 = "Radford et al. 2019, as counted by nanoGPT: with biases, head tied to the token embedding"

REFERENCES = (
    Reference("microgpt", Shape(1, 4, 16, 16, 27), "microgpt, which itself has no biases and plainer norms"),
    Reference(
        "nanoGPT on a CPU",
        Shape(4, 4, 128, 64, 65, tied=True),
        "nanoGPT's recipe for Shakespeare's letters on a CPU; counted with biases",
    ),
    Reference("GPT-2 small", Shape(12, 12, 768, 1024, 50257, tied=True), _GPT2, 124_439_808),
    Reference("GPT-2 medium", Shape(24, 16, 1024, 1024, 50257, tied=True), _GPT2, 354_823_168),
    Reference("GPT-2 large", Shape(36, 20, 1280, 1024, 50257, tied=True), _GPT2, 774_030_080),
    Reference("GPT-2 XL", Shape(48, 25, 1600, 1024, 50257, tied=True), _GPT2, 1_557_611_200),
    Reference(
        "GPT-3 175B",
        Shape(96, 96, 12288, 2048, 50257, tied=True),
        "Brown et al. 2020, table 2.1; counted as GPT-2, all of attention dense",
        175_000_000_000,
    ),
)
