"""Every count that a site publishes, in one table, tied by all the sums that a reader could form from it.

Places are published by the month where they have enough records, else by the quarter, else by the fiscal
year only (`FINE_MEAN`), so that a small place shows a few whole numbers and not a row of hidden ones.
All levels, times and measures are disclosed together: what is hidden on a county's page stays hidden when
its state, its area of responsibility, the months, the surges or an answer are laid beside it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from atlarge.disclosure.constraints import Knowledge, LinearConstraints
from atlarge.disclosure.table import SHOWN, THRESHOLD, Disclosed, disclose
from atlarge.errors import CoverageError, QuestionError
from atlarge.panel import PLACE_COLUMN, panel
from atlarge.panel.levels import place_of
from atlarge.panel.result import is_rowless
from atlarge.publish.day_ranges import OTHERS, Daily, Member, Window, daily_counts, tie_windows, weights
from atlarge.publish.editions import Edition, extra_rows, prior_of, windows_before
from atlarge.publish.monthly_ties import PART, MonthlyTies, monthly_ties
from atlarge.publish.record_classes import companions, record_classes, with_companions
from atlarge.records.store import Store
from atlarge.wording import some

LEVELS = ("nation", "state", "aor", "office", "county")
FINE_MEAN = 10.0
"""Mean records a month (or a quarter) that a place needs to be published by it."""

WEIGHTS: dict[str, dict[str, float]] = {
    "level": {"nation": 1000.0, "aor": 30.0, "state": 10.0},
    "every": {"year": 10.0, "quarter": 2.0, "window": 20.0},
    "measure": dict.fromkeys(("arrests", "detainers_issued"), 2.0),
}
"""How many times its count a cell is worth to a reader. A surge or a span of an answer (a window) is kept
rather than a month of like size."""

REQUESTED_WEIGHT = 30.0
"""The same for the places of an answer."""

GROUPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "arrests": ("arrests", ("at_large", "handoffs")),
    "detainers": ("detainers_issued", ("detainers_booked", "detainers_declined", "detainers_missing")),
    "encounters": ("encounters", ()),
    "removals": ("removals", ()),
    "book_ins": ("book_ins", ()),
}
"""Published measures by table: the whole, and parts of it that need not exhaust it."""

_SITE_MEASURES = tuple(name for whole, parts in GROUPS.values() for name in (whole, *parts))

REVISED = 0.05
"""Share of a count by which a later release of the same records may change it."""

KEYS = ["level", "place", "measure", "every", "start", "end"]
_PLACE_AND_TIME = ["level", "place", "every", "start"]
"""What a count and its parts have in common: where a part ends before the whole, so does its fiscal year."""
_SCHEMA = dict.fromkeys(KEYS[:4], pl.String) | dict.fromkeys(KEYS[4:], pl.Date) | {"value": pl.Int64}
_PARENTS = (("county", "state"), ("county", "aor"), ("office", "aor"), ("state", "nation"), ("aor", "nation"))
_STEP = {"month": "1mo", "quarter": "3mo", "year": "1y"}


def site_measures(store: Store) -> dict[str, list[str]]:
    """Measures that the store's tables allow, by table; the whole first."""
    tables = set(store.tables())
    return {t: [whole, *parts] for t, (whole, parts) in GROUPS.items() if t in tables}


def _months(store: Store, measures: Sequence[str], levels: Sequence[str]) -> pl.DataFrame:
    """Levels by month: level, place, measure, start, value, missing.

    A month without a row that is not a sure zero is `missing`, yet has no records, and is counted so: every
    sum is of the records that there are, which a reader can add up.
    """
    frames = []
    for level in levels:
        try:
            frame = panel(store, by=level, every="month", measures=measures).frame
        except CoverageError:  # a release may name no place of a level at all
            continue
        # A month covered only in part would read as a fall.
        is_whole = pl.col("days_covered") == pl.col("days_in_period")
        rows = pl.when(is_rowless()).then(0).otherwise(pl.col("value"))
        named = (pl.lit(level).alias("level"), "place", "measure", pl.col("period").alias("start"))
        value = pl.when(is_whole).then(rows).cast(pl.Int64).alias("value")
        frames.append(frame.select(*named, value, (is_whole & is_rowless()).alias("missing")))
    if not frames:
        listed = ", ".join(levels)
        raise CoverageError(f"no release in the store covers {listed}: there is nothing to publish")
    return pl.concat(frames)


def _to(column: pl.Expr, every: str) -> pl.Expr:
    """First day of the quarter or fiscal year (from October) that a month lies in."""
    if every == "month":
        return column
    if every == "quarter":
        return column.dt.truncate("3mo")
    return column.dt.offset_by("3mo").dt.truncate("1y").dt.offset_by("-3mo")


def _summed(months: pl.DataFrame, every: str) -> pl.DataFrame:
    """Sums over longer periods of the months that are covered whole; null where none is.

    A fiscal year of which some months are missing is published as the sum of the others, to the end of the
    last. A quarter is published only when whole; else it is counted, so that it is protected, and not
    published. A sum of no record is missing where a month of it is. `known`: the months of the fiscal year
    that are counted, as bits.
    """
    whole = {"month": 1, "quarter": 3, "year": 12}[every]
    known = pl.col("value").is_not_null()
    keys = ["level", "place", "measure"]
    first = _to(pl.col("start"), every).alias("period")
    summed = months.group_by(*keys, first).agg(
        pl.when(known.any()).then(pl.col("value").sum()).otherwise(None).alias("value"),
        (known.sum() == whole).alias("is_whole"),
        pl.col("start").filter(known).max().alias("last"),
        (known & pl.col("missing")).any().alias("missing"),
        (known.cast(pl.Int64) * pl.lit(2, pl.Int64).pow(pl.col("start").dt.month())).sum().alias("known"),
    )
    whole_end = pl.col("period").dt.offset_by(_STEP[every])
    end = pl.coalesce(pl.col("last").dt.offset_by("1mo"), whole_end) if every == "year" else whole_end
    return summed.with_columns(
        pl.lit(every).alias("every"),
        pl.col("period").alias("start"),
        end.dt.offset_by("-1d").alias("end"),
        # what a measure counts beside its parts is on no page, but is the difference of what is
        ((pl.col("is_whole") | pl.lit(every != "quarter")) & ~pl.col("measure").str.ends_with(OTHERS)).alias(
            "published"
        ),
        pl.col("missing") & (pl.col("value") == 0),
    )


def _resolution(months: pl.DataFrame, wholes: Sequence[str]) -> pl.DataFrame:
    """The finest period of each place: month, quarter or year."""
    mean = pl.col("value").mean().fill_null(0)
    fine = (
        pl.when(mean >= FINE_MEAN)
        .then(pl.lit("month"))
        .when(mean * 3 >= FINE_MEAN)
        .then(pl.lit("quarter"))
        .otherwise(pl.lit("year"))
    )
    whole = months.filter(pl.col("measure").is_in(list(wholes[:1])))
    return whole.group_by("level", "place").agg(fine.alias("fine"))


def gather(store: Store, levels: Sequence[str] = LEVELS) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Raw cells of a site (KEYS, value, published, missing, known, is_part), and the finest period of each
    place. Not for pages."""
    return _gathered(store, levels)[:2]


def require_same_records(store: Store, before: Edition) -> None:
    """QuestionError where most of the counts that earlier publications show are others in these records.

    A later release revises counts by little; other records have counts of their own. Known in a second, long
    before the whole table is found to contradict what was published.
    """
    now = gather(store, [level for level in LEVELS if level in before.levels])[0]
    shown = before.rows.filter((pl.col("mark") == SHOWN) & (pl.col("value") > 0)).rename({"period": "every"})
    both = shown.join(now.filter("published").drop_nulls("value"), on=KEYS, suffix="_now")
    changed = ((both["value_now"] - both["value"]).abs() > REVISED * both["value"]).sum()
    if changed > both.height / 2:
        raise QuestionError(
            f"{', '.join(before.sources)}: of {some(both.height, 'count')} published there, {changed:,} are "
            "others in these records; publish other records into a new folder"
        )


def _gathered(store: Store, levels: Sequence[str]) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """What `gather` gives, and the counts of all places by the month."""
    by_table = site_measures(store)
    frames = [_months(store, measures, levels) for measures in by_table.values()]
    if not frames:
        raise CoverageError(f"the store has no {', '.join(GROUPS)}: there is nothing to publish")
    months = pl.concat(frames)
    if months["value"].null_count() == months.height:
        raise CoverageError("no release in the store covers a whole month: there is nothing to publish")
    fine = _resolution(months, [measures[0] for measures in by_table.values()])
    others = [_others(months, *measures) for measures in by_table.values() if len(measures) > 1]
    counted = pl.concat([months, *others])
    cells = [_summed(counted, "year")]
    for every in ("month", "quarter"):
        kept = counted.join(fine.filter(pl.col("fine") == every), on=["level", "place"], how="semi")
        cells.append(_summed(kept, every))
    table = pl.concat([c.select(*KEYS, "value", "published", "missing", "known") for c in cells])
    source = {name: t for t, names in by_table.items() for name in [*names, names[0] + OTHERS]}
    table_of = pl.col("measure").replace_strict(source)
    all_known = pl.col("known").bitwise_or().over(table_of, "every", "start")
    table = table.with_columns((pl.col("known") != all_known).alias("is_part"))
    return table.sort(KEYS), fine.sort("level", "place"), months


def _others(months: pl.DataFrame, whole: str, *parts: str) -> pl.DataFrame:
    """What a measure counts beside those of its parts that are counted, by the month: on no page, but the
    difference of what is, and so protected. Where a part is not counted (such as handoffs, once the records
    no longer tell them), it is in the difference."""
    keys = ["level", "place", "start"]
    is_whole = pl.col("measure") == whole
    some = months.filter(pl.col("measure").is_in([whole, *parts]), pl.col("value").is_not_null())
    rest = some.group_by(keys).agg(
        (pl.col("value") * pl.when(is_whole).then(1).otherwise(-1)).sum(),
        is_whole.any().alias("has_whole"),
        (~is_whole).any().alias("has_part"),
        pl.col("missing").any(),
    )
    any_part = rest.filter("has_part").select(keys[:2]).unique()
    named = rest.filter("has_whole").join(any_part, on=keys[:2], how="semi")
    return named.with_columns(pl.lit(whole + OTHERS).alias("measure")).select(months.columns)


def parentage(store: Store, levels: Sequence[str] = LEVELS) -> pl.DataFrame:
    """Pairs child level, child, parent level, parent where every record of the child lies in the parent."""
    names = ["child_level", "child", "parent_level", "parent"]
    frames = [pl.DataFrame(schema=dict.fromkeys(names, pl.String))]  # a single level is part of no other
    for table_name in site_measures(store):
        columns = [c for c in (PLACE_COLUMN[level] for level in LEVELS) if c]
        rows = store.scan(table_name).select(columns).unique().collect()
        frames += [
            _pairs(rows, child, parent) for child, parent in _PARENTS if {child, parent} <= set(levels)
        ]
    pairs = pl.concat(frames).unique()
    keys = ["child_level", "child", "parent_level"]
    alone = pairs.group_by(keys).agg(pl.len().alias("n"), pl.col("parent").first())
    return alone.filter((pl.col("n") == 1) & pl.col("parent").is_not_null()).drop("n").sort(keys)


def _pairs(rows: pl.DataFrame, child: str, parent: str) -> pl.DataFrame:
    return (
        rows.filter(place_of(child).is_not_null())
        .select(
            pl.lit(child).alias("child_level"),
            place_of(child).alias("child"),
            pl.lit(parent).alias("parent_level"),
            place_of(parent).alias("parent"),
        )
        .unique()
    )


def families(store: Store, pairs: pl.DataFrame, levels: Sequence[str] = LEVELS) -> list[pl.DataFrame]:
    """Places that lie in a parent and have no record in common, so that together they are no more than it.

    Pairs of one child level and one parent level are such a family. Counties and offices of an area are one
    where no record has both. Where all records of a state lie in one area, it stands for its counties there.
    """
    groups = [f for _, f in pairs.group_by(["child_level", "parent_level"], maintain_order=True)]
    in_area = pairs.filter(pl.col("parent_level") == "aor")
    if set(in_area["child_level"]) == {"county", "office"} and not _share_records(store, "county", "office"):
        groups = [f for f in groups if f["parent_level"][0] != "aor"] + [in_area]
    states = _states_within_one_area(store) if {"state", "aor"} <= set(levels) else []
    if states:
        homes = pl.DataFrame(states, schema=["child", "parent"], orient="row").select(
            pl.lit("state").alias("child_level"), "child", pl.lit("aor").alias("parent_level"), "parent"
        )
        counties = pairs.filter((pl.col("child_level") == "county") & (pl.col("parent_level") == "state"))
        others = counties.filter(~pl.col("parent").is_in(homes["child"].implode()))
        beside = in_area.filter(pl.col("child_level") == "county").join(others, on="child", how="semi")
        groups.append(pl.concat([homes, beside.join(homes, on="parent", how="semi")]))
    return groups


def _share_records(store: Store, one: str, other: str) -> bool:
    """Whether any record lies in places of both levels."""
    both = place_of(one).is_not_null() & place_of(other).is_not_null()
    return any(store.scan(t).select(both.any()).collect().item() for t in site_measures(store))


def _states_within_one_area(store: Store) -> list[tuple[str, str]]:
    """States of which all records lie in one area of responsibility, with the area."""
    rows = [
        store.scan(t).select(PLACE_COLUMN["state"], PLACE_COLUMN["aor"]).unique().collect()
        for t in site_measures(store)
    ]
    pairs = _pairs(pl.concat(rows), "state", "aor").group_by("child")
    alone = pairs.agg(pl.len().alias("n"), pl.col("parent").first())
    implied = alone.filter((pl.col("n") == 1) & pl.col("parent").is_not_null())
    return list(implied.select("child", "parent").sort("child").iter_rows())


def _numbered(cells: pl.DataFrame) -> pl.DataFrame:
    return cells.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))


def relations(
    cells: pl.DataFrame,
    within: Sequence[pl.DataFrame],
    groups: dict[str, list[str]],
    ties: MonthlyTies | None = None,
) -> LinearConstraints:
    """All sums among the cells: over time, over measures and over places (`within`: `families`).

    The cells of `ties` come after the others. A sum of which a part is missing is no equation: where
    some of its cells count fewer months than others, it bounds them only on the side on which it holds.
    """
    numbered = _numbered(cells)
    parts = [
        *_over_time(numbered),
        *_over_measures(numbered, groups),
        *_over_places(numbered, within, groups),
        *(ties.constraints(_kinds(numbered, groups), cells.height) if ties else ()),
    ]
    if not parts:
        return LinearConstraints.none()
    counts = pl.concat([cells["value"].fill_null(0), ties.cells["value"]]) if ties else cells["value"]
    of_ties = np.zeros(len(counts) - cells.height, bool)
    is_part = np.concatenate([cells["is_part"].to_numpy(), of_ties])
    return LinearConstraints.join(parts).relaxed(counts.fill_null(0).to_numpy(), where=is_part)


def _over_time(numbered: pl.DataFrame) -> list[LinearConstraints]:
    """Months or quarters add up to fiscal years, exactly."""
    keys = ["level", "place", "measure"]
    years = numbered.filter((pl.col("every") == "year") & pl.col("value").is_not_null())
    fine = numbered.filter(pl.col("every").is_in(["month", "quarter"]))
    joined = fine.with_columns(_to(pl.col("start"), "year").alias("year")).join(
        years.select(*keys, pl.col("start").alias("year"), pl.col("row").alias("whole")), on=[*keys, "year"]
    )
    return (
        [LinearConstraints.of(joined["whole"].to_numpy(), joined["row"].to_numpy())] if joined.height else []
    )


def _over_measures(numbered: pl.DataFrame, groups: dict[str, list[str]]) -> list[LinearConstraints]:
    """Parts of a measure are no more than the whole; with what else it counts they are the whole."""
    frames = []
    for whole, *parts in groups.values():
        if not parts:
            continue
        wholes = numbered.filter(pl.col("measure") == whole)
        wholes = wholes.select(*_PLACE_AND_TIME, pl.col("row").alias("whole"), pl.col("known").alias("of"))
        joined = numbered.filter(pl.col("measure").is_in([*parts, whole + OTHERS])).join(
            wholes, on=_PLACE_AND_TIME
        )
        in_whole = ((pl.col("known") & pl.col("of")) == pl.col("known")).all().over("whole")
        is_all = in_whole & (pl.col("measure") == whole + OTHERS).any().over("whole")
        for is_open, rows in joined.group_by((~is_all).alias("is_open"), maintain_order=True):
            sums = rows["whole"].to_numpy(), rows["row"].to_numpy()
            frames.append(LinearConstraints.of(*sums, is_inequality=bool(is_open[0])))
    return frames


def _kinds(numbered: pl.DataFrame, groups: dict[str, list[str]]) -> pl.DataFrame:
    """Cells by the kind of record that they count; the rest of a whole is the whole less its parts.

    Each kind is no more in the children than in the parent; that the wholes are follows from their kinds.
    """
    signs = []
    for whole, *parts in groups.values():
        signs += [(m, m, 1) for m in parts] + [(whole, whole + OTHERS, 1)]
        signs += [(m, whole + OTHERS, -1) for m in parts]
    kinds = pl.DataFrame(
        signs, schema={"measure": pl.String, "kind": pl.String, "sign": pl.Int64}, orient="row"
    )
    return numbered.select("level", "place", "measure", "every", "start", "row").join(kinds, on="measure")


def _monthly_ties(
    months: pl.DataFrame, fine: pl.DataFrame, within: Sequence[pl.DataFrame], groups: dict[str, list[str]]
) -> MonthlyTies:
    """Parts of the places without months of their own, by the kind of record."""
    numbered = months.with_columns(pl.lit(0, pl.Int64).alias("row"), pl.lit("month").alias("every"))
    keys = ["level", "place", "start"]
    kinds = _kinds(numbered, groups).join(months, on=[*keys, "measure"]).drop_nulls("value")
    by_kind = kinds.group_by(*keys, "kind").agg(
        (pl.col("value") * pl.col("sign")).sum(), (pl.col("sign") == 1).any().alias("has_whole")
    )
    by_kind = by_kind.filter("has_whole").drop("has_whole")  # parts of what is not counted are no kind
    return monthly_ties(by_kind, fine, within, _to(pl.col("start"), "year"))


def _over_places(
    numbered: pl.DataFrame, within: Sequence[pl.DataFrame], groups: dict[str, list[str]]
) -> list[LinearConstraints]:
    """Families of places are no more than what holds them, in every period of either."""
    kinds = _kinds(numbered, groups)
    frames = []
    for family in within:
        names = {"child_level": "level", "child": "place"}
        children = kinds.join(
            family.select("child_level", "child", "parent").rename(names), on=["level", "place"]
        )
        parents = (
            kinds.filter(pl.col("level") == family["parent_level"][0]) if family.height else kinds.head(0)
        )
        for every in ("year", "quarter", "month"):
            relation = _nested(children, parents, every)
            if relation is not None:
                frames.append(relation)
    return frames


def _nested(children: pl.DataFrame, parents: pl.DataFrame, every: str) -> LinearConstraints | None:
    """Sums over one kind of period: a parent's cells that make it up, and the children's within it."""
    inside = {"year": ["year"], "quarter": ["quarter", "month"], "month": ["month"]}[every]
    keys = ["kind", "period"]
    kids = children.filter(pl.col("every").is_in(inside)).with_columns(
        _to(pl.col("start"), every).alias("period")
    )
    tops = parents.filter(pl.col("every").is_in(inside)).with_columns(
        _to(pl.col("start"), every).alias("period")
    )
    if every == "quarter":  # months are summed against months elsewhere
        some = kids.filter(pl.col("every") == "quarter").select("parent", *keys).unique()
        kids = kids.join(some, on=["parent", *keys], how="semi")
    group = (
        tops.select(pl.col("place").alias("parent"), *keys)
        .unique()
        .join(kids.select("parent", *keys).unique(), on=["parent", *keys])
    )
    group = group.sort("parent", *keys).with_row_index("sum").with_columns(pl.col("sum").cast(pl.Int64))
    if not group.height:
        return None
    part = kids.join(group, on=["parent", *keys])
    whole = tops.rename({"place": "parent"}).join(group, on=["parent", *keys])
    return LinearConstraints.sums(
        np.concatenate([part["sum"].to_numpy(), whole["sum"].to_numpy()]),
        np.concatenate([part["row"].to_numpy(), whole["row"].to_numpy()]),
        np.concatenate([part["sign"].to_numpy(), -whole["sign"].to_numpy()]).astype(float),
        np.ones(group.height, bool),
    )


def cost(cells: pl.DataFrame, requested: Collection[Member] = ()) -> Any:
    """What a reader loses with each cell: its count, more for what is looked at more (`WEIGHTS`).

    Years before months, states, areas and the nation before counties, all arrests before parts of them; and
    everything of the places that the site answers about (`requested`), their windows most.
    """
    weight = pl.lit(1.0)
    for column, worth in WEIGHTS.items():
        weight *= pl.col(column).replace_strict(worth, default=1.0, return_dtype=pl.Float64)
    names = [f"{level}:{code}" for level, code in requested]
    # A locality, which consists of several places, is counted for answers only.
    is_requested = pl.concat_str("level", pl.lit(":"), "place").is_in(names) | (pl.col("level") == "locality")
    size = pl.col("value").fill_null(0).cast(pl.Float64)
    return (
        cells.select(size * weight * pl.when(is_requested).then(REQUESTED_WEIGHT).otherwise(1.0))
        .to_series()
        .to_numpy()
    )


@dataclass(frozen=True)
class SiteCells:
    """The disclosed table of a site, the finest period of each place, and which place lies in which."""

    table: Disclosed
    fine: pl.DataFrame
    pairs: pl.DataFrame
    groups: dict[str, list[str]]


def site_cells(
    store: Store,
    windows: Sequence[Window] = (),
    *,
    threshold: int = THRESHOLD,
    levels: Sequence[str] = LEVELS,
    requested: Collection[Member] = (),
    before: Edition | None = None,
    only_windows: bool = False,
) -> SiteCells:
    """Gather every count of a site, windows too, and put all of them through disclosure control together.

    `requested`: places that the site answers about, whose counts are suppressed last. `before`: what earlier
    editions disclosed. `only_windows`: the periods of the places are not published, as in a report.
    """
    groups = site_measures(store)
    wanted = [level for level in LEVELS if level in levels or (before and level in before.levels)]
    cells, fine, months = _gathered(store, wanted)
    pairs = parentage(store, wanted)
    within = families(store, pairs, wanted)
    ties = _monthly_ties(months, fine, within, groups)
    tied = [relations(cells, within, groups, ties)]
    cells = pl.concat([cells.drop("known", "is_part"), ties.as_cells()], how="diagonal")
    on_page = cells["published"] & cells["level"].is_in(list(levels))
    published = on_page.to_numpy() & (not only_windows)
    is_missing = cells["missing"].fill_null(False)
    cells = cells.drop("published", "missing")
    price = cost(cells, requested)
    new = {_window_key(w) for w in windows}
    if before:
        windows = [*windows, *windows_before(before, cells, set(fine.select("level", "place").rows()))]
    if windows:
        windows, classes = with_companions(store, windows, [m for some in groups.values() for m in some])
        more, _, sums = tie_windows(cells, fine, windows, daily_counts(store, windows), within, classes)
        cells = pl.concat([cells, more])
        tied.append(sums)
        is_new = [row[5] == "window" and row[:5] in new for row in more.select(_WINDOW_KEY).iter_rows()]
        published = np.concatenate([published, np.array(is_new, bool)])
        price = np.concatenate([price, cost(more, requested) * weights(more, windows)])
    known, withheld = None, None
    if before:
        # Keep the first edition's threshold: marks of two thresholds together would reveal more.
        threshold = before.threshold or threshold
        prior = prior_of(cells, before)
        changes = extra_rows(prior)
        cells = pl.concat([cells, changes])
        tied.append(prior.constraints.build())
        published = np.concatenate([published, np.zeros(changes.height, bool)])
        price = np.concatenate([price, np.ones(changes.height)])
        # A count that another edition has published since is known, and therefore shown.
        stays = {row for row in prior.withheld if not prior.known.is_exact[row]}
        withheld = np.isin(np.arange(cells.height), sorted(stays))
        none = Knowledge.none(changes.height)
        known = Knowledge(*(np.concatenate(pair) for pair in zip(prior.known, none, strict=True)))
    is_missing = is_missing.extend_constant(False, cells.height - len(is_missing))
    try:
        table = disclose(
            cells.with_columns(pl.when(~is_missing).then(pl.col("value"))),
            LinearConstraints.join(tied),
            threshold=threshold,
            cost=price,
            published=published,
            known=known,
            withheld=withheld,
            auxiliary=cells["every"] == PART,
        )
    except ValueError:
        if not before:
            raise
        ask = "ask for other places, longer periods or fewer measures"
        if not only_windows:
            ask = "publish with the same answers, or with none (answers=none)"
        raise QuestionError(
            f"{', '.join(before.sources)}: small counts would follow from this edition and the earlier one "
            f"together; {ask}"
        ) from None
    on_site = pl.col("level").is_in(list(levels))
    return SiteCells(table, fine.filter(on_site), _among(pairs, levels), groups)


_WINDOW_KEY = ("level", "place", "measure", "start", "end", "every")


def _window_key(w: Window) -> tuple[str, str, str, dt.date, dt.date]:
    return (w.level, w.place, w.name, w.start, w.end)


def _among(pairs: pl.DataFrame, levels: Sequence[str]) -> pl.DataFrame:
    """Pairs of child and parent of which both have pages."""
    some = list(levels)
    return pairs.filter(pl.col("child_level").is_in(some) & pl.col("parent_level").is_in(some))


def window_cells(
    counted: tuple[Sequence[Window], Daily], *, threshold: int = THRESHOLD, store: Store | None = None
) -> Disclosed:
    """The counts of some windows alone, such as those of a report that stands beside no site.

    `counted`: the windows, and the daily counts of their places. `store`: their records, which tell what
    several measures count in common.
    """
    windows, daily = counted
    new = {_window_key(w) for w in windows}
    classes = None
    if store is not None:
        wholes = {whole for whole, _ in GROUPS.values()}
        more = [w for w in companions(windows, _SITE_MEASURES) if w.measure in wholes]
        classes = record_classes(store, windows, more, _SITE_MEASURES)
        windows, daily = [*windows, *more], daily | daily_counts(store, more)
    none = pl.DataFrame(schema=_SCHEMA)
    fine = pl.DataFrame(schema=dict.fromkeys(("level", "place", "fine"), pl.String))
    cells, published, sums = tie_windows(none, fine, windows, daily, classes=classes)
    published &= np.array([row in new for row in cells.select(_WINDOW_KEY[:-1]).iter_rows()], bool)
    price = cost(cells) * weights(cells, windows)
    return disclose(cells, sums, threshold=threshold, cost=price, published=published)
