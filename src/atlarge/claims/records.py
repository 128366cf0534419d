"""Counts for claims from the panel of a store, the only way in which records are counted."""

from __future__ import annotations

import datetime as dt
from typing import Any

from atlarge.claims.figures import Figure, normal
from atlarge.claims.sources import Amount, Gap
from atlarge.errors import AtlargeError
from atlarge.panel import PLACE_COLUMN, measures, panel
from atlarge.periods import Period
from atlarge.places import find_place
from atlarge.records.store import Store

_STOCKS = {"jail_inmates_with_detainer"}  # a stock counted each month: months are averaged, not summed


class PanelSource:
    """The panel over a store, under one scheme."""

    is_of_record = True

    def __init__(self, store: Store, scheme: str = "ddp") -> None:
        self.store = store
        self.scheme = scheme
        self.name = "the records"
        self._panels: dict[tuple[Any, ...], Any] = {}
        self._found: dict[str, tuple[str, str, str]] = {}

    def kinds(self, measure: str, places: list[str]) -> list[str]:
        """The level of the places; empty when they are unknown or of several levels."""
        found = {self.find(place)[0] for place in places}
        return [kind for kind in found if kind] if len(found) == 1 else []

    def find(self, place: str) -> tuple[str, str, str]:
        """Level, code and name of a place; a level of "" when it is not found, with the reason as name."""
        if place not in self._found:
            try:
                self._found[place] = find_place(place)
            except AtlargeError as error:
                self._found[place] = "", "", str(error)
        return self._found[place]

    def amount(self, measure: str, place: str, kind: str | None, when: Period | None) -> Amount | Gap:
        """The measure's sum over the period, if releases cover every day of it."""
        if kind == "facility":
            return self._at_facility(measure, place, when)
        level, code, name = self.find(place)
        if not level:
            return Gap(name)
        if kind is not None and kind not in (level, "nation") and level != "nation":
            return Gap(f"{place} is a {level} in the records, not a {kind}")
        if when is None:
            return Gap(f"say when: the records of {measure} need a period")
        counted = self._panel(measure, level, when, [code], _grain(measure, when))
        if isinstance(counted, Gap):
            return counted
        total = (
            self._sum(counted, measure, name, when)
            if level != "nation"
            else self._national(counted, measure, when)
        )
        if isinstance(total, Gap):
            return total
        figure = self._figure(measure, level, code, name, when, total, counted)
        return Amount(total, (figure,), when.days, measure not in _STOCKS)

    def _at_facility(self, measure: str, place: str, when: Period | None) -> Amount | Gap:
        """Detainers at one facility, named as its release names it; counted as the detainer report counts."""
        from atlarge.detainers import OUTCOMES, detainer_report

        column = "issued" if measure == "detainers_issued" else measure.removeprefix("detainers_")
        if when is None or column not in ("issued", *OUTCOMES) or "detainers" not in self.store.tables():
            return Gap(f"{measure} at a facility needs detainers in the store and a period")
        try:
            report = detainer_report(self.store, when.start, when.end, "facility", threshold=0)
        except AtlargeError as error:
            return Gap(str(error))
        if (report.start, report.end) != (when.start, when.end):
            return Gap(f"the detainers in the store cover {report.start} to {report.end}, not all of {when}")
        found = [r for r in report.rows.iter_rows(named=True) if normal(r["place_name"]) == normal(place)]
        if not found:
            return Gap(f"no facility in the store is called {place!r} in {when}")
        value = float(sum(r[column] for r in found))
        figure = Figure(
            measure,
            place,
            "facility",
            found[0]["place"],
            when,
            value,
            "detainers",
            "ICE",
            "panel",
            "detainers of the store",
        )
        return Amount(value, (figure,), when.days, True)

    def _panel(self, measure: str, level: str, when: Period, places: list[str] | None, every: str) -> Any:
        """The panel, or the reason why there is none; kept, since claims ask for the same again."""
        key = (measure, level, when, tuple(places) if places else None, every)
        if key not in self._panels:
            self._panels[key] = self._counted(measure, level, when, places, every)
        return self._panels[key]

    def _counted(self, measure: str, level: str, when: Period, places: list[str] | None, every: str) -> Any:
        known = measures().get(measure)
        if known is None:
            return Gap(f"the panel has no measure {measure}")
        if known.table not in self.store.tables():
            return Gap(f"the store has no {known.table}; {measure} needs them for {when}")
        if known.is_reported and not _is_whole_months(when):
            return Gap(f"{measure} is reported by the month, and {when} is not whole months")
        try:
            return panel(
                self.store,
                by=level,
                every=every,
                measures=[measure],
                scheme=self.scheme,
                start=when.start,
                end=when.end,
                places=places,
            )
        except AtlargeError as error:
            return Gap(str(error))

    def _national(self, counted: Any, measure: str, when: Period) -> float | Gap:
        """The sum for the nation, if releases of national scope cover every day; one of a state does not."""
        releases = counted.coverage[measures()[measure].table]["releases"]
        spans = [
            (dt.date.fromisoformat(r["start"]), dt.date.fromisoformat(r["end"]))
            for r in releases
            if r["scope"] == "nation"
        ]
        day = when.start
        for start, end in sorted(spans):
            if start <= day <= end:
                day = end + dt.timedelta(days=1)
        if day <= when.end:
            others = ", ".join(sorted({r["scope"] for r in releases if r["scope"] != "nation"}))
            only = f"; others cover only {others}" if others else ""
            return Gap(f"no release of national scope covers {measure} from {day} to {when.end}{only}")
        return self._sum(counted, measure, "United States", when)

    def _sum(self, counted: Any, measure: str, name: str, when: Period) -> float | Gap:
        """The sum of a panel's one place, or a gap where a day is not covered."""
        frame = counted.frame
        covered = int(frame.filter(frame["value"].is_not_null())["days_covered"].sum() or 0)
        reported = measure.startswith("jail_")
        missing = frame["value"].null_count()
        if frame.is_empty() or missing == frame.height:
            return Gap(f"no release in the store covers {measure} at {name} in {when}")
        if missing or (not reported and covered < when.days):
            return Gap(
                f"the releases cover {covered} of the {when.days} days of {when} for {measure} at {name}"
            )
        return float(frame["value"].mean() if measure in _STOCKS else frame["value"].sum())

    def _figure(
        self, measure: str, level: str, code: str, name: str, when: Period, value: float, counted: Any
    ) -> Figure:
        scope = counted.coverage[measures()[measure].table]
        ids = sorted({str(r["id"]) for r in scope["releases"]})
        named = {str(r.get("id")): str(r.get("file")) for r in self.store.manifest.get("releases", [])}
        releases = ", ".join(f"{i} ({named[i]})" if i in named else i for i in ids)
        unplaced = scope["unplaced"].get(measure, 0)
        parts = []
        if measure in _STOCKS and when.days > 31:
            parts.append("the mean of the months, since a person detained in two months is counted in both")
        if measures()[measure].category:
            parts.append(f"methods read under the scheme {self.scheme}")
        if unplaced and level != "nation":
            parts.append(f"{unplaced:,} of the records in this time name no {level}")
        return Figure(
            measure=measure,
            place=name,
            place_kind=level,
            place_code=code,
            period=when,
            value=value,
            unit=measures()[measure].unit,
            party="ICE"
            if not measure.startswith("jail_")
            else "sheriffs, to the Texas Commission on Jail Standards",
            source="panel",
            row=f"{measures()[measure].table} of {releases}",
            note="; ".join(parts) or None,
        )

    def all_places(self, measure: str, kind: str, when: Period | None) -> list[str]:
        """All places of a level with a whole count in the period."""
        return [place for place, _ in self.ranked(measure, kind, when)]

    def ranked(self, measure: str, kind: str, when: Period | None) -> list[tuple[str, float]]:
        """Every place of a level with its sum, in one pass over the records."""
        import polars as pl

        if when is None or kind not in PLACE_COLUMN:
            return []
        counted = self._panel(measure, kind, when, None, _grain(measure, when))
        if isinstance(counted, Gap):
            return []
        # a partly covered month has a value, but not one for the whole month
        is_reported = pl.lit(measures()[measure].is_reported)
        is_whole = is_reported | (pl.col("days_covered") == pl.col("days_in_period"))
        is_whole &= pl.col("value").is_not_null()
        whole = counted.frame.group_by("place").agg(
            pl.col("value").sum().alias("value"), (~is_whole).sum().alias("gaps")
        )
        kept = whole.filter(pl.col("gaps") == 0).sort("value", "place", descending=[True, False])
        return [(str(place), float(value)) for place, value in kept.select("place", "value").iter_rows()]

    def whole(self, measure: str, kind: str, when: Period | None) -> Amount | Gap:
        """A measure over all places of a level together, counted in one pass."""
        ranked = self.ranked(measure, kind, when)
        if not ranked or when is None:
            return Gap(f"the records give no {kind} counts of {measure} in {when or 'any period'}")
        counted = self._panel(measure, kind, when, None, _grain(measure, when))
        total = sum(value for _, value in ranked)
        figure = self._figure(measure, kind, "all", f"{len(ranked):,} places", when, total, counted)
        return Amount(total, (figure,), when.days, measure not in _STOCKS)

    def series(
        self, measure: str, place: str, kind: str | None, when: Period | None, every: str
    ) -> list[Figure] | Gap:
        """The measure by day, week or month."""
        level, code, name = self.find(place)
        if not level:
            return Gap(name)
        if when is None:
            return Gap(f"say when: the records of {measure} need a period")
        if every == "year":
            return Gap("the panel counts by day, week or month, not by year")
        counted = self._panel(measure, level, when, [code], every)
        if isinstance(counted, Gap):
            return counted
        rows = counted.frame.filter(
            counted.frame["days_covered"] == counted.frame["days_in_period"]
        ).drop_nulls("value")
        found = []
        for row in rows.iter_rows(named=True):
            last = row["period"] + dt.timedelta(days=int(row["days_in_period"]) - 1)
            period = Period(row["period"], last)
            found.append(self._figure(measure, level, code, name, period, float(row["value"]), counted))
        return found or Gap(f"no release in the store covers {measure} at {name} in {when}")


def _grain(measure: str, when: Period) -> str:
    """The coarsest period of the panel that fits."""
    return "month" if measure.startswith("jail_") or _is_whole_months(when) else "day"


def _is_whole_months(when: Period) -> bool:
    """Whether a period consists of whole months."""
    return when.start.day == 1 and (when.end + dt.timedelta(days=1)).day == 1
