"""The declined-detainer report, rebuilt from records in the official report's four sections."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from atlarge.calendar import as_day
from atlarge.detainers.batches import find_batches
from atlarge.detainers.disclosed import OTHER_CHARGES, RATES, Disclosed, disclose_report
from atlarge.detainers.outcomes import OUTCOMES, add_rates, charge_of, outcome_counts, place_columns
from atlarge.detainers.published_earlier import DEFAULT_THRESHOLD, days_of
from atlarge.detainers.report_cells import COUNTS
from atlarge.detainers.timing import between, follow_up, has_keys
from atlarge.engines import compact, scan
from atlarge.errors import CoverageError
from atlarge.panel.levels import place_name
from atlarge.records.coverage import short_scope
from atlarge.records.store import Coverage, Store, open_store
from atlarge.reference import table
from atlarge.wording import notebook, some

# Columns that the report counts by. Other columns are not read, and rows that agree in these are grouped.
_COLUMNS = (
    "date",
    "facility",
    "facility_code",
    "city",
    "state",
    "county_fips",
    "outcome",
    "charge",
    "decision_date",
)


@dataclass(frozen=True)
class DetainerReport:
    """The report: `rows` (one a place and period), `total`, and the four sections.

    `highest_volume`: places by detainers issued. `declined`: by place and charge. `policies`: the
    registry's policies in force at any time of the report. `scope`: what the figures cover and lack. Beside
    them `batches`: days of mass review; `later_arrests`: at large within a year, by outcome; both are empty
    where the releases have no dates of decision, or no identifiers.
    """

    by: str
    every: str
    start: dt.date
    end: dt.date
    threshold: int
    rows: pl.DataFrame
    total: dict[str, Any]
    highest_volume: pl.DataFrame
    declined: pl.DataFrame
    policies: pl.DataFrame
    batches: pl.DataFrame
    later_arrests: pl.DataFrame
    scope: dict[str, Any]

    def summary(self) -> str:
        """How many detainers were issued, and what is known of them, in one line."""
        issued, declined = self.total.get("issued"), self.total.get("declined")
        shown = ["suppressed" if n is None else f"{n:,}" for n in (issued, declined)]
        return (
            f"{shown[0]} detainers issued {self.start} to {self.end}, {shown[1]} declined; "
            f"{some(self.rows.height, 'row')} by {self.by}"
        )

    __str__ = summary

    def __repr__(self) -> str:
        return f"<DetainerReport: {self.summary()}>"

    def _repr_html_(self) -> str:
        return notebook(self.summary(), self.rows)

    def without_accounts(self) -> DetainerReport:
        """The report that may be passed on: without accounts of releases, whose totals are of no table
        here."""
        kept = ("releases", "notes", "warnings", "issued", "missing_outcome")
        scope = {name: value for name, value in self.scope.items() if name in kept}
        return replace(self, scope=scope)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain values for JSON."""
        keys = {"start": "from", "end": "to"}
        return {
            keys.get(name, name): value.to_dicts() if isinstance(value, pl.DataFrame) else value
            for name, value in vars(self).items()
        }


def detainer_report(
    store: Store | Path | str | None = None,
    start: dt.date | str | None = None,
    end: dt.date | str | None = None,
    by: str = "county",
    *,
    every: str = "all",
    threshold: int = DEFAULT_THRESHOLD,
    top: int = 10,
    engine: str = "polars",
    after: Sequence[Mapping[str, Any]] = (),
    beside: pl.DataFrame | None = None,
) -> DetainerReport:
    """Count detainers issued in a time and what became of them, by place.

    Parameters
    ----------
    store : Store or path, optional
        Left out: the embedded records, which hold no detainers.
    start, end : date or ISO string, optional
        Days of issue, both inclusive; left out: all that the store covers.
    by : str
        nation, state, county or facility.
    every : str
        all, month or week: the periods of issue.
    threshold : int
        Counts from 1 to threshold - 1, and what would give them away, are suppressed (null, `suppressed`
        true); 0 or 1 suppresses nothing. The highest of this report and of those before it holds.
    top : int
        Places in the list of highest volumes.
    engine : str
        polars, duckdb or spark: reads and counts the records.
    after : sequence of mappings
        Earlier disclosed reports of the same records, as their JSON documents, so that no suppressed count
        follows from both.
    beside : polars.DataFrame, optional
        What a site of the same records disclosed, as its file data/disclosed.parquet has it.

    Returns
    -------
    DetainerReport
        Rows, total and sections.

    Raises
    ------
    StoreError
        When the store has no detainers.
    CoverageError
        When none of its releases covers the time.
    QuestionError
        For an unknown level, period or engine.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import atlarge
    >>> with TemporaryDirectory() as folder:
    ...     simulated = atlarge.simulate(folder, seed=1, arrests=5_000)
    ...     audit = atlarge.ingest([simulated.detainers], Path(folder, "store"))
    ...     report = detainer_report(Path(folder, "store"), by="nation")
    >>> report.total["issued"] > 0
    True
    """
    store, start, end = open_store(store), as_day(start), as_day(end)
    detainers = scan(store, "detainers", engine)
    first, last, covered = _window(store.coverage("detainers"), start, end)
    # Days are needed for periods and for how long a decision took; otherwise all days are grouped.
    needs_days = every != "all" or "decision_date" in detainers.collect_schema().names()
    columns = _COLUMNS if needs_days else _COLUMNS[1:]
    inside = compact(store, "detainers", columns, engine, first, last).lazy()
    rows = add_rates(outcome_counts(inside, by, every))
    total = add_rates(outcome_counts(inside, "nation"))
    volumes = add_rates(outcome_counts(inside, by))
    has_largest = by in ("county", "state") and every == "all"
    found = None
    if threshold > 1:
        wide = _wide(store, engine, columns, first, last, after, beside)
        found = disclose_report(
            wide, by, every, first, last, threshold=threshold, largest=has_largest, after=after, beside=beside
        )
        threshold = found.threshold
    shown = _shown(found, rows, "rows")
    if has_largest:
        shown = _with_facilities(shown, inside, by, found)
    return DetainerReport(
        by=by,
        every=every,
        start=first,
        end=last,
        threshold=threshold,
        rows=shown,
        total=_total(total, found),
        highest_volume=_highest(_shown(found, volumes, "rows" if every == "all" else "volume"), top),
        declined=declined_by_charge(inside, by, found),
        policies=policies_between(first, last),
        batches=_batches(inside, by, threshold),
        later_arrests=follow_up(store, first, last, threshold, engine=engine),
        scope=_scope(inside, total, store, covered, has_keys(between(detainers, first, last), engine), found)
        | {"warnings": _warnings(first, last, start, end, covered)},
    )


def _wide(
    store: Store,
    engine: str,
    columns: Sequence[str],
    first: dt.date,
    last: dt.date,
    after: Sequence[Mapping[str, Any]],
    beside: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The records of the days of this report and of those before it; all of them beside a site."""
    if beside is not None:
        return compact(store, "detainers", [*columns, "date", "aor", "office"], engine)
    if not after:
        return compact(store, "detainers", columns, engine, first, last)
    starts, ends = zip((first, last), *map(days_of, after), strict=True)
    span = min(starts), max(ends)
    return compact(store, "detainers", [*columns, "date"], engine, *span)


def _shown(found: Disclosed | None, rows: pl.DataFrame, section: str) -> pl.DataFrame:
    """A table of places as it may be published; all of it where nothing is suppressed."""
    if found is None:
        return rows.with_columns(pl.lit(False).alias("suppressed"))
    skip = {*COUNTS, "known", *RATES}
    keys = [c for c in rows.columns if c not in skip and not (section == "volume" and c == "period")]
    if "place_name" in keys and "facility" not in rows.columns and rows["place"].dtype == pl.String:
        keys = [c for c in keys if c != "place_name" or "city" in rows.columns]
    return found.rows(section, rows, keys)


def _highest(volumes: pl.DataFrame, top: int) -> pl.DataFrame:
    """The places by detainers issued, of those whose number may be published, with their rank."""
    return (
        volumes.drop_nulls(["place", "issued"])
        .sort("issued", descending=True, maintain_order=True)
        .head(top)
        .with_row_index("rank", offset=1)
        .drop("period")
    )


def _with_facilities(
    rows: pl.DataFrame, detainers: pl.LazyFrame, by: str, found: Disclosed | None
) -> pl.DataFrame:
    """Add how many facilities a place's detainers went to, and the largest with what was issued to it."""
    per = (
        detainers.group_by(place_columns(by, [])[0], pl.col("facility"))
        .agg(pl.col("n").sum().cast(pl.Int64).alias("n"))
        .sort("n", "facility", descending=[True, False])
        .group_by("place", maintain_order=True)
        .agg(
            pl.len().cast(pl.Int64).alias("facilities"),
            pl.col("facility").first().alias("largest_facility"),
            pl.col("n").first().alias("largest_facility_issued"),
        )
        .collect()
    )
    if found is not None:
        counts = [found.counts.get(("facility", place)) for place in per["place"].to_list()]
        per = per.with_columns(pl.Series("largest_facility_issued", counts, dtype=pl.Int64))
    beside = rows.join(per, on="place", how="left", nulls_equal=True)
    if found is None:
        return beside
    # There are at least as many detainers as facilities.
    return beside.with_columns(pl.when(pl.col("issued").is_not_null()).then("facilities").alias("facilities"))


def _total(total: pl.DataFrame, found: Disclosed | None) -> dict[str, Any]:
    """The row of all places together, as it may be published."""
    if not total.height:
        return {}
    if found is not None:
        total = found.rows("total", total, [])
    row = {k: v for k, v in total.to_dicts()[0].items() if k != "period"}
    return {**row, "suppressed": bool(row.get("suppressed", False))}


def _window(
    coverage: list[Coverage], start: dt.date | None, end: dt.date | None
) -> tuple[dt.date, dt.date, list[Coverage]]:
    """First and last day of the report, and the releases that cover any of it."""
    kept = [c for c in coverage if (end is None or c.start <= end) and (start is None or c.end >= start)]
    if not kept:
        spans = ", ".join(f"{c.start} to {c.end}" for c in coverage) or "nothing"
        window = f"{start or 'the beginning'} to {end or 'the end'}"
        raise CoverageError(f"the detainers in the store do not cover {window}; they cover {spans}")
    first = max(min(c.start for c in kept), start or dt.date.min)
    last = min(max(c.end for c in kept), end or dt.date.max)
    return first, last, kept


def declined_by_charge(detainers: pl.LazyFrame, by: str, found: Disclosed | None = None) -> pl.DataFrame:
    """Declined detainers by place and most serious charge: place, place_name, charge, declined, suppressed.

    Where the release has no charges, charge is "not in the release". Counts that are suppressed are put
    together as "other charges" of the place, without a number where that would give one away.
    """
    columns = detainers.collect_schema().names()
    declined = detainers.filter(pl.col("outcome") == "declined")
    place = place_columns(by, columns)[0]
    counts = (
        declined.group_by(place, charge_of(columns))
        .agg(pl.col("n").sum().cast(pl.Int64).alias("declined"))
        .sort("place", "declined", "charge")
        .collect()
    )
    if found is not None:
        if found.left_out:  # do not reveal either whether the place has declined any
            counts = counts.filter([place not in found.left_out for place in counts["place"].to_list()])
        published = [
            found.counts.get(("charge", *key)) for key in counts.select("place", "charge").iter_rows()
        ]
        whole = [found.counts.get(("all charges", place)) for place in counts["place"].to_list()]
        counts = counts.with_columns(
            pl.Series("declined", published, dtype=pl.Int64), pl.Series("whole", whole, dtype=pl.Int64)
        )
        # The rest of a published total, without the published charges, reveals nothing new.
        left = pl.col("whole") - pl.col("declined").sum().over("place")
        counts = counts.with_columns(left.alias("left"))
        is_one_of_several = pl.col("declined").is_null() & (pl.len().over("place") > 1)
        merged = pl.when(is_one_of_several).then(pl.lit(OTHER_CHARGES)).otherwise("charge")
        some = pl.col("declined").is_null().any()
        counts = counts.group_by("place", merged.alias("charge")).agg(
            pl.when(some).then(pl.col("left").first()).otherwise(pl.col("declined").sum()).alias("declined")
        )
    suppressed = pl.col("declined").is_null()
    if by == "facility":
        name = pl.col("place")
    else:
        name = place_name(pl.col("place"), by)
    total = pl.col("declined").fill_null(0).sum().over("place")
    return (
        counts.with_columns(name.fill_null("not placed").alias("place_name"), total.alias("_total"))
        .sort("_total", "place", "declined", "charge", descending=[True, False, True, False], nulls_last=True)
        .with_columns(suppressed.alias("suppressed"))
        .select("place", "place_name", "charge", "declined", "suppressed")
    )


def policies_between(start: dt.date, end: dt.date) -> pl.DataFrame:
    """Policies of the registry in force at any time between two days; empty when there is no registry."""
    still = pl.col("ended").is_null() | (pl.col("ended") >= start)
    return table("policies").filter((pl.coalesce("effective", "announced") <= end) & still)


def _batches(detainers: pl.LazyFrame, by: str, threshold: int) -> pl.DataFrame:
    """Batch days by place, where the release has dates of decision; empty otherwise."""
    columns = detainers.collect_schema().names()
    if "decision_date" not in columns:
        return pl.DataFrame()
    place = pl.col("facility") if by == "facility" else place_columns(by, columns)[0]
    decisions = (
        detainers.filter(pl.col("outcome") == "declined")
        .select(place.alias("place"), pl.col("date").alias("issue_date"), "decision_date", "n")
        .collect()
    )
    found = find_batches(decisions, least=max(10, threshold))
    if threshold <= 1 or not found.height:
        return found
    # How many of them are old or new, and what the place decided on all other days, follows by subtraction.
    # The usual level is a mean of unpublished counts.
    place_total = decisions.group_by("place").agg(pl.col("n").sum().alias("all"))
    beside = found.join(place_total, on="place", how="left", nulls_equal=True)
    few = [pl.col("old"), pl.col("decided") - pl.col("old"), pl.col("all") - pl.col("decided")]
    hidden = pl.any_horizontal(n.is_between(1, threshold - 1) for n in few)
    names = ["decided", "old", "share_old"]
    kept = [pl.when(~hidden).then(pl.col(name)).alias(name) for name in names]
    return beside.with_columns(*kept, pl.lit(None, pl.Float64).alias("usual")).select(found.columns)


def _scope(
    detainers: pl.LazyFrame,
    total: pl.DataFrame,
    store: Store,
    covered: list[Coverage],
    is_keyed: bool,
    found: Disclosed | None,
) -> dict[str, Any]:
    """What the figures cover and what they lack, from the store's manifest and the rows themselves."""
    columns = detainers.collect_schema().names()
    if found is not None and total.height:
        total = found.rows("total", total, [])
    whole = total.to_dicts()[0] if total.height else dict.fromkeys(("issued", *OUTCOMES), 0)

    def blank(column: str) -> int | None:
        if column not in columns:
            return None
        return int(detainers.filter(pl.col(column).is_null()).select(pl.col("n").sum()).collect().item() or 0)

    ids = {c.release_id for c in covered}
    audits = [r for r in store.releases if r["id"] in ids]
    notes = [
        "Counted by day of issue; the official report of 2017 counted declines by day of decision.",
        "A detainer recorded as declined is not a person released.",
        "A missing outcome is not read as honored: rates are given among recorded outcomes and as bounds.",
    ]
    if not is_keyed:
        notes.append("These releases have no identifiers, so later arrests of the same person are unknown.")
    if "decision_date" not in columns:
        notes.append("These releases have no dates of decision, so days of mass review are unknown.")
    return {
        "issued": whole["issued"],
        "missing_outcome": whole["missing"],
        "without_facility": blank("facility"),
        "without_county": blank("county_fips"),
        "without_state": blank("state"),
        "without_charge": blank("charge"),
        "releases": [{"id": c.release_id, "from": c.start, "to": c.end, "scope": c.scope} for c in covered],
        "audit": audits,
        "notes": notes,
    }


def _warnings(
    first: dt.date, last: dt.date, start: dt.date | None, end: dt.date | None, covered: list[Coverage]
) -> list[str]:
    """What part of the requested time, or of the nation, the releases leave out."""
    warnings = []
    if start is not None and first > start:
        warnings.append(f"The releases begin on {first}; nothing is known from {start} to then.")
    if end is not None and last < end:
        warnings.append(f"The releases end on {last}; nothing is known from then to {end}.")
    national = {
        day
        for c in covered
        if c.scope == "nation"
        for day in range(max(c.start, first).toordinal(), min(c.end, last).toordinal() + 1)
    }
    days = (last - first).days + 1
    if len(national) < days:
        scopes = ", ".join(sorted({short_scope(c.scope) for c in covered if c.scope != "nation"}))
        part = f"only {scopes}" if scopes else "nothing"
        warnings.append(
            f"On {days - len(national):,} of {some(days, 'day')} the releases cover {part}, not the nation."
        )
    return warnings
