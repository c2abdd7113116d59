"""The trainer thread: takes commands and questions, trains, and publishes frames. Importing it loads no torch."""

from weightdeck.session.session import TrainerSession

__all__ = ["TrainerSession"]
