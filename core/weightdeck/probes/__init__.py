"""Read a model and make plain numbers. A probe touches no gradient, no weight and no random state of training."""
