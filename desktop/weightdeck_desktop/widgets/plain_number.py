"""Numbers as a person would write them: to fixed decimals, and tiny ones so that they are not taken for nothing."""

from __future__ import annotations


def plain_number(value: float, decimals: int, sign: str = "") -> str:
    """ "0.440" to three decimals; "0.004" where two would not do, "2e-5" where three would not.

    With `sign` "+" positive numbers are signed too.
    """
    text = f"{value:{sign}.{decimals}f}"
    if 0.001 <= abs(value) < 10.0**-decimals:
        text = f"{value:{sign}.3f}"
    elif 0.0 < abs(value) < 10.0**-decimals:
        mantissa, exponent = f"{value:{sign}.{max(0, decimals - 3)}e}".split("e")
        text = f"{mantissa}e{int(exponent)}"
    return text.replace("-", "−", 1) if value < 0.0 else text
