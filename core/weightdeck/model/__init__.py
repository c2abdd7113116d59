"""The transformer in PyTorch, the flat buffer of its parameters, and the same function in NumPy as a check."""
