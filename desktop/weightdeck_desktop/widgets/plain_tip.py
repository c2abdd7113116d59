"""Tooltips with words of the user in them, and long ones."""

from __future__ import annotations

import textwrap

from PySide6.QtGui import Qt

_MOST = 90  # letters of a line: Qt breaks plain words nowhere but at the screen's edge


def plain_tip(words: str) -> str:
    """`words` for a tooltip that shows them as they are, in lines that can be read: Qt would take a name such as
    "a <b> c" for HTML.
    """
    if Qt.mightBeRichText(words):
        return Qt.convertFromPlainText(words)
    return "\n".join(
        "\n".join(textwrap.wrap(line, _MOST, break_long_words=False, break_on_hyphens=False)) or ""
        if len(line) > _MOST
        else line
        for line in words.split("\n")
    )
