"""The examples in the documentation run as they are printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def python_blocks(page: str) -> list[str]:
    return _BLOCK.findall((_ROOT / page).read_text(encoding="utf-8"))


@pytest.mark.parametrize(("page", "number"), [("docs/library.md", n) for n in range(4)])
def test_every_example_of_the_library_runs(
    page: str, number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    blocks = python_blocks(page)
    assert len(blocks) == 4
    exec(compile(blocks[number], f"{page}, example {number + 1}", "exec"), {})
    assert capsys.readouterr().out.strip()


def test_the_readme_shows_the_library_s_own_example() -> None:
    assert python_blocks("README.md") == python_blocks("docs/library.md")[:1]
