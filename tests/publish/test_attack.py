"""Attacks on all that a site publishes, read from its files: a made store, a simulated one, the embedded one.

Each attack is also made on the same site without complementary suppression, where it has to succeed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from attacker import KEYS, Attacker, Cell, read_site
from simulated_counts import ingested_world, simulated_store

import atlarge
from atlarge.disclosure import table as disclosure
from atlarge.disclosure.certificates import Certificates, proved_spread
from atlarge.disclosure.constraints import OPEN, PRIMARY, UNPUBLISHED, LinearConstraints
from atlarge.disclosure.suppression import Suppression, search
from atlarge.publish import release_table as cells
from atlarge.publish import site, site_data
from atlarge.publish.release_table import gather
from atlarge.records.store import Store
from atlarge.reference import table

SMALL = 5


def residents() -> pl.DataFrame:
    """Residents of counties by year."""
    counties = table("counties").unique("fips")
    years = [c for c in counties.columns if c.startswith("population_")]
    long = counties.unpivot(years, index="fips", variable_name="column", value_name="people")
    return long.with_columns(pl.col("column").str.extract(r"(\d+)").cast(pl.Int64).alias("year")).drop_nulls()


def truth(store: Store) -> pl.DataFrame:
    """The true counts of the periods of a site."""
    raw = gather(store)[0].filter("published").rename({"every": "period", "value": "truth"})
    return raw.select(*KEYS, "truth")


def attack(
    folder: Path, store: Store, pairs: list[tuple[str, str, str, str]] | None = None
) -> tuple[Attacker, dict[int, int | None]]:
    """What the attacker recovers; he is told which withheld counts are small after all.

    `pairs`: which place lies in which, where the pages name places that no record of the larger one names.
    """
    published = read_site(folder, residents())
    if pairs is not None:
        published = replace(published, pairs=pairs)
    hidden = published.table.filter(pl.col("mark") == "withheld").join(truth(store), on=KEYS)
    blurred: list[Cell] = hidden.filter(pl.col("truth").is_between(1, SMALL - 1)).select(KEYS).rows()
    attacker = Attacker(published, SMALL, blurred)
    return attacker, attacker.recovered()


def only_small(values: Any, covered: Any, r: LinearConstraints, **options: Any) -> Suppression:
    """Suppression that hides small counts and nothing else."""
    small = covered & (values > 0) & (values < options["threshold"])
    status = np.where(options["published"], np.where(small, PRIMARY, OPEN), UNPUBLISHED)
    return Suppression(status, Certificates.empty(len(values)), small, np.zeros(len(values), np.int64))


def publish_naive(folder: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The site as it would be without complementary suppression."""
    with monkeypatch.context() as patch:
        patch.setattr(disclosure, "search", only_small)
        site.publish(folder, store, workers=1, answers=[], claims=False, every_county=False)


def check_naive(folder: Path, store: Store, least: int) -> None:
    """The attack succeeds on a naive site, and what it recovers is true."""
    attacker, found = attack(folder, store)
    assert len(found) >= least
    true = {row[:-1]: row[-1] for row in truth(store).iter_rows()}
    for i, value in found.items():
        key = tuple(attacker.rows[i][k] for k in KEYS)
        if value is not None and key in true:
            assert value == true[key], key


def simulated(folder: Path) -> Store:
    """A store of a simulated world of some large and many small counties, with detainers."""
    return ingested_world(folder, seed=5, policies=3)


STORES: dict[str, Callable[[Path], Store]] = {
    "made": lambda folder: simulated_store(folder / "made"),
    "simulated": simulated,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", STORES)
def test_a_site_gives_no_small_count_away(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = STORES[name](tmp_path)
    site.publish(tmp_path / "site", store, workers=1, answers=[], claims=False, every_county=False)
    attacker, found = attack(tmp_path / "site", store)
    assert len(attacker.targets()) > 50
    assert [attacker.rows[i] for i in found] == []
    publish_naive(tmp_path / "naive", store, monkeypatch)
    check_naive(tmp_path / "naive", store, least=10)


@pytest.mark.slow
def test_the_whole_embedded_site_gives_no_small_count_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every page, download and rate of the full site, with an answer; and each witness, multiplied out.

    Left out to save time: share pictures, the pages in Spanish, verdicts, which are drawn from the same
    counts; pages of the registry and of counties that no record names, which have none.
    """
    kept: list[Any] = []
    tables: list[cells.SiteCells] = []

    def keep_table(*given: Any, **options: Any) -> cells.SiteCells:
        tables.append(cells.site_cells(*given, **options))
        return tables[-1]

    def keep(values: Any, covered: Any, r: LinearConstraints, **options: Any) -> Suppression:
        found = search(values, covered, r, **options)
        kept.append((found, values, covered, r))
        return found

    monkeypatch.setattr(disclosure, "search", keep)
    monkeypatch.setattr(site_data, "site_cells", keep_table)
    monkeypatch.setattr(site, "LANGUAGES", ("en",))
    monkeypatch.setattr(site, "share_png", lambda *given, **named: b"")
    monkeypatch.setattr(site, "policy_files", lambda data: ())
    site.publish(tmp_path / "site", workers=1, claims=False, every_county=False)
    found, values, covered, r = kept[0]
    assert found.small.sum() > 10_000
    spread = proved_spread(found.certificates, values, covered, found.status, r, threshold=SMALL)
    assert (spread[found.small] >= 2).all()
    pairs = [tuple(row) for row in tables[0].pairs.iter_rows()]
    attacker, recovered = attack(tmp_path / "site", atlarge.open_store(None), pairs)
    assert len(attacker.targets()) > 10_000
    assert [attacker.rows[i] for i in recovered] == []


@pytest.mark.slow
def test_the_attack_on_the_embedded_counts_succeeds_where_only_small_ones_are_hidden(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The test above means something: from the same table, only the small counts hidden, many follow."""
    from attacker import Published

    store = atlarge.open_store(None)
    monkeypatch.setattr(disclosure, "search", only_small)
    result = cells.site_cells(store)
    shown = result.table.frame.rename({"every": "period"}).select(*KEYS, "value", "mark")
    attacker = Attacker(Published(shown, {}, {}, list(result.pairs.iter_rows())), SMALL)
    found = attacker.recovered(singly=0)
    assert len(found) > 1_000
