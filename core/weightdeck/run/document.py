"""A run as a document: its branches, its moments, and how it stands with its file. Plain data.

A document is a tree of branches. Every branch is a run of its own from step 0: what it shares with its parent, up to
the step at which it left it, is kept once.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from weightdeck.run.spec import RunSpec

SUFFIX = ".weightdeck"
LONGEST_NAME = 60  # characters of a branch's or bookmark's name
LONGEST_NOTE = 20_000
LONGEST_DESK = 4 * 2**20
LEAST_BUDGET = 10**6  # bytes for keyframes


@dataclass(frozen=True, slots=True)
class Place:
    """A moment of a document: a branch after so many updates, with every command that took effect there."""

    branch: int
    step: int


@dataclass(frozen=True, slots=True)
class Branch:
    """One line of training. Branches are numbered in the order in which they were begun; 0 has no parent."""

    number: int
    name: str
    spec: RunSpec  # the parent's, but for the seed of a branch that begins at step 0
    parent: int | None
    step: int  # where it left its parent
    entries: int  # journal entries from step 0 that it took over from its parent
    numerics: str  # the numerics id that it began with


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A moment with a name; its keyframe is never thinned out."""

    place: Place
    name: str


class Saving(Enum):
    """How a document stands with its file."""

    SAVED = "saved"  # everything that was acknowledged is on the disk
    MEMORY = "memory"  # it has no file and never had one
    SUSPENDED = "suspended"  # its file cannot be written now; training goes on in memory
    READ_ONLY = "read only"  # a copy of a file that another program has, or that cannot be written


@dataclass(frozen=True, slots=True)
class DocumentStatus:
    """Where the document stands now."""

    path: str = ""  # "" for one in memory
    saving: Saving = Saving.MEMORY
    problem: str = ""  # a sentence, while saving is suspended or read only; else ""
    branch: int = 0  # the one that trains
    branches: tuple[Branch, ...] = ()
    heads: tuple[int, ...] = ()  # the newest step of every branch
    bookmarks: tuple[Bookmark, ...] = ()  # by branch and step
    keyframes: tuple[int, ...] = ()  # steps of the present branch that can be shown at once, ascending
    bytes: int = 0  # of the file on the disk
    note: str = ""  # the user's own words about the run
    desk: str = ""  # what the window keeps with the run: JSON, "" for nothing


@dataclass(frozen=True, slots=True)
class Past:
    """Another moment than now is shown; training waits and nothing can be turned."""

    place: Place  # the moment that was asked for
    shown: int  # the step that is shown; another than the place's while that is on its way
    is_exact: bool  # whether what is shown is the asked moment, bit for bit
    problem: str = ""  # a sentence when the exact moment cannot be had


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run to begin at step 0. `path` is where its document is written, "" for memory alone."""

    spec: RunSpec
    path: str = ""


@dataclass(frozen=True, slots=True)
class SavedRun:
    """A document to open and to continue where it was left."""

    path: str


Source = NewRun | SavedRun


@dataclass(frozen=True, slots=True)
class SetBookmark:
    """Name the moment that is shown; "" takes its bookmark away."""

    place: Place
    name: str


@dataclass(frozen=True, slots=True)
class NameBranch:
    number: int
    name: str


@dataclass(frozen=True, slots=True)
class WriteNote:
    """Replace the user's own words about the run."""

    text: str


@dataclass(frozen=True, slots=True)
class KeepDesk:
    """Replace what the window keeps with the run: JSON that only it reads."""

    text: str


@dataclass(frozen=True, slots=True)
class SetBudget:
    """How many bytes keyframes may take, at least one of each branch."""

    bytes: int


Annotation = SetBookmark | NameBranch | WriteNote | KeepDesk | SetBudget  # about a run; none changes a model


def check_annotation(annotation: Annotation) -> None:
    """Raise ``ValueError`` with a sentence for a name or text that is too long, or a budget that is too small."""
    match annotation:
        case SetBookmark(_, name) | NameBranch(_, name):
            if len(name.strip()) > LONGEST_NAME:
                raise ValueError(f"A name has at most {LONGEST_NAME} characters; this one has {len(name):,}.")
        case WriteNote(text):
            if len(text) > LONGEST_NOTE:
                raise ValueError(
                    f"A note has at most {LONGEST_NOTE:,} characters; this one has {len(text):,}."
                )
        case KeepDesk(text):
            if len(text) > LONGEST_DESK:
                raise ValueError("The desk is too large to be kept with the run.")
        case SetBudget(size):
            if size < LEAST_BUDGET:
                raise ValueError(f"Keyframes need at least {LEAST_BUDGET // 10**6} MB.")
