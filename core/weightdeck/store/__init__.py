"""The run file: keeps a run as a document, reads it back bit for bit, and never says "saved" when it is not."""
