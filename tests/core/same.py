"""Whether two values are the same to the bit, for tests."""

from __future__ import annotations

from dataclasses import fields, is_dataclass

import numpy as np


def assert_same(a: object, b: object) -> None:
    """Equal, of the same types, to the bit (0.0 is not -0.0)."""
    assert type(a) is type(b)
    if isinstance(a, np.ndarray):
        assert isinstance(b, np.ndarray)
        assert (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
    elif isinstance(a, tuple):
        assert isinstance(b, tuple)
        for one, other in zip(a, b, strict=True):
            assert_same(one, other)
    elif is_dataclass(a):
        for field in fields(a):
            assert_same(getattr(a, field.name), getattr(b, field.name))
    else:
        assert repr(a) == repr(b)
