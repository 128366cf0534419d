"""Possible explanations of a difference: what the records give under other definitions.

Each candidate is a number, or an interval where repeats or completion can only be bounded. Being near is not
enough: one definition must give all figures of a publication.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from math import sqrt

import numpy as np
import polars as pl

from atlarge.calendar import (
    add_months,
    fiscal_year_end,
    fiscal_year_start,
    month_end,
    month_start,
    months_through,
)
from atlarge.errors import CoverageError, PlaceError, QuestionError, StoreError
from atlarge.panel import measure, measures
from atlarge.reference import table
from atlarge.verify.candidate import EXCLUSION, Candidate, Difference, columns
from atlarge.verify.counting import (
    AS_RECORDED,
    BOOK_INS,
    Query,
    StoreCounter,
    agreements,
    canonical,
    counted,
    held,
    is_share,
    monthly,
    table_of,
)
from atlarge.verify.figure import Figure, Spot
from atlarge.verify.figures import figures
from atlarge.verify.geography import geography

REFUSALS = (CoverageError, StoreError, QuestionError, PlaceError)
_OTHER_MEASURES = {
    "at_large": ("at_large_agency",),
    "at_large_agency": ("at_large",),
    "handoffs": ("local_jails",),
    "local_jails": ("handoffs",),
    "custodial": ("handoffs", "local_jails"),
}
_LEFT_OUT = (
    ("ERO Reprocessed Arrest",),
    ("Other efforts",),
    ("ERO Reprocessed Arrest", "Other efforts"),
    ("287(g) Program",),
)
_ALIKE = ("date", "method", "aor", "landmark", "facility", "operation_mark", "criminality", "disposition")
_EXCLUDED = {
    "method": "method", "disposition": "disposition", "landmark_class": "landmark class",
    "place_kind": "place kind", "operation_mark": "operation mark", "criminality": "criminality",
}  # fmt: skip
"""Columns whose values are left out in turn, and their names in words."""
_SOON = 480
"""Days after its last day within which a figure is a first count, which records outgrow: those of the agency
compare a quarter with the first count of the year before."""

_NEAR, _LEAST_MONTHS = 500, 6
"""Days within which months of the agency's own means serve a count, and how many there must be."""


def other_words(counter: StoreCounter, name: str, query: Query) -> Iterator[Candidate]:
    """Counts by definitions that a publisher may have used without saying so."""
    if name not in measures():
        return
    at_areas = all(s.level == "aor" for s in query.spots)
    options: list[tuple[str, str, Query]] = []
    if at_areas and "aor" in columns(name):
        options.append(("areas", AS_RECORDED, replace(query, is_recorded=True)))
    for other in _OTHER_MEASURES.get(name, ()):
        options.append(("definition", other, replace(query, measure=other)))
        if at_areas:
            label = f"{other}, {AS_RECORDED}"
            options.append(("definition", label, replace(query, measure=other, is_recorded=True)))
    if measure(name).category:
        other = "biglocal" if query.scheme == "ddp" else "ddp"
        options.append(("scheme", f"{name} ({other})", replace(query, scheme=other)))
    for kind, label, variant in options:
        try:
            yield Candidate(kind, label, counter.count(variant))
        except REFUSALS:
            continue


def candidates(
    counter: StoreCounter, figure: Figure, name: str, query: Query, ours: float
) -> list[Candidate]:
    """All other explanations that can be computed for a figure, in no particular order."""
    difference = Difference(counter, figure, name, query, ours)
    found: list[Candidate] = []
    for source in (
        _methods,
        _exclusions,
        geography,
        _windows,
        _repeats,
        _completion,
        _slips,
        _lists,
        _held,
        _counties,
        _workbooks,
    ):
        try:
            found += list(source(difference))
        except REFUSALS:
            continue
    return found


def _methods(difference: Difference) -> Iterator[Candidate]:
    """Without methods that some publishers leave out."""
    counter, name, query = difference.counter, difference.name, difference.query
    if is_share(name):
        part, _, whole = name.removeprefix("share_").partition("/")
        if table_of(name) != "arrests":
            return
        above = counter.count(replace(query, measure=part))
        for left in _LEFT_OUT[:3]:
            below = counter.count(replace(query, measure=whole or "arrests", without=left))
            yield Candidate("definition", f"of arrests without {' and '.join(left)}", 100 * above / below)
        for scheme in ("ddp", "biglocal"):
            other = replace(query, measure=part, scheme=scheme)
            if scheme != query.scheme and measure(part).category:
                whole_n = counter.count(replace(other, measure=whole or "arrests"))
                yield Candidate("scheme", scheme, 100 * counter.count(other) / whole_n)
        return
    if name not in measures() or "method" not in columns(name):
        return
    for left in _LEFT_OUT:
        n = counter.count(replace(query, without=left))
        if n < counter.count(query):
            yield Candidate("definition", f"without {' and '.join(left)}", n)


def _exclusions(difference: Difference) -> Iterator[Candidate]:
    """Without each value of a column in turn, and without what names no place: a search, not a definition.

    With so many tried, some come near a figure by chance, so being near is not accepted as an explanation.
    """
    counter, name, query, ours = difference.counter, difference.name, difference.query, difference.ours
    if name not in measures() or measure(name).is_reported:
        return
    rows = counter.selected(query, counter.inside(query))
    schema = rows.collect_schema().names()
    for column in (c for c in _EXCLUDED if c in schema):
        by = rows.group_by(column).agg(pl.col(measure(name).value).sum().alias("n")).collect()
        for value, n in by.sort(column, nulls_last=True).iter_rows():
            if 0 < n < ours and (column, value) not in {("method", left[0]) for left in _LEFT_OUT}:
                words = "" if value is None else f" {str(value).lower() if value in (True, False) else value}"
                label = (
                    f"without {_EXCLUDED[column]}{words}" if words else f"without a blank {_EXCLUDED[column]}"
                )
                yield Candidate(EXCLUSION, label, ours - n)


def _windows(difference: Difference) -> Iterator[Candidate]:
    """The same measure on days nearby: a month earlier or later, calendar against fiscal year, a week off."""
    counter, name, query = difference.counter, difference.name, difference.query
    start, end = query.start, query.end
    is_months = start.day == 1 and end == month_end(end)
    options: dict[str, tuple[dt.date, dt.date]] = {}
    if is_months:
        for shift, word in ((-1, "earlier"), (1, "later")):
            options[f"one month {word}"] = (month_start(start, shift), month_end(month_start(end, shift)))
        if start < month_start(end):
            options["without the last month"] = (start, month_start(end) - dt.timedelta(days=1))
            options["without the first month"] = (month_start(start, 1), end)
    if (start.month, end) == (1, dt.date(start.year, 12, 31)):
        options["fiscal year"] = (fiscal_year_start(start.year), fiscal_year_end(start.year))
    if start == fiscal_year_start(end.year) and end == fiscal_year_end(end.year):
        options["calendar year"] = (dt.date(end.year, 1, 1), dt.date(end.year, 12, 31))
    if not is_months and (end - start).days > 20:
        for days, word in ((-7, "earlier"), (7, "later")):
            options[f"ends a week {word}"] = (start, end + dt.timedelta(days=days))
            options[f"starts a week {word}"] = (start + dt.timedelta(days=days), end)
    for label, (first, last) in options.items():
        try:
            n = counted(counter, name, replace(query, start=first, end=last)).value
        except REFUSALS:
            continue
        yield Candidate("window", label, n, detail=f"{first} to {last}")


def _repeats(difference: Difference) -> Iterator[Candidate]:
    """People instead of records, where records have an identifier; records alike counted once, as a bound."""
    counter, name, query, ours = difference.counter, difference.name, difference.query, difference.ours
    if name not in measures() or measure(name).is_reported:
        return
    conditions = [
        pl.col(s.level if s.level != "county" else "county_fips") == s.code
        for s in query.spots
        if s.level != "nation"
    ]
    inside = pl.any_horizontal(conditions) if conditions else pl.lit(True)
    rows = counter.selected(query, inside.fill_null(False))
    schema = rows.collect_schema().names()
    if "subject_key" in schema:
        people = rows.select(
            pl.col("subject_key").n_unique(), pl.col("subject_key").null_count().alias("without")
        ).collect()
        if people["without"].item() == 0 and people["subject_key"].item():
            yield Candidate(
                "individuals", "people, by the records' identifier", float(people["subject_key"].item())
            )
    alike = [c for c in _ALIKE if c in schema]
    named = [c for c in ("landmark", "facility") if c in alike]
    kept = rows.select(alike).collect()
    if any(kept[c].null_count() < kept.height for c in named):
        low = float(kept.n_unique())
        yield Candidate(
            "duplicates", "records alike in everything kept of them counted once, at most", low, low, ours
        )


def _completion(difference: Difference) -> Iterator[Candidate]:
    """Records entered after the count, up to the share by which other first counts of the same kind fell
    short."""
    counter, figure, name, query, ours = difference
    soon = figure.published_on is not None and 0 <= (figure.published_on - figure.end).days <= _SOON
    if not soon or ours <= figure.value or not _is_event(name):
        return
    own = (query.spots, query.start, query.end)
    others = [
        short for key, kind, short in first_counts(counter).values() if key != own and kind == _kind(name)
    ]
    if others:
        most = max(others)
        said = f"{len(others)} other first counts fall short of the records by up to {100 * most:.1f}%"
        low = ours * (1 - most) - 2 * sqrt(ours * most)
        yield Candidate("completion", "later completion", low, low, ours, detail=said)


def pace(counter: StoreCounter, query: Query, ours: float, missing: int) -> Candidate:
    """The count with the days that the records lack, at the pace of as many days of their nearest year."""
    first, last = counter.days(measure(query.measure).table) or (query.start, query.end)
    around = replace(
        query,
        start=max(first, query.end - dt.timedelta(days=365 + missing)) if query.end > last else first,
        end=last if query.end > last else min(last, query.start + dt.timedelta(days=365 + missing)),
    )
    day = measure(query.measure).date
    rows = (
        counter.selected(around, counter.inside(query))
        .group_by(day)
        .agg(pl.col(measure(query.measure).value).sum().alias("n"))
    )
    days = pl.DataFrame({day: pl.date_range(around.start, around.end, eager=True)})
    a_day = days.join(rows.collect(), on=day, how="left")["n"].fill_null(0).to_numpy().astype(float)
    sums = np.convolve(a_day, np.ones(min(missing, len(a_day))), "valid")
    low, high = float(sums.min()), float(sums.max())
    scale = max(1.0, missing / days.height)
    label = "with the missing days at the pace of the records' nearest year"
    at_least, at_most = ours + max(0.0, scale * low - 2 * sqrt(low)), ours + scale * high + 2 * sqrt(high)
    return Candidate("window", label, at_least, at_least, at_most)


def _is_event(name: str) -> bool:
    """Whether a measure counts events, of which records may be entered late."""
    return (name in measures() and not measure(name).is_reported) or name.startswith("book_ins_")


def _kind(name: str) -> str:
    return "book_ins" if name.startswith("book_ins_") else measure(name).table


def first_counts(counter: StoreCounter) -> dict[str, tuple[object, str, float]]:
    """The table's first counts by id: places and days, kind, and how far they fall short of the records."""
    if counter.first is None:
        counter.first = {}
        for figure in figures():
            name = canonical(figure.measure)
            if (
                figure.published_on is None
                or figure.kind != "exact"
                or figure.window_fitted
                or not _is_event(name)
            ):
                continue
            if not 0 <= (figure.published_on - figure.end).days <= _SOON:
                continue
            try:
                spots = figure.spots
                at_areas = name in measures() and all(s.level == "aor" for s in spots)
                query = Query(name, spots, figure.start, figure.end, is_recorded=at_areas)
                span = counter.days(measure(name).table) if name in measures() else (figure.start, figure.end)
                if span is None or figure.start < span[0] or figure.end > span[1]:
                    continue
                ours = counter.count(query) if name in measures() else counted(counter, name, query).value
                short = 1 - figure.value / ours
            except (*REFUSALS, ZeroDivisionError):
                continue
            if 0 <= short < 0.1:
                counter.first[figure.id] = (spots, figure.start, figure.end), _kind(name), short
    return counter.first


def _slips(difference: Difference) -> Iterator[Candidate]:
    """A misprint: the exact number of another area or year in place of this one."""
    counter, figure, name, query = difference.counter, difference.figure, difference.name, difference.query
    if (
        name not in measures()
        or len(query.spots) != 1
        or query.spots[0].level != "aor"
        or figure.value < 1000
    ):
        return
    for years in (-1, 0, 1):
        variant = replace(
            query, start=add_months(query.start, 12 * years), end=add_months(query.end, 12 * years)
        )
        rows = counter.selected(variant, pl.col("aor_basis") == "recorded")
        by = rows.group_by("aor").agg(pl.col("n").sum()).filter(pl.col("n") == figure.value).collect()
        for area in by["aor"].sort():
            if (area, years) != (query.spots[0].code, 0):
                days = f"{area}, {variant.start} to {variant.end}"
                yield Candidate(
                    "slip", "the number of another area or year in its place", figure.value, detail=days
                )


def _lists(difference: Difference) -> Iterator[Candidate]:
    """Agreements surely or possibly in force, agencies, and the weeks around the day."""
    name, query, ours = difference.name, difference.query, difference.ours
    if "_287g" not in name:
        return
    surely, possibly, _ = agreements(name, query)
    yield Candidate("list", "agreements surely to possibly in force", possibly, surely, possibly)
    if name.startswith("agreements"):
        yield Candidate(
            "definition", "agencies", agreements(name.replace("agreements", "agencies"), query)[0]
        )
    lows, highs = [ours], [possibly]
    for days in (-31, -21, -14, -7, 7, 14, 21, 31):
        low, high, _ = agreements(name, replace(query, start=query.start + dt.timedelta(days=days)))
        lows.append(low)
        highs.append(high)
    yield Candidate("list", "lists of the month before and after", max(highs), min(lows), max(highs))


def _held(difference: Difference) -> Iterator[Candidate]:
    """People held at midnight or at any time of the day, and on the days around it."""
    counter, name, query = difference.counter, difference.name, difference.query
    if name not in ("detained", "average_daily_population"):
        return
    workbook = _workbook(counter, query)
    if workbook:
        yield Candidate("definition", "averages of facilities in the agency's workbook, added up", workbook)
    span = counter.days("facility_population")
    if span is None or query.start < span[0] or query.end > span[1]:
        first, last = month_start(query.start, -1), month_start(query.end, 1)
        means = monthly(replace(query, start=first, end=last), ("population_at_midnight",))["value"].to_list()
        yield Candidate("window", "means of the months about it", max(means), min(means), max(means))
        return
    midnight, ever = (held(counter, query, c).value for c in ("population_at_midnight", "population"))
    if ever > midnight:
        yield Candidate(
            "definition",
            "people held at midnight to people held at any time of the day",
            ever,
            midnight,
            ever,
        )
    if ratios := _headcount_ratios(counter, query):
        said = f"by {min(ratios) - 1:.1%} to {max(ratios) - 1:.1%} in {len(ratios)} months"
        low, high = midnight * min(ratios), midnight * max(ratios)
        label = "people held, raised by as much as the agency's own means exceed these counts"
        yield Candidate("coverage", label, low, low, high, detail=said)
    if query.start == query.end:
        around = [
            held(counter, replace(query, start=day, end=day), "population_at_midnight").value
            for day in (query.start + dt.timedelta(days=k) for k in range(-14, 15))
            if span[0] <= day <= span[1]
        ]
        yield Candidate("window", "days of two weeks before and after", max(around), min(around), max(around))


def _headcount_ratios(counter: StoreCounter, query: Query) -> list[float]:
    """The agency's own monthly means against the store's, of the nearest twelve months that have both."""
    span = counter.days("facility_population")
    if span is None or query.spots != (Spot("nation", "US"),):
        return []
    rows = table("detention_workbooks").filter(
        pl.col("measure") == "average_daily_population",
        pl.col("end") == pl.col("start").dt.month_end(),
        pl.col("end") <= pl.col("as_of"),
        pl.col("start") >= span[0],
        pl.col("end") <= span[1],
        (pl.col("start") - query.start).dt.total_days().abs() <= _NEAR,
    )
    newest = rows.sort("as_of").unique("start", keep="last")
    near = newest.sort((pl.col("start") - query.start).abs(), "start").head(12)
    found = []
    for start, end, value in near.select("start", "end", "value").iter_rows():
        ours = held(counter, replace(query, start=start, end=end), "population_at_midnight").value
        found.append(value / ours if ours else 1.0)
    return found if len(found) >= _LEAST_MONTHS else []


def _workbooks(difference: Difference) -> Iterator[Candidate]:
    """The national number in each of the agency's workbooks; older ones are less complete."""
    name, query = difference.name, difference.query
    wanted = BOOK_INS.get(name.removesuffix("_a_day"), (name,))
    if query.spots != (Spot("nation", "US"),):
        return
    months = months_through(query.start, query.end)
    is_inside = pl.col("start").is_in(months) & (pl.col("end") == pl.col("start").dt.month_end())
    is_whole = (pl.col("start") == query.start) & (pl.col("end") == query.end)
    rows = table("detention_workbooks").filter(pl.col("measure").is_in(wanted))
    if name == "average_daily_population":
        found = rows.filter(is_whole)
    else:
        every = (
            rows.filter(is_inside).group_by("as_of").agg(pl.len(), pl.col("value").sum(), pl.col("end").max())
        )
        found = every.filter(pl.col("len") == len(months) * len(wanted))
    days = (query.end - query.start).days + 1 if name.endswith("_a_day") else 1
    for as_of, end, value in found.sort("as_of").select("as_of", "end", "value").iter_rows():
        so_far = ", to that day" if end > as_of else ""
        yield Candidate("vintage", f"the agency's workbook of {as_of}{so_far}", value / days)


def _workbook(counter: StoreCounter, query: Query) -> float | None:
    """Average daily population of a fiscal year by the agency's own workbook, where the store has it."""
    if "aggregates" not in counter.store.tables() or query.spots != (Spot("nation", "US"),):
        return None
    rows = counter.store.scan("aggregates").filter(
        pl.col("measure") == "average daily population",
        pl.col("date") == query.start,
        pl.col("as_of") >= query.end,
    )
    return rows.select(pl.col("value").sum()).collect().item() or None


def _counties(difference: Difference) -> Iterator[Candidate]:
    """Counties with more records, or with more certain ones."""
    counter, name, query = difference.counter, difference.name, difference.query
    of = name.removeprefix("counties_with_")
    if of == name or of not in measures():
        return
    rows = counter.selected(replace(query, measure=of), pl.col("county_fips").is_not_null()).collect()
    by = rows.group_by("county_fips").agg(
        pl.col("n").sum(),
        pl.col("place_confidence").max().alias("sure"),
        pl.col("n").filter(pl.col("place_kind") == "county").sum().alias("plain"),
    )
    yield Candidate(
        "definition", "counties with two records or more", float(by.filter(pl.col("n") > 1).height)
    )
    yield Candidate(
        "definition", "counties with three records or more", float(by.filter(pl.col("n") > 2).height)
    )
    for least in (0.9, 0.95, 0.99):
        n = float(by.filter(pl.col("sure") >= least).height)
        yield Candidate("definition", f"counties of a record placed at confidence {least:g} or more", n)
    known = counter.days("arrests")
    if of in ("at_large", "custodial", "handoffs", "local_jails") and known and known[0] < query.start:
        yield from _counties_of_known_landmarks(counter, of, query, known[0])
    if "landmark_class" in rows.columns:
        for value in rows["landmark_class"].drop_nulls().unique().sort():
            kept = rows.filter(pl.col("landmark_class").ne_missing(value))["county_fips"].n_unique()
            yield Candidate(EXCLUSION, f"counties without landmarks of class {value}", float(kept))
    if of == "at_large":
        other = counter.selected(
            replace(query, measure="at_large_agency"), pl.col("county_fips").is_not_null()
        )
        n = other.select(pl.col("county_fips").n_unique()).collect().item()
        yield Candidate("definition", "counties with at_large_agency", float(n))
    if of in ("custodial", "handoffs"):
        for another in ("local_jails", "handoffs"):
            other = counter.selected(replace(query, measure=another), pl.col("county_fips").is_not_null())
            n = other.select(pl.col("county_fips").n_unique()).collect().item()
            yield Candidate("definition", f"counties with {another}", float(n))


def _counties_of_known_landmarks(
    counter: StoreCounter, of: str, query: Query, first: dt.date
) -> Iterator[Candidate]:
    """Counties by landmarks that stood in earlier records, as an older list of landmarks would place them."""
    rows = counter.selected(replace(query, measure=of), pl.col("county_fips").is_not_null())
    before = replace(query, measure="arrests", start=first, end=query.start - dt.timedelta(days=1))
    earlier = counter.selected(before, pl.col("landmark").is_not_null())
    for least in (1, 2, 3, 5):
        known = earlier.group_by("landmark").agg(pl.col("n").sum()).filter(pl.col("n") >= least)
        kept = rows.join(known.select("landmark"), on="landmark", how="semi")
        n = kept.select(pl.col("county_fips").n_unique()).collect().item()
        label = f"counties of landmarks with {least} or more arrests before these days"
        yield Candidate("definition", label, float(n))
