"""The window of Weightdeck. Imports of the library go to ``weightdeck.run`` only; app.py alone reaches further."""
