"""Training: one step as three parts (forward, backward, update), the optimizer, edits and the journal's replay."""
