"""The one kind of failure that the set-up reports: a sentence, then exit code 1."""

from __future__ import annotations


class SetupError(Exception):
    """Its text is shown to the user as it is: what is wrong, and what to do."""
