"""Tooltips with words of the user in them."""

from __future__ import annotations

from PySide6.QtGui import Qt


def plain_tip(words: str) -> str:
    """`words` for a tooltip that shows them as they are: Qt would take a name such as "a <b> c" for HTML."""
    return Qt.convertFromPlainText(words) if Qt.mightBeRichText(words) else words
