"""Plain frozen data: what a run is, what may be done to it and what is told about it. No torch, no Qt."""
