"""The rows of an explanation and of what is expanded beneath it: plain data, put together anew whenever it changes."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QCoreApplication

from weightdeck.run.audit import Mismatch
from weightdeck.run.explanation import Explanation
from weightdeck.run.subjects import Subject
from weightdeck_desktop.panels.explain_words import (
    adds_up,
    by_size,
    check_words,
    exact,
    figure,
    heading,
    is_of_shares,
    parts,
    pass_words,
    plain_figure,
    share_figure,
    term_tip,
    term_words,
    total,
)

SHOWN = 5  # terms before the rest is summed in one row

Key = tuple[int | str, ...]  # where a row belongs, whatever its place in the list


class RowKind(Enum):
    ADDRESS = "address"
    VALUE = "value"
    TITLE = "title"
    WHOSE = "whose"
    FORMULA = "formula"
    NUMBERS = "numbers"
    PROBLEM = "problem"
    HEADING = "heading"
    TERM = "term"
    OPERAND = "operand"
    CHECK = "check"
    FACT = "fact"
    NOTE = "note"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Row:
    """One line. `leads` are the subjects that it asks for; `toggles` is the key that opens what lies beneath it."""

    key: Key
    kind: RowKind
    label: str
    value: str = ""
    symbol: str = ""
    share: float | None = None  # of the longest bar; beyond -1 and 1 it is cut
    depth: int = 0
    tip: str = ""
    leads: tuple[Subject | None, ...] = ()
    toggles: Key | None = None
    is_open: bool = False
    is_wrong: bool = False
    longest_label: str = ""  # of its neighbours and it: they stand in columns
    most_factors: int = 0
    factors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TermRow:
    """A term of an explanation; its words are made when they are seen, for there may be thousands."""

    explanation: Explanation
    place: int
    part: float
    longest_bar: float
    key: Key
    depth: int
    is_open: bool
    longest_label: str
    most_factors: int
    kind: RowKind = RowKind.TERM
    symbol: str = ""
    is_wrong: bool = False

    @property
    def label(self) -> str:
        return term_words(self.explanation, self.place)

    @property
    def factors(self) -> tuple[str, ...]:
        operands = self.explanation.terms[self.place].operands
        if len(operands) == 1 and not is_of_shares(self.explanation):
            return ()
        return tuple(figure(operand.value) for operand in operands)

    @property
    def value(self) -> str:
        return share_figure(self.part) if is_of_shares(self.explanation) else figure(self.part)

    @property
    def share(self) -> float | None:
        return bar_share(self.part, self.longest_bar)

    @property
    def tip(self) -> str:
        return term_tip(self.explanation.terms[self.place])

    @property
    def leads(self) -> tuple[Subject | None, ...]:
        return tuple(operand.subject for operand in self.explanation.terms[self.place].operands)

    @property
    def toggles(self) -> Key | None:
        return self.key if any(self.leads) else None


AnyRow = Row | TermRow


def bar_share(part: float, longest: float) -> float | None:
    """How long a bar is, -1 to 1 for a term and perhaps more for many together; None where that is no number."""
    share = part / longest if longest > 0.0 else 0.0
    return share if math.isfinite(share) else None


def explanation_rows(
    root: Explanation,
    children: Mapping[Subject, Explanation],
    opened: Collection[Key],
    *,
    mismatch: Mismatch | None = None,
    problem: str = "",
    is_waiting: bool = False,
) -> list[AnyRow]:
    """All rows of `root`, with those of the `children` that are `opened`."""
    return _Builder(children, opened).root_rows(root, mismatch, problem, is_waiting)


class _Builder:
    def __init__(self, children: Mapping[Subject, Explanation], opened: Collection[Key]) -> None:
        self._children = children
        self._opened = opened
        self._rows: list[AnyRow] = []

    def root_rows(
        self, root: Explanation, mismatch: Mismatch | None, problem: str, is_waiting: bool
    ) -> list[AnyRow]:
        if problem:
            self._text(("problem",), RowKind.PROBLEM, problem, 0, is_wrong=True)
        self._text(("address",), RowKind.ADDRESS, str(root.subject), 0)
        is_wrong = mismatch is not None or not adds_up(root)
        value = plain_figure(root.value) + (" …" if is_waiting else "")
        self._rows.append(Row(("value",), RowKind.VALUE, value, tip=exact(root.value), is_wrong=is_wrong))
        if mismatch is not None:
            words = _tr("The reference expects {0}; shown was {2}, at step {1:,}.").format(
                plain_figure(mismatch.expected), mismatch.step, plain_figure(mismatch.shown)
            )
            self._text(("mismatch",), RowKind.PROBLEM, words, 0, is_wrong=True)
        self._text(("title",), RowKind.TITLE, root.title, 0)
        self._text(("whose",), RowKind.WHOSE, pass_words(root), 0)
        self._body(root, (), 0)
        return self._rows

    def _body(self, explanation: Explanation, base: Key, depth: int) -> None:
        """Formula, terms, check, facts, note and further questions."""
        self._text((*base, "formula"), RowKind.FORMULA, explanation.symbols, depth)
        self._text((*base, "numbers"), RowKind.NUMBERS, explanation.numbers, depth)
        self._terms(explanation, base, depth)
        is_wrong = not adds_up(explanation)
        self._text((*base, "check"), RowKind.CHECK, check_words(explanation), depth, is_wrong=is_wrong)
        if explanation.facts:
            self._rows.append(Row((*base, "facts"), RowKind.HEADING, _tr("on the way"), depth=depth))
        for place, fact in enumerate(explanation.facts):
            tip = f"{fact.label}: {fact.symbol} = {exact(fact.value)}"
            self._rows.append(
                Row(
                    (*base, "fact", place),
                    RowKind.FACT,
                    fact.label,
                    plain_figure(fact.value),
                    fact.symbol,
                    depth=depth,
                    tip=tip,
                )
            )
        self._text((*base, "note"), RowKind.NOTE, explanation.note, depth)
        if explanation.related:
            self._rows.append(Row((*base, "related"), RowKind.HEADING, _tr("ask on"), depth=depth))
        for place, (words, subject) in enumerate(explanation.related):
            tip = _tr("Click or Enter: {0}").format(subject)
            self._rows.append(
                Row((*base, "ask", place), RowKind.LINK, words, depth=depth, tip=tip, leads=(subject,))
            )

    def _terms(self, explanation: Explanation, base: Key, depth: int) -> None:
        made = parts(explanation)
        order = by_size(made)
        if is_of_shares(explanation):  # the one that is asked about is always seen
            order = [0, *(place for place in order if place)]
        everything: Key = (*base, "all")
        has_rest = len(order) > SHOWN + 1
        shows_all = everything in self._opened or not has_rest
        shown = order if shows_all else order[:SHOWN]
        self._rows.append(
            Row(
                (*base, "heading"),
                RowKind.HEADING,
                heading(explanation, len(shown)),
                "" if not has_rest else _tr("fewer") if shows_all else _tr("show all"),
                depth=depth,
                tip=_tr("Click or Enter: all of them, or only the largest") if has_rest else "",
                toggles=everything if has_rest else None,
                is_open=shows_all,
            )
        )
        rest = total([made[place] for place in order[len(shown) :]])
        # By the largest single term: beside all the others together it would hardly be seen.
        longest = max((abs(part) for part in made if math.isfinite(part)), default=0.0)
        others = _tr("{0:,} others").format(len(order) - len(shown))
        seen = shown[:64]
        longest_label = max((others, *(term_words(explanation, place) for place in seen)), key=len)
        most_factors = max(len(explanation.terms[place].operands) for place in seen)
        for place in shown:
            key = (*base, place)
            is_open = key in self._opened
            row = TermRow(
                explanation, place, made[place], longest, key, depth, is_open, longest_label, most_factors
            )
            self._rows.append(row)
            if is_open:
                self._operands(row)
        if not shows_all:
            share = bar_share(rest, longest)
            tip = _tr("Together {0}. Click or Enter: show all of them").format(exact(rest))
            if share is not None and abs(share) > 1.0:
                tip += "\n" + _tr("The bar is cut: it would be {0:.1f} times the longest").format(abs(share))
            self._rows.append(
                Row(
                    (*base, "others"),
                    RowKind.TERM,
                    others,
                    share_figure(rest) if is_of_shares(explanation) else figure(rest),
                    share=share,
                    depth=depth,
                    tip=tip,
                    toggles=everything,
                    longest_label=longest_label,
                    most_factors=most_factors,
                )
            )

    def _operands(self, row: TermRow) -> None:
        """What a term is made of, and beneath each factor that is open what explains it."""
        operands = row.explanation.terms[row.place].operands
        if len(operands) == 1:
            self._child(operands[0].subject, row.key, row.depth + 1, row.explanation.step)
            return
        for place, operand in enumerate(operands):
            key = (*row.key, "operand", place)
            is_open = key in self._opened
            has_more = operand.subject is not None
            self._rows.append(
                Row(
                    key,
                    RowKind.OPERAND,
                    operand.label,
                    plain_figure(operand.value),
                    depth=row.depth + 1,
                    tip=f"{operand.subject or operand.label} = {exact(operand.value)}",
                    leads=(operand.subject,),
                    toggles=key if has_more else None,
                    is_open=is_open,
                )
            )
            if is_open:
                self._child(operand.subject, key, row.depth + 2, row.explanation.step)

    def _child(self, subject: Subject | None, base: Key, depth: int, step: int) -> None:
        if subject is None:
            return
        child = self._children.get(subject)
        if child is None:
            self._text((*base, "waiting"), RowKind.NOTE, _tr("asking …"), depth)
            return
        title = child.title
        if child.step != step:
            title = _tr("{0}: {1} at step {2:,}").format(title, plain_figure(child.value), child.step)
        self._text((*base, "title"), RowKind.NOTE, title, depth)
        self._body(child, base, depth)

    def _text(self, key: Key, kind: RowKind, words: str, depth: int, *, is_wrong: bool = False) -> None:
        if words:
            self._rows.append(Row(key, kind, words, depth=depth, tip=words, is_wrong=is_wrong))


def _tr(text: str) -> str:
    return QCoreApplication.translate("ExplainRows", text)
