"""Decides, draws nothing: what the session says goes to the panels, what the user does goes to the session."""
