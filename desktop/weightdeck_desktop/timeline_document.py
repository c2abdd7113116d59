"""What of a document lies on the timeline of its present branch."""

from __future__ import annotations

from weightdeck.run.document import Bookmark, DocumentStatus
from weightdeck_desktop.widgets.branch_tree import BranchLine


def branch_lines(document: DocumentStatus) -> list[BranchLine]:
    """All branches, for the tree."""
    return [
        BranchLine(
            branch.number, branch.name, branch.parent, branch.step, newest, branch.number == document.branch
        )
        for branch, newest in zip(document.branches, document.heads, strict=True)
    ]


def lineage(document: DocumentStatus) -> dict[int, int]:
    """For the present branch and each one before it: up to which step it is part of the present one."""
    branches = {branch.number: branch for branch in document.branches}
    part = {}
    number: int | None = document.branch
    last = max(document.heads, default=0)
    while number is not None and number in branches:
        part[number] = last
        last = min(last, branches[number].step)
        number = branches[number].parent
    return part


def bookmarks_on(document: DocumentStatus) -> list[Bookmark]:
    """The bookmarks of moments that the present branch has gone through."""
    part = lineage(document)
    return [
        bookmark
        for bookmark in document.bookmarks
        if bookmark.place.step <= part.get(bookmark.place.branch, -1)
    ]


def forks_on(document: DocumentStatus) -> list[tuple[int, str]]:
    """(step, name) of the other branches that leave the present one, or which it left."""
    part = lineage(document)
    forks = []
    for branch in document.branches:
        if branch.parent is None:
            continue
        if branch.number in part:
            before = next(each.name for each in document.branches if each.number == branch.parent)
            forks.append((branch.step, before))
        elif branch.step <= part.get(branch.parent, -1):
            forks.append((branch.step, branch.name))
    return forks
