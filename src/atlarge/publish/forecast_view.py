"""A forecast made from the records up to six months before their end, compared with what followed."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import polars as pl

from atlarge.disclosure.table import SMALL, WITHHELD
from atlarge.errors import CoverageError, QuestionError
from atlarge.panel import panel
from atlarge.publish import charts
from atlarge.publish.charts import Estimate
from atlarge.publish.i18n import Words
from atlarge.publish.layout import name_of
from atlarge.publish.render import Figure, Section, counts_table, figure
from atlarge.publish.site_data import SiteData
from atlarge.records.store import Store

MONTHS_AHEAD = 6


def past_forecast(store: Store, measure: str = "at_large") -> dict[str, Any] | None:
    """Each area forecast from six months before the records end; None for too short a past."""
    from atlarge.forecast import quantiles

    try:
        frame = panel(store, by="aor", every="month", measures=[measure]).frame
        whole = frame.filter(pl.col("days_covered") == pl.col("days_in_period"))
        wide = whole.pivot(on="period", index="place", values="value").sort("place")
        months = sorted(wide.columns[1:])
        counts = wide.select(months).to_numpy().astype(np.float64)
        origin = len(months) - MONTHS_AHEAD
        bands = quantiles(counts, MONTHS_AHEAD, "month", origin)[0]
    except (CoverageError, QuestionError):
        return None
    came = counts[:, origin:]
    inside = (came >= bands[:, :, 0]) & (came <= bands[:, :, 4])
    largest = int(np.argmax(np.nansum(counts, axis=1)))
    return {
        "measure": measure,
        "inside": int(inside.sum()),
        "cells": int(np.isfinite(came).sum()),
        "areas": wide.height,
        "as_of": dt.date.fromisoformat(months[origin - 1]),
        "place": wide["place"][largest],
        "months": [dt.date.fromisoformat(m) for m in months[origin:]],
        "bands": [[round(float(v), 1) for v in band[[0, 2, 4]]] for band in bands[largest]],
    }


def forecast_section(data: SiteData, w: Words) -> Section | None:
    """The section of a page that shows the past forecast; None where none could be made."""
    found = data.forecast
    if not found:
        return None
    says = w(
        "forecast.past_says",
        as_of=w.long_month(found["as_of"]),
        areas=found["areas"],
        months=MONTHS_AHEAD,
        inside=found["inside"],
        cells=found["cells"],
        share=w.percent(found["inside"] / found["cells"]),
    )
    command = "atlarge forecast --by aor --measure at_large --weeks 12 --out forecast.json"
    return Section(
        w("forecast.past"),
        [says, w("forecast.past_note")],
        code=[(w("forecast.command"), command)],
        figure=_band_figure(data, found, w),
    )


def _band_figure(data: SiteData, found: dict[str, Any], w: Words) -> Figure | None:
    """The largest area: its counts, and the band drawn before its last six months were seen."""
    place = data.places.get(("aor", found["place"]))
    counts = data.series(place, found["measure"], "month") if place else None
    if place is None or counts is None or {SMALL, WITHHELD} & set(counts.marks):
        return None  # the band follows from the counts before it
    months = found["months"]
    at = [months.index(p) if p in months else None for p in counts.periods]
    low, middle, high = (tuple(None if i is None else found["bands"][i][k] for i in at) for k in range(3))
    observed = counts.named(w("chart.observed"))
    estimate = Estimate(w("forecast.past_line"), counts.periods, middle, low, high, w("chart.band"))
    title = w("forecast.past_title", place=name_of(place, w), as_of=w.long_month(found["as_of"]))
    sentence = w("forecast.past_chart", measure=w(f"measure.{found['measure']}"))
    texts = [
        "" if i is None else w("interval", low=w.count(low[k] or 0, 1), high=w.count(high[k] or 0, 1))
        for k, i in enumerate(at)
    ]
    return figure(
        charts.timeline,
        [observed],
        w=w,
        title=title,
        sentence=sentence,
        estimate=estimate,
        height=300,
        table=counts_table([observed], w, sentence, "month", [(w("report.col.interval"), texts)]),
        id="forecast",
    )
