"""AdamW (Loshchilov and Hutter 2019) written out over flat buffers."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from weightdeck.run.spec import Hyperparameters

EPSILON = 1e-8


class AdamW:
    """Updates one flat parameter buffer with two flat moments, all given. Elements [0, decay_end) are decayed."""

    def __init__(self, flat: Tensor, first_moment: Tensor, second_moment: Tensor, decay_end: int) -> None:
        self.first_moment = first_moment
        self.second_moment = second_moment
        self.updates = 0
        self._flat = flat
        self._decay_end = decay_end
        self._root = torch.empty_like(flat)

    def update(self, gradient: Tensor, learning_rate: float, settings: Hyperparameters) -> None:
        """One update of the parameters in place, from a gradient that is clipped already.

        m = beta1 m + (1 - beta1) g,  v = beta2 v + (1 - beta2) g^2,
        w = w - rate decay w - rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + 1e-8).
        """
        beta1, beta2 = settings.beta1, settings.beta2
        self.updates += 1
        self.first_moment.lerp_(gradient, 1.0 - beta1)
        self.second_moment.mul_(beta2).addcmul_(gradient, gradient, value=1.0 - beta2)
        correction1 = 1.0 - beta1**self.updates
        correction2 = 1.0 - beta2**self.updates
        torch.sqrt(self.second_moment, out=self._root)
        self._root.div_(math.sqrt(correction2)).add_(EPSILON)
        self._flat[: self._decay_end].mul_(1.0 - learning_rate * settings.weight_decay)
        self._flat.addcdiv_(self.first_moment, self._root, value=-learning_rate / correction1)
