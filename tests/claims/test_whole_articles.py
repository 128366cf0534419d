# ruff: noqa: E501
"""Drafts of whole articles: scored by article on marks written before the rules, and by construction."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from atlarge.claims.drafting import draft_article, ledger_text
from atlarge.claims.schema import parse_ledger

from .whole_articles import names, score_part, summary

pytestmark = pytest.mark.slow_file


def _claims(text: str, published: dt.date = dt.date(2017, 6, 20)) -> list[dict[str, Any]]:
    return [draft.claim for draft in draft_article(text, published).drafts]


def test_there_are_articles_of_many_builds() -> None:
    assert len(names("building")) >= 6
    assert len(names("scoring")) >= 6


def test_scoring_articles_are_read() -> None:
    """Floors under the scores of articles marked before they were read; the benchmark has the first reading."""
    total = summary(score_part("scoring"))
    assert total["mean"]["found"] >= 0.85
    assert total["mean"]["spurious"] <= 0.2
    assert total["mean"]["speaker"] >= 0.9
    assert total["mean"]["numbers"] >= 0.85
    assert total["worst"]["found"] >= 0.7


def test_building_articles_are_read() -> None:
    total = summary(score_part("building"))
    assert total["worst"]["found"] >= 0.85
    assert total["mean"]["speaker"] >= 0.95
    assert total["worst"]["advertising"] == 0


@pytest.mark.parametrize("part", ["building", "scoring"])
def test_every_draft_is_a_valid_ledger_of_drafts(part: str) -> None:
    import yaml

    assert len(names(part)) >= 5
    for path in names(part):
        kept = yaml.safe_load(path.read_text(encoding="utf-8"))
        ledger = parse_ledger(ledger_text(draft_article(kept["text"], kept["published"])))
        assert {claim["status"] for claim in ledger["claims"]} == {"draft"}, path.name


_CARRIED = [
    # the words of the paragraph after the one that names the speaker, and how they are carried over
    "“It was because of the sheriff,” {he} said.",
    "“It was because of the sheriff.”",
    "“It was because of the sheriff,” said {last}.",
    "{last} added that it was because of the sheriff.",
    "“It was because of the sheriff,” the {title} continued.",
    "According to the {title}, it was because of the sheriff.",
]


@pytest.mark.parametrize("carried", _CARRIED)
@pytest.mark.parametrize(
    ("title", "first", "last", "he"),
    [
        ("judge", "Dana", "Houston", "she"),
        ("mayor", "Paul", "Austin", "he"),
        ("sheriff", "Ana", "Denver", "she"),
    ],
)
def test_words_are_given_to_who_was_named_before(
    carried: str, title: str, first: str, last: str, he: str
) -> None:
    """A surname that is a place stays a person, in whatever way the next paragraph points back."""
    text = (
        f"{title.capitalize()} {first} {last} said on Monday that the operation was planned for weeks.\n\n"
        + carried.format(title=title, last=last, he=he)
    )
    cause = next(claim for claim in _claims(text) if claim["kind"] == "cause")
    assert cause["speaker"]["name"] == f"{first} {last}"
    assert cause["speaker"]["named"] is True
    assert cause.get("where") != last


@pytest.mark.parametrize("head", ["official", "agent", "employee", "lawyer"])
@pytest.mark.parametrize("verb", ["said", "indicated", "added", "suggested"])
def test_the_one_not_named_stays_the_same_and_not_named(head: str, verb: str) -> None:
    text = (
        f"Towns are searched on purpose, according to an unnamed state {head} who spoke to a cable network.\n\n"
        "The mayor said nothing.\n\n"
        f"The unnamed state {head} {verb} that managers discussed more searches in such towns."
    )
    speakers = [claim["speaker"] for claim in _claims(text)]
    assert speakers[0] == speakers[-1]
    assert speakers[0]["name"] == "anonymous"
    assert speakers[0]["named"] is False
    assert head in speakers[0]["role"]
    assert speakers[0]["heard"] == "interview"


@pytest.mark.parametrize(
    "shop",
    [
        "Buy our best coffee at 40% off now!",
        "Shop our winter sale today!",
        "Get 20 percent off your first order.",
        "Try SuperGreens now and save 25%!",
        "Subscribe today for 99 cents a week.",
        "Related Articles",
        "Photo: Agents arrest 14 people in 2016. (Staff photo by A. B.)",
        "Follow us on Twitter.",
        "Copyright 2017. All rights reserved.",
        "READ MORE: 12 things to know about detainers",
        "Click here to see 25 photos.",
    ],
)
def test_no_shop_line_becomes_a_claim(shop: str) -> None:
    text = f"The county declined 14 detainers in May, the sheriff said.\n\n{shop}\n\n“We had to,” the sheriff said."
    assert all(shop[:20] not in claim["text"] for claim in _claims(text))


def test_a_rank_and_a_count_are_two_claims_of_one_report() -> None:
    text = "The state released a report on counties that refuse; Wake County was the worst on the list, refusing 118 detainers."
    rank, count = _claims(text)
    assert (rank["kind"], count["kind"]) == ("rank", "count")
    assert count["expected"] == {"value": 118, "unit": "detainers"}
    assert count["measure"] == "detainers_declined"
    assert rank["where"] == count["where"] == "Wake County, NC"
    assert "report" in rank["speaker"]["name"]


def test_a_share_a_total_and_a_ranking_are_three_claims() -> None:
    text = (
        "Nearly 60 percent of the nation’s 11.1 million unauthorized immigrants live in just 20 metropolitan areas, with the most in "
        "New York, Los Angeles and Houston, according to a report by the Pew Research Center."
    )
    share, total, rank = _claims(text)
    assert share["where"] == {"top": 20, "kind": "metro"}
    assert share["of"] == {"where": "United States"}
    assert share["expected"] == {"value": 60, "unit": "percent", "word": "nearly"}
    assert total["expected"] == {"value": 11.1, "unit": "million"}
    assert rank["where"] == ["New York", "Los Angeles", "Houston"]
    assert {claim["speaker"]["name"] for claim in (share, total, rank)} == {"Pew Research Center"}


@pytest.mark.parametrize(
    ("words", "when"),
    [
        ("from Feb. 6 to Feb. 10", "2017-02-06..2017-02-10"),
        ("between February 6 and 10", "2017-02-06..2017-02-10"),
        ("in the five days that ended Feb. 10", "2017-02-06..2017-02-10"),
        ("over five days beginning Feb. 6", "2017-02-06..2017-02-10"),
        ("from Jan. 28 through Feb. 3", "2017-01-28..2017-02-03"),
        ("from Feb. 6 to Feb. 10, 2016", "2016-02-06..2016-02-10"),
        ("on Feb. 6 of 2016", "2016-02-06"),
        ("in mid-February", "2017-02-11..2017-02-20"),
        ("in the week of Feb. 6", "2017-02-06..2017-02-12"),
        ("in the first half of 2016", "2016-01..2016-06"),
    ],
)
def test_a_span_keeps_its_dates_and_its_own_year(words: str, when: str) -> None:
    claim = _claims(f"Agents arrested 51 people in Travis County {words}.")[0]
    assert claim["when"] == when


def test_a_particle_is_no_word_of_comparison() -> None:
    claim = _claims("The Travis County jail handed over 622 people to the agency in 2016.")[0]
    assert claim["expected"] == {"value": 622, "unit": "people"}
    assert claim["measure"] == "handoffs"
    over = _claims("The Travis County jail held over 622 people and released more than 30 of them in 2016.")
    assert over[-1]["expected"]["word"] == "more than"


def test_what_is_carried_over_is_marked_as_inferred() -> None:
    text = "Agents arrested 51 people in Travis County from Feb. 6 to Feb. 10. Of those, 28 had no criminal conviction."
    first, second = _claims(text)
    assert "inferred" not in first
    assert second["where"] == "Travis County, TX"
    assert second["when"] == "2017-02-06..2017-02-10"
    assert {"where", "when"} <= set(second["inferred"])


@pytest.mark.parametrize("seed", range(6))
def test_shuffled_words_of_articles_give_a_valid_ledger(seed: int) -> None:
    """Whatever the rules make of words out of order, the draft can be read as a ledger."""
    import random

    import yaml

    chance = random.Random(seed)
    words = [
        "every",
        "all",
        "half",
        "most",
        "doubled",
        "12",
        "3",
        "percent",
        "dozens",
        "a third",
        "none",
    ] * 20
    for part in ("building", "scoring"):
        for path in names(part):
            words += yaml.safe_load(path.read_text(encoding="utf-8"))["text"].split(" ")
    for _ in range(12):
        text = " ".join(chance.choice(words) for _ in range(chance.randint(20, 80)))
        text += "\n\nThe sheriff said that 12 detainers were declined."
        result = ledger_text(draft_article(text, dt.date(2020, 2, 29)))
        assert parse_ledger(result)["claims"]


@pytest.mark.parametrize(
    "sentence",
    [
        "Of 64 people arrested in May, {who} said, 22 had a conviction.",
        "{who} of Tyler told the chamber that 22 of 64 people arrested had a conviction.",
        "{who}, D-Newark, told the chamber that 22 of 64 people arrested had a conviction.",
        "{who} went over the files and found that 22 of 64 people arrested had a conviction.",
        "{who} put the number with a conviction at 22.",
        "{who} disputed that figure, putting it at 22.",
    ],
)
@pytest.mark.parametrize("who", ["Rep. Dale Conroe", "Sheriff Ana Denver", "Del. Lupe Paris"])
def test_the_speaker_of_a_sentence_is_found_where_it_stands(sentence: str, who: str) -> None:
    claims = _claims("Officials met on Monday.\n\n" + sentence.format(who=who))
    assert claims
    assert {claim["speaker"]["name"] for claim in claims} == {" ".join(who.split()[1:])}


@pytest.mark.parametrize(
    ("first", "second"), [("One", "The other"), ("One of them", "Another"), ("One of the two", "The second")]
)
def test_one_and_the_other_are_two_unnamed_speakers(first: str, second: str) -> None:
    claims = _claims(
        "Sheriff Ana Denver said on Monday that the jail honors requests.\n\n"
        f"Two former officers disagree. {first} said that the target was 75 arrests a week. "
        f"{second} said that no such order was given."
    )
    said = [claim["speaker"] for claim in claims if claim["speaker"]["name"] == "anonymous"]
    assert len(said) == 2
    assert all("officer" in speaker["role"] and not speaker["named"] for speaker in said)


@pytest.mark.parametrize("language", ["english", "spanish"])
def test_vocabularies_hold_words_only(language: str) -> None:
    """An unquoted `on` or `no` is a truth value in YAML, and matches nothing."""
    from importlib.resources import files

    import yaml

    def leaves(value: Any) -> list[Any]:
        if isinstance(value, dict):
            return [leaf for inner in value.values() for leaf in leaves(inner)]
        return [leaf for inner in value for leaf in leaves(inner)] if isinstance(value, list) else [value]

    text = files("atlarge.claims.drafting").joinpath(f"{language}.yaml").read_text(encoding="utf-8")
    assert all(isinstance(leaf, str) for leaf in leaves(yaml.safe_load(text)))
