"""Simulated releases: the rows add up to the truth, the bytes repeat, the form is the real one."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from atlarge.cli import simulate as command
from atlarge.errors import QuestionError
from atlarge.simulate import World, simulate
from atlarge.simulate.records import ARREST_COLUMNS, DETAINER_COLUMNS

WORLD = World(
    places=12, weeks=60, policies=3, retaliation_share=1.0, general_area_share=0.2, relabel_share=0.5,
    blank_area_share=0.05,
)  # fmt: skip


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    simulate(folder, seed=11, world=WORLD, arrests=20_000)
    return folder


def _arrests(folder: Path) -> pl.DataFrame:
    frames = []
    for path in sorted(folder.glob("EROArrests_FY*.csv.gz")):
        text = gzip.decompress(path.read_bytes())
        frames.append(pl.read_csv(text, separator="|", skip_rows=5, infer_schema=False))
    return pl.concat(frames).with_columns(date=pl.col("Apprehension Date").str.to_date("%-m/%-d/%Y"))


def test_form_is_that_of_the_family(simulated: Path) -> None:
    files = sorted(simulated.glob("EROArrests_FY*.csv.gz"))
    assert [f.name for f in files] == ["EROArrests_FY2016.csv.gz", "EROArrests_FY2017.csv.gz"]
    lines = gzip.decompress(files[0].read_bytes()).decode().splitlines()
    assert "Simulated records, seed 11: not real" in lines[0]
    assert all(line.count("|") == 8 for line in lines)
    assert lines[5] == "|".join(f'"{name}"' for name in ARREST_COLUMNS)
    head = gzip.decompress((simulated / "detainers.csv.gz").read_bytes()).decode().splitlines()[0]
    assert head == ",".join(DETAINER_COLUMNS)


def test_fiscal_years_hold_their_own_dates(simulated: Path) -> None:
    path = simulated / "EROArrests_FY2017.csv.gz"
    frame = pl.read_csv(gzip.decompress(path.read_bytes()), separator="|", skip_rows=5, infer_schema=False)
    dates = frame["Apprehension Date"].str.to_date("%-m/%-d/%Y")
    assert str(dates.min()) >= "2016-10-01"
    assert str(dates.max()) <= "2017-09-30"


def test_rows_add_up_to_the_truth(simulated: Path) -> None:
    truth = json.loads((simulated / "truth.json").read_text())
    arrests = _arrests(simulated)
    jail = pl.col("Apprehension Method") == "CAP Local Incarceration"
    assert arrests.height == truth["rows"]["arrests"]
    assert arrests.filter(jail).height == truth["totals"]["handoffs"]
    assert arrests.filter(~jail).height == truth["totals"]["at_large"]
    assert arrests.height == pytest.approx(20_000, rel=0.1)


def test_every_week_of_every_place_agrees_with_the_truth_panel(simulated: Path) -> None:
    truth = json.loads((simulated / "truth.json").read_text())
    arrests = _arrests(simulated).with_columns(week=pl.col("date").dt.truncate("1w"))
    panel = pl.read_parquet(simulated / "truth_panel.parquet")
    names = {p["place"]: p["place_name"] for p in truth["places"]}
    assert len(names) >= 4
    for fips in list(names)[:4]:
        name, state = names[fips].rsplit(", ", 1)
        for landmark, column in [(f"{name.upper()} JAIL, {state}", "handoffs_recorded"),
                                 (f"{name.upper()}, {state}", "at_large_recorded")]:  # fmt: skip
            rows = arrests.filter(pl.col("Apprehension Landmark") == landmark)
            weekly = rows.group_by("week").len("n")
            true = panel.filter((pl.col("place") == fips) & (pl.col(column) > 0)).select("week", column)
            joined = true.join(weekly, on="week", how="full", coalesce=True)
            assert joined.height == true.height > 0
            assert (joined[column] == joined["n"]).all()


def test_detainers_agree_with_the_truth_panel(simulated: Path) -> None:
    frame = pl.read_csv(gzip.decompress((simulated / "detainers.csv.gz").read_bytes()), infer_schema=False)
    panel = pl.read_parquet(simulated / "truth_panel.parquet")
    assert frame.height == panel["detainers_recorded"].sum()
    counts = dict(frame.group_by("Detainer Lift Reason").len().iter_rows())
    assert counts["Booked into Detention"] == panel["handoffs_true"].sum()
    assert counts["Detainer Declined by LEA"] == panel["declined_recorded"].sum()


def test_bursts_are_partly_marked_and_nothing_else_is(simulated: Path) -> None:
    arrests = _arrests(simulated)
    truth = json.loads((simulated / "truth.json").read_text())
    marked = arrests.filter(pl.col("Operation").is_not_null())
    assert 0 < marked.height <= truth["totals"]["burst"] + truth["totals"]["at_large"] * 0.1
    assert set(marked["Operation"]) == {"(B)(7)(E) "}


@pytest.mark.slow
def test_same_seed_same_bytes(tmp_path: Path) -> None:
    sums = []
    for name in ("a", "b"):
        simulate(tmp_path / name, seed=3, world=WORLD)
        sums.append(
            {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted((tmp_path / name).iterdir())}
        )
    assert sums[0] == sums[1]
    simulate(tmp_path / "a", seed=4, world=WORLD)  # over an earlier simulation: replaced
    assert hashlib.sha256((tmp_path / "a" / "truth.json").read_bytes()).hexdigest() != sums[0]["truth.json"]


def test_real_files_are_never_replaced(tmp_path: Path) -> None:
    kept = tmp_path / "EROArrests_FY2017.csv.gz"
    kept.write_bytes(b"real")
    with pytest.raises(QuestionError, match="not from a simulation"):
        simulate(tmp_path, seed=1, world=WORLD)
    assert kept.read_bytes() == b"real"


def test_more_places_than_counties_are_refused(tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match=r"only .* counties are known"):
        simulate(tmp_path, world=World(places=5000, weeks=20))


def test_command(tmp_path: Path) -> None:
    import typer

    app = typer.Typer()
    app.command()(command.simulate_command)
    words = ["--seed", "5", "--out", str(tmp_path), "--places", "5", "--weeks", "30", "--policies", "1"]
    result = CliRunner().invoke(app, [*words, "--set", "retaliation_share=1", "--json"])
    assert result.exit_code == 0
    paths = json.loads(result.stdout)
    for path in [*paths["arrests"], paths["detainers"], paths["truth"], paths["truth_panel"]]:
        assert Path(path).is_file()
    assert "not real" not in result.stderr
    truth = json.loads(Path(paths["truth"]).read_text())
    assert truth["world"]["retaliation_share"] == 1
