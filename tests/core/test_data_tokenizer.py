from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weightdeck.data.tokenizer import BOUNDARY, CharTokenizer

NAMES = CharTokenizer("abcdefghijklmnopqrstuvwxyz", boundary=True)
SORT = CharTokenizer("ABC", boundary=False)


def test_vocabularies() -> None:
    assert NAMES.vocabulary[0] == BOUNDARY
    assert NAMES.vocabulary[1:] == tuple("abcdefghijklmnopqrstuvwxyz")
    assert (NAMES.vocab_size, NAMES.start) == (27, 0)
    assert (SORT.vocabulary, SORT.vocab_size, SORT.start) == (("A", "B", "C"), 3, None)


@pytest.mark.parametrize("tokenizer", [NAMES, SORT])
@given(data=st.data())
def test_decode_undoes_encode(tokenizer: CharTokenizer, data: st.DataObject) -> None:
    text = data.draw(st.text(tokenizer.characters))
    ids, unknown = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert unknown == []
    assert all(0 <= index < tokenizer.vocab_size for index in ids)


@given(st.text())
def test_any_text_makes_a_prompt(text: str) -> None:
    for tokenizer in (NAMES, SORT):
        prompt = tokenizer.prompt(text, block_size=5)
        ids, unknown = tokenizer.encode(text)
        assert len(prompt.ids) <= 5
        assert len(prompt.tokens) == len(prompt.ids)
        assert len(ids) + len(unknown) == len(text)
        assert bool(prompt.problem) == bool(unknown or not prompt.ids)
        assert prompt.problem.isprintable()
        seen = tokenizer.decode(prompt.ids)
        assert prompt.cut == len(ids) - len(seen)
        assert tokenizer.decode(ids).endswith(seen)


def test_start_and_end_have_no_characters() -> None:
    assert NAMES.decode([0, 1, 2, 0]) == "ab"
    assert SORT.decode([0, 1, 2, 0]) == "ABCA"


def test_a_prompt_begins_with_the_start_token() -> None:
    prompt = NAMES.prompt("chri", block_size=16)
    assert prompt.ids == (0, 3, 8, 18, 9)
    assert prompt.tokens == (BOUNDARY, "c", "h", "r", "i")
    assert (prompt.text, prompt.cut, prompt.problem) == ("chri", 0, "")


def test_without_start_token_the_first_character_is_first() -> None:
    assert SORT.prompt("CABBAC", block_size=11).ids == (2, 0, 1, 1, 0, 2)


def test_an_empty_prompt_is_the_start_token_alone() -> None:
    prompt = NAMES.prompt("", block_size=16)
    assert (prompt.ids, prompt.problem) == ((0,), "")


def test_an_empty_prompt_without_start_token_has_a_sentence() -> None:
    prompt = SORT.prompt("", block_size=11)
    assert prompt.ids == ()
    assert prompt.problem == "There is nothing to predict from: type at least one of A, B, C."


def test_the_earliest_characters_are_cut_and_the_start_token_stays() -> None:
    fits = NAMES.prompt("abcdefghijklmno", block_size=16)
    assert (len(fits.ids), fits.cut) == (16, 0)
    long = NAMES.prompt("abcdefghijklmnopqrs", block_size=16)
    assert long.cut == 4
    assert long.tokens == (BOUNDARY, *"efghijklmnopqrs")
    assert SORT.prompt("ABCABC", block_size=4).tokens == tuple("CABC")
    assert SORT.prompt("ABCABC", block_size=4).cut == 2
    assert NAMES.prompt("abc", block_size=1).ids == (0,)


def test_unknown_characters_are_left_out_and_named_once() -> None:
    prompt = NAMES.prompt("a é-éb", block_size=16)
    assert prompt.tokens == (BOUNDARY, "a", "b")
    assert prompt.problem == "Left out: space, é, -. This model knows only a to z."


def test_the_wrong_case_gets_a_hint() -> None:
    assert NAMES.prompt("Chris", 16).problem == "Left out: C. This model knows only a to z; type c instead."
    assert (
        SORT.prompt("abA", 11).problem == "Left out: a, b. This model knows only A, B, C; type A, B instead."
    )


def test_a_long_list_of_unknown_characters_is_shortened() -> None:
    problem = NAMES.prompt("0123456789\t\x00", block_size=16).problem
    assert problem == "Left out: 0, 1, 2, 3, 4, 5 and more. This model knows only a to z."
    assert NAMES.prompt("\x00\t", 16).problem == "Left out: U+0000, tab. This model knows only a to z."
