"""The benchmarks that need no window."""
