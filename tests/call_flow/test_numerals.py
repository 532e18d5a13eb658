"""Amounts as the agent says them."""

import re

import pytest

from call_flow.playbook.numerals import amount_in_words, number_in_words


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("3000/month", "three thousand dollars a month"),
        ("3000-4000/month", "three thousand to four thousand dollars a month"),
        ("0-2000/month", "up to two thousand dollars a month"),
        ("5000+/month", "more than five thousand dollars a month"),
        ("3450/month", "three thousand four hundred fifty dollars a month"),
        ("$45,000 a year", "forty five thousand dollars a year"),
        ("$5k per month", "five thousand dollars a month"),
        ("$3,000 - $4,000", "three thousand to four thousand dollars"),
        ("12500/month", "twelve thousand five hundred dollars a month"),
        ("10 hours a week", "ten hours a week"),
        ("7.5 hours a week", "seven and a half hours a week"),
        ("0.5 hours a week", "half an hour a week"),
        ("1 hours a week", "one hour a week"),
        ("1.5 hours a week", "one and a half hours a week"),
        ("2.3 hours a week", "two point three hours a week"),
        ("10-15 hours/week", "ten to fifteen hours a week"),
        ("20+ hours", "more than twenty hours"),
        ("0/month", ""),
        ("0 hours a week", ""),
        ("", ""),
        ("evenings", "evenings"),
    ],
)
def test_an_amount_is_said_without_a_digit(value, said):
    assert amount_in_words(value) == said


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "zero"), (19, "nineteen"), (40, "forty"), (101, "one hundred one"), (2_000_000, "two million")],
)
def test_whole_numbers(number, said):
    assert number_in_words(number) == said


def test_no_two_numbers_are_said_alike():
    said = {number_in_words(number) for number in range(0, 120_000, 7)}
    assert len(said) == len(range(0, 120_000, 7))
    assert not any(re.search(r"\d|  ", words) for words in said)
