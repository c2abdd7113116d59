"""Tokens as a person meets them. The vocabulary has one sign for the token that starts and ends a text."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import QCoreApplication

from weightdeck.run.frame import Prompt
from weightdeck.run.words import BOUNDARY


def seen_tokens(prompt: Prompt) -> tuple[str, ...]:
    """What the model saw of a prompt, token by token; the boundary before it is "start"."""
    return given_tokens(prompt.tokens)


def given_tokens(vocabulary: Sequence[str]) -> tuple[str, ...]:
    """Names of the tokens that the model reads; the boundary before a text is "start"."""
    start = QCoreApplication.translate("tokens", "start")
    return tuple(start if token == BOUNDARY else token for token in vocabulary)


def next_tokens(vocabulary: Sequence[str]) -> tuple[str, ...]:
    """Names of the tokens that may come next; the boundary after a text is "end"."""
    end = QCoreApplication.translate("tokens", "end")
    return tuple(end if token == BOUNDARY else token for token in vocabulary)


def cut_letters(prompt: Prompt, vocabulary: Collection[str]) -> str:
    """The known letters of a prompt that the context length cut off."""
    known = [letter for letter in prompt.text if letter in vocabulary and letter != BOUNDARY]
    return "".join(known[: prompt.cut])
