"""Tokens, data sets and batches, as NumPy arrays; no torch. Start with ``load_corpus``."""

from weightdeck.data.corpus import Corpus, load_corpus
from weightdeck.data.split import Split
from weightdeck.data.tokenizer import CharTokenizer

__all__ = ["CharTokenizer", "Corpus", "Split", "load_corpus"]
