"""Why the convicted share changed: on records whose cause is built in."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import ddp_forms
import polars as pl
import pytest

from atlarge import ingest
from atlarge.composition import composition
from atlarge.effects import kitagawa
from atlarge.errors import CoverageError, QuestionError
from atlarge.publish import publish
from command_line import run

pytestmark = pytest.mark.slow_file

BEFORE, AFTER = ("2025-09-01", "2025-10-30"), ("2025-11-01", "2025-12-30")
JAIL = ("Custodial Arrest", "TRAVIS COUNTY JAIL, AUSTIN, TX")
STREET = ("Located", "AUS FUGITIVE OPERATIONS")
WORDS = {"c": "1 Convicted Criminal", "p": "2 Pending Criminal Charges", "n": "3 Other Immigration Violator"}
# arrests a day in each period: (method and landmark, kind) -> count
DAYS = {
    ("before", JAIL): "cccp", ("before", STREET): "cn",
    ("after", JAIL): "cccp", ("after", STREET): "ccnnnn",
}  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Jails as before; four times the street arrests, a third with a conviction where it was a half."""
    folder = tmp_path_factory.mktemp("composition")
    rows = []
    for period, (first, _) in (("before", BEFORE), ("after", AFTER)):
        for day in range(60):
            moment = dt.datetime.fromisoformat(first) + dt.timedelta(days=day, hours=9)
            for method, landmark in (JAIL, STREET):
                for kind in DAYS[period, (method, landmark)]:
                    rows.append((moment, method, landmark, WORDS[kind]))
    rows.append((dt.datetime(2025, 10, 31, 9), *JAIL, WORDS["c"]))
    rows.append((dt.datetime(2025, 9, 3, 9), *JAIL, None))
    form = "ddp-arrests-b"
    names = ddp_forms.HEADERS[form].split("|")
    sheet = []
    for k, (moment, method, landmark, words) in enumerate(rows):
        row = dict.fromkeys(names) | {
            "Apprehension Date": moment, "Apprehension Method": method, "State": "TEXAS",
            "Apprehension Site Landmark": landmark, "Apprehension Criminality": words,
            "TOA Current Duty AOR": "San Antonio Area of Responsibility",
            "TOA Current Duty Site": "AUSTIN, TX",
            "Arresting Agency": "ICE", "Anonymized Identifier": f"{k:040x}",
        }  # fmt: skip
        sheet.append({name: row[name] for name in names})
    ddp_forms.write(folder / "b.xlsx", form, {"Arrests": sheet}, as_text=False)
    ingest([folder / "b.xlsx"], folder / "store", covers="state:TX")
    return folder / "store"


def test_the_change_is_taken_apart_as_built(store: Path) -> None:
    found = composition("TX", before=BEFORE, after=AFTER, store=store, by="landmark_class")
    assert found.not_recorded == (1, 0)
    assert found.change.before == pytest.approx(4 / 6)
    assert found.change.after == pytest.approx(5 / 10)
    # jail 4 of 6 and 4 of 10 with 3/4; street 2 of 6 and 6 of 10 with 1/2, then 1/3
    assert found.change.composition.value == pytest.approx(
        (0.4 - 4 / 6) * 0.75 + (0.6 - 2 / 6) * (0.5 + 1 / 3) / 2
    )
    assert found.change.within.value == pytest.approx((1 / 3 - 1 / 2) * (2 / 6 + 0.6) / 2)
    assert found.to_frame()["group"].to_list() == ["home_or_street", "jail"]


@pytest.mark.parametrize(
    ("last", "by", "is_safe"),
    [
        ("2025-10-30", "landmark_class", False),
        ("2025-10-31", "landmark_class", True),
        ("2025-10-31", "method", True),
    ],
)
def test_numbers_beside_a_site_leave_no_day_over(
    store: Path, tmp_path: Path, last: str, by: str, is_safe: bool
) -> None:
    """The site has October; on its last day there was one arrest."""
    site = tmp_path / "site"
    publish(site, store, workers=1, levels=("nation", "state"), answers="none")
    words = ["composition", "TX", "--before", f"2025-10-01:{last}", "--after", "2025-11-01:2025-11-30"]
    words += ["--by", by, "--store", str(store), "--json", "--disclose"]
    assert run(words).exit_code == 0
    found = run([*words, "--beside", str(site)])
    assert (found.exit_code == 0) is is_safe
    assert is_safe or "small counts would follow" in str(found.exception)


def test_counts_say_more_of_some_and_fewer_of_others(store: Path) -> None:
    counts = composition("TX", before=BEFORE, after=AFTER, store=store).counts
    rows = {row["kind"]: row for row in counts.iter_rows(named=True)}
    assert {kind: row["before"] for kind, row in rows.items()} == {
        "convicted": 240,
        "pending": 60,
        "no_charge": 60,
    }
    assert rows["no_charge"]["after_per_day"] == 4
    assert rows["pending"]["contribution"] == pytest.approx(0)
    assert rows["convicted"]["contribution"] > 0 > rows["no_charge"]["contribution"]
    assert counts["contribution"].sum() == pytest.approx(0.5 - 4 / 6)


def test_pending_by_category_equals_the_general_function(store: Path) -> None:
    found = composition("TX", before=BEFORE, after=AFTER, store=store, of="pending")
    frame = pl.DataFrame(
        {
            "group": ["j", "s"] * 2,
            "period": [0, 0, 1, 1],
            "size": [240, 120, 240, 360],
            "cases": [60, 0, 60, 0],
        }
    )
    again = kitagawa(frame)
    assert found.change.within.value == pytest.approx(again.within.value)
    assert found.change.composition == again.composition


def test_days_that_are_not_covered_are_refused(store: Path) -> None:
    with pytest.raises(CoverageError, match="of the 61 days"):
        composition("TX", before=("2025-08-31", "2025-10-30"), after=AFTER, store=store)
    with pytest.raises(CoverageError, match="no release in the store reports targeted"):
        composition("TX", before=BEFORE, after=AFTER, store=store, by="arrest_type")
    with pytest.raises(QuestionError, match="must not meet"):
        composition("TX", before=BEFORE, after=("2025-10-30", "2025-12-30"), store=store)


def test_a_place_without_arrests_has_no_share_rather_than_zero(store: Path) -> None:
    with pytest.raises(QuestionError, match="Loving County, TX: no arrest from 2025-09-01 to 2025-10-30"):
        composition("Loving County, TX", before=BEFORE, after=AFTER, store=store)


def test_the_command_and_what_may_be_passed_on(store: Path) -> None:
    spans = ["--before", ":".join(BEFORE), "--after", ":".join(AFTER)]
    done = run(["composition", "TX", *spans, "--store", str(store), "--json"])
    document = json.loads(done.stdout)
    assert document["place"] == "TX"
    assert document["disclosed"] is False
    assert document["change"]["value"] == pytest.approx(-1 / 6)
    assert document["composition"]["value"] + document["within"]["value"] == pytest.approx(-1 / 6)
    refused = run(["composition", "TX", *spans, "--store", str(store), "--disclose"])
    assert refused.exit_code == 1  # one arrest without a criminality is a small count
    with pytest.raises(QuestionError, match="1 of the 15 counts"):
        composition("TX", before=BEFORE, after=AFTER, store=store, disclose=True)
    wrong = run(["composition", "TX", "--before", "2025", "--after", "x:y"])
    assert wrong.exit_code == 2
