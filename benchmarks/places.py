"""Score place resolution on the labelled pairs, and time it on the landmark vocabulary.

Besides the labelled pairs it scores published texts of 2007 to 2026 whose county another column gives
(places_truth.py), the same with the confidence of each rule fitted on all other years, or all other areas of
responsibility, than those scored, and texts made from the gazetteer in all styles (tests/places/variants.py).

Run: python benchmarks/places.py [--plot]. Writes benchmarks/results/places.json and, with --plot, the
calibration plot docs/img/places_calibration.svg. Scores count only pairs of the part `score`, which no table,
list or rule was made from; the part `build` is shown beside them.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import resource
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("ATLARGE_DATA", ROOT.parent / "shared" / "data"))
TRUTH = ROOT / "tests" / "places" / "truth" / "pairs.csv"
OUT = ROOT / "benchmarks" / "results" / "places.json"
PLOT = ROOT / "docs" / "img" / "places_calibration.svg"
sys.path.insert(0, str(ROOT / "tests" / "places"))
Z95 = 1.959964
CERTAIN = 0.9
BINS = [0.0, 0.7, 0.8, 0.87, 0.9, 0.93, 0.965, 1.01]


def wilson(right: int, of: int) -> tuple[float, float]:
    """Return the 95% Wilson interval of a proportion (Wilson 1927)."""
    if of == 0:
        return (0.0, 1.0)
    p, z2 = right / of, Z95**2
    middle = (p + z2 / (2 * of)) / (1 + z2 / of)
    half = Z95 * np.sqrt(p * (1 - p) / of + z2 / (4 * of**2)) / (1 + z2 / of)
    return (max(0.0, float(middle - half)), min(1.0, float(middle + half)))


def judged() -> pl.DataFrame:
    """Return the labelled pairs with the answers: `got`, `is_right`, and whether the label is a county."""
    from atlarge.places import resolve

    truth = pl.read_csv(TRUTH, infer_schema=False).with_columns(
        pl.col("weight").cast(pl.Int64), pl.col("also").fill_null("")
    )
    found = pl.concat([truth, resolve(truth)], how="horizontal")
    got = (
        pl.when(pl.col("place_kind") == "county")
        .then(pl.col("county_fips"))
        .when(pl.col("place_kind") == "state")
        .then("state:" + pl.col("state_resolved"))
        .otherwise(pl.col("place_kind"))
    )
    return found.with_columns(got=got).with_columns(
        is_right=(pl.col("got") == pl.col("label"))
        | pl.col("also").str.split(" ").list.contains(pl.col("got")),
        names_county=pl.col("label").str.contains(r"^\d{5}$"),
    )


def _share(frame: pl.DataFrame, column: str = "is_right") -> dict[str, object]:
    right, of = int(frame[column].sum()), frame.height
    low, high = wilson(right, of)
    return {"right": right, "of": of, "share": right / of if of else None, "low": low, "high": high}


def scores(pairs: pl.DataFrame) -> dict[str, object]:
    """Return precision where certain, recall by pairs and by arrests, and office areas given a county."""
    county = pairs.filter(pl.col("place_kind") == "county")
    named = pairs.filter("names_county")
    weight = named["weight"].sum()
    offices = pairs.filter(pl.col("label") == "office_area")
    given = offices.filter((pl.col("place_kind") == "county") & ~pl.col("is_right"))
    return {
        "pairs": pairs.height,
        "all_kinds_right": _share(pairs),
        "county_precision_at_0.9": _share(county.filter(pl.col("place_confidence") >= CERTAIN)),
        "county_precision_all": _share(county),
        "county_recall_by_pairs": _share(named),
        "county_recall_by_arrests": named.filter("is_right")["weight"].sum() / weight if weight else None,
        "office_texts": offices.height,
        "office_texts_given_a_county": given.height,
    }


def calibration(pairs: pl.DataFrame) -> list[dict[str, object]]:
    """Return, by bin of confidence, the mean confidence and the share of right counties with its interval."""
    county = pairs.filter(pl.col("place_kind") == "county")
    out = []
    for low, high in itertools.pairwise(BINS):
        inside = county.filter((pl.col("place_confidence") >= low) & (pl.col("place_confidence") < high))
        if inside.height:
            out.append(
                {"from": low, "to": min(high, 1.0), "mean": inside["place_confidence"].mean()}
                | _share(inside)
            )
    return out


def timing(rows: int) -> dict[str, object]:
    """Time the 13,272 pairs with tables to load, again without, and a long column, in seconds."""
    from atlarge.places import resolve

    path = DATA / "raw" / "UWCHR__ice-enforce" / "apprehension_landmark_aor.csv"
    pairs = pl.read_csv(path, infer_schema=False).select("aor", landmark="apprehension_landmark")
    out: dict[str, object] = {"pairs": pairs.height}
    for name in ("first", "again"):
        wall, cpu = time.perf_counter(), time.process_time()
        resolve(pairs)
        out[f"{name}_wall_s"] = time.perf_counter() - wall
        out[f"{name}_cpu_s"] = time.process_time() - cpu
    rng = np.random.default_rng(1)
    long = pairs[rng.integers(0, pairs.height, rows)]
    wall = time.perf_counter()
    resolve(long)
    out |= {"long_rows": rows, "long_wall_s": time.perf_counter() - wall}
    out["peak_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    return out


def peer(pairs: pl.DataFrame) -> dict[str, object]:
    """Score and time the plain way: the most alike county name of the area (rapidfuzz WRatio).

    Every text gets an answer; at 90 of 100 alike it counts as certain.
    """
    from rapidfuzz import fuzz, process

    from atlarge.reference import table

    counties = table("counties").filter(pl.col("vintage").is_in(["all", "to 2021", "from 2015"]))
    names = {
        aor[0]: (found["fips"].to_list(), found["place_name"].str.to_uppercase().to_list())
        for aor, found in counties.group_by("aor")
    }
    started, answers = time.process_time(), []
    for aor, text in pairs.select("aor", "landmark").rows():
        fips, known = names[aor]
        _, score, at = process.extractOne(text.upper(), known, scorer=fuzz.WRatio)
        answers.append((fips[at], score))
    spent = time.process_time() - started
    judged_peer = pairs.with_columns(
        peer=pl.Series([a[0] for a in answers]), alike=pl.Series([a[1] for a in answers])
    ).with_columns(is_right=pl.col("peer") == pl.col("label"))
    return {
        "peer": "most alike county name in the area, rapidfuzz WRatio",
        "precision_at_90": _share(judged_peer.filter(pl.col("alike") >= 90)),
        "recall_by_pairs": _share(judged_peer.filter("names_county")),
        "office_texts_given_a_county": judged_peer.filter(
            (pl.col("label") == "office_area") & (pl.col("alike") >= 90)
        ).height,
        "cpu_s_per_1000_pairs": 1000 * spent / pairs.height,
    }


def agencies() -> dict[str, object]:
    """Score against ICE's own list of 287(g) agencies, which names a county beside each agency.

    Only the agency's name and its state are given to the resolver. The list has errors of its own.
    """
    from atlarge.places import resolve
    from atlarge.places.gazetteer import state_code
    from atlarge.reference import table

    path = DATA / "reference" / "appelson__Tracking_287g" / "participating_agencies_2025-07-18.csv"
    listed = pl.read_csv(path, infer_schema=False).rename(lambda name: name.strip().lower())
    counties = table("counties").filter(pl.col("vintage").is_in(["all", "to 2021", "from 2015"]))
    names = counties.select(truth="fips", county=pl.col("name").str.to_uppercase(), code="state")
    named = listed.with_columns(
        county=pl.col("county").str.strip_chars().str.to_uppercase(),
        code=pl.Series([state_code(s) for s in listed["state"]]),
    ).join(names, on=["county", "code"], how="inner", maintain_order="left")
    texts = named.select(landmark="law enforcement agency", state="code")
    found = resolve(texts, aor=None, state="state")
    judged_list = found.with_columns(is_right=named["truth"] == pl.col("county_fips").fill_null(""))
    certain = judged_list.filter((pl.col("place_kind") == "county") & (pl.col("place_confidence") >= CERTAIN))
    return {
        "agencies": listed.height,
        "county_readable": named.height,
        "found": _share(judged_list),
        "county_precision_at_0.9": _share(certain),
    }


def judged_published() -> pl.DataFrame:
    """Return the published texts and the labelled pairs with their answers, each with a year and a rule."""
    from atlarge.places import resolve
    from places_truth import published

    texts = published(DATA).drop("state")
    pairs = pl.read_csv(TRUTH, infer_schema=False).filter(pl.col("label").str.contains(r"^\d{5}$"))
    pairs = pairs.join(_first_years(), on=["landmark", "aor"], how="left").select(
        "landmark",
        "aor",
        pl.col("year").fill_null(2012),
        truth="label",
        source=pl.lit("landmark vocabulary"),
        also=pl.col("also").fill_null(""),
        several=pl.lit(False),
    )
    texts = pl.concat([texts, pairs.select(texts.columns)])
    found = pl.concat([texts, resolve(texts.select("landmark", "aor"))], how="horizontal")
    rule = pl.col("place_basis").str.replace_all(r"'[^']*'", "").str.extract(r"^([^:;]*)").str.strip_chars()
    return found.with_columns(
        rule=rule
        + pl.when(pl.col("place_basis").str.contains("misspelt")).then(pl.lit("*")).otherwise(pl.lit("")),
        stated=pl.col("place_confidence").cast(pl.Float64).round(2),
        is_right=(
            (pl.col("county_fips") == pl.col("truth"))
            | pl.col("also").str.split(" ").list.contains(pl.col("county_fips"))
        ).fill_null(False),
    )


def scores_published(answers: pl.DataFrame) -> dict[str, object]:
    """Return the share found and the precision where sure."""
    sure = answers.filter((pl.col("place_kind") == "county") & (pl.col("place_confidence") >= CERTAIN))
    return {
        "texts": answers.height,
        "found": _share(answers.filter(~pl.col("several"))),
        "precision_at_0.9": _share(sure),
        "name_with_namesakes_in_the_area": int(answers["several"].sum()),
    }


def _first_years() -> pl.DataFrame:
    """Return the first year in which the arrests of FY2016 to FY2019 carry each landmark."""
    from atlarge.places import aor_code

    frames = []
    for path in sorted((DATA / "raw" / "UWCHR__ice-enforce").glob("EROArrests_FY*.csv.gz")):
        raw = pl.read_csv(path, separator="|", skip_rows=5, infer_schema=False, encoding="utf8-lossy")
        frames.append(
            raw.select(
                landmark=pl.col("Apprehension Landmark").str.strip_chars(),
                area=pl.col("Area of Responsibility"),
                year=pl.col("Apprehension Date").str.extract(r"(\d{4})").cast(pl.Int64),
            )
        )
    every = pl.concat(frames).drop_nulls()
    codes = {name: aor_code(name) for name in every["area"].unique().to_list()}
    return (
        every.with_columns(aor=pl.col("area").replace_strict(codes))
        .group_by("landmark", "aor")
        .agg(pl.col("year").min())
    )


OTHER_AGENCIES = (
    r"(?i)\b(?:township|twp|university|college|schools?|constables?|district|ward|hospital|hosp)\b"
)
"""Agencies and facilities of the published lists that landmarks of arrests hardly ever name."""
PRIOR = 10.0
"""Answers that the stated confidence counts for where a rule is fitted on other years or areas."""


def leave_out(answers: pl.DataFrame, by: str) -> dict[str, object]:
    """Score each group with the confidence of every rule fitted on all other groups.

    A rule's confidence is the share of its answers at one stated level that are right in the other groups,
    with the stated level as PRIOR answers. `gap` is the mean confidence less the share right.
    """
    county = answers.filter(pl.col("place_kind") == "county")
    out: dict[str, object] = {}
    every = []
    for (group,), inside in sorted(county.group_by(by), key=lambda g: str(g[0][0])):
        others = county.filter(pl.col(by) != group)
        fitted = others.group_by("rule", "stated").agg(right=pl.col("is_right").sum(), of=pl.len())
        scored = inside.join(fitted, on=["rule", "stated"], how="left").with_columns(
            fitted=(pl.col("right").fill_null(0) + PRIOR * pl.col("stated"))
            / (pl.col("of").fill_null(0) + PRIOR)
        )
        every.append(scored)
        whole = answers.filter(pl.col(by) == group)
        out[str(group)] = _line(whole.filter(~pl.col("several")), scored)
    return {
        "all": {
            "texts": answers.height,
            "found": _share(answers.filter(~pl.col("several"))),
            **_fit(pl.concat(every)),
        },
        "groups": out,
    }


def _line(fits_one: pl.DataFrame, scored: pl.DataFrame) -> str:
    """Return one group's scores in a line: texts found, answers that are sure and right, gap."""
    sure = scored.filter(pl.col("fitted") >= CERTAIN)
    gap = (scored["fitted"] - scored["is_right"].cast(pl.Float64)).mean()
    return (
        f"found {int(fits_one['is_right'].sum()):,} of {fits_one.height:,}; right where sure "
        f"{int(sure['is_right'].sum()):,} of {sure.height:,}; gap {gap:+.3f}"
    )


def _fit(scored: pl.DataFrame) -> dict[str, object]:
    right = scored["is_right"].cast(pl.Float64)
    return {
        "precision_at_0.9": _share(scored.filter(pl.col("fitted") >= CERTAIN)),
        "precision_at_0.9_as_stated": _share(scored.filter(pl.col("place_confidence") >= CERTAIN)),
        "gap": float((scored["fitted"] - right).mean()),
        "gap_as_stated": float((scored["stated"] - right).mean()),
        "brier": float(((scored["fitted"] - right) ** 2).mean()),
    }


def made_texts(seed: int = 20261128) -> dict[str, object]:
    """Score texts made from the gazetteer, by style: those that one place alone fits, and all the others."""
    import random

    import variants

    from atlarge.places import resolve

    rng = random.Random(seed)
    texts = pl.concat([variants.counties(rng), variants.cities(rng, 2000), variants.facilities(rng)])
    found = pl.concat([texts, resolve(texts)], how="horizontal").with_columns(
        is_right=(pl.col("county_fips") == pl.col("truth")).fill_null(False),
        fits_one=variants.fits_one_place(texts),
    )

    def score(part: pl.DataFrame) -> dict[str, object]:
        sure = part.filter((pl.col("place_kind") == "county") & (pl.col("place_confidence") >= CERTAIN))
        return {"texts": part.height, "found": _share(part), "precision_at_0.9": _share(sure)}

    fits_one = found.filter("fits_one")
    return {
        "fits one place": score(fits_one),
        "fits several": score(found.filter(~pl.col("fits_one"))),
        "by_style": {str(style): _styled(part) for (style,), part in sorted(fits_one.group_by("style"))},
    }


def _styled(part: pl.DataFrame) -> str:
    sure = part.filter((pl.col("place_kind") == "county") & (pl.col("place_confidence") >= CERTAIN))
    return (
        f"found {int(part['is_right'].sum()):,} of {part.height:,}; right where sure "
        f"{int(sure['is_right'].sum()):,} of {sure.height:,}"
    )


def plot(bins: list[dict[str, object]]) -> None:
    """Draw confidence against accuracy with Wilson intervals."""
    import altair as alt

    frame = pl.DataFrame(bins)
    x = alt.X("mean:Q", title="confidence given", scale=alt.Scale(domain=[0.5, 1]))
    base = alt.Chart(frame)
    ideal = (
        alt.Chart(pl.DataFrame({"a": [0.5, 1.0]}))
        .mark_line(strokeDash=[4, 4], color="#888")
        .encode(x=alt.X("a:Q"), y=alt.Y("a:Q"))
    )
    bars = base.mark_rule(color="#1f5a7a").encode(
        x=x,
        y=alt.Y("low:Q", title="share of counties that are right", scale=alt.Scale(domain=[0.2, 1])),
        y2="high:Q",
    )
    points = base.mark_circle(color="#1f5a7a", opacity=1).encode(
        x=x, y="share:Q", size=alt.Size("of:Q", title="pairs")
    )
    chart = (ideal + bars + points).properties(
        width=420, height=300, title="Confidence against accuracy, pairs never used in building"
    )
    PLOT.parent.mkdir(parents=True, exist_ok=True)
    chart.save(str(PLOT))


def main() -> None:
    """Score, time, print and save."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--plot", action="store_true")
    parser.add_argument("--rows", type=int, default=10_000_000)
    options = parser.parse_args()
    timed = timing(options.rows)
    pairs = judged()
    score = pairs.filter(pl.col("part") == "score")
    published = judged_published()
    result = {
        "score": scores(score),
        "score_by_source": {
            f"{source}, drawn {draw}": scores(part)
            for (source, draw), part in sorted(score.group_by("source", "draw"), key=lambda p: str(p[0]))
        },
        "build": scores(pairs.filter(pl.col("part") == "build")),
        "calibration": calibration(score),
        "agencies_287g": agencies(),
        "published": {
            "all": scores_published(published),
            "2025 and 2026": scores_published(recent := published.filter(pl.col("year") >= 2025)),
            "2025 and 2026, without townships, campuses and constables": scores_published(
                recent.filter(~pl.col("landmark").str.contains(OTHER_AGENCIES))
            ),
            "by_source": {
                str(source): scores_published(part)
                for (source,), part in sorted(published.group_by("source"))
            },
        },
        "leave_a_year_out": leave_out(published, "year"),
        "leave_an_area_out": leave_out(published, "aor"),
        "made_texts": made_texts(),
        "peer": (other := peer(score)),
        "speed": timed
        | {
            "cpu_s_per_1000_pairs": 1000 * timed["again_cpu_s"] / timed["pairs"],
            "cpu_ratio_to_peer": 1000 * timed["again_cpu_s"] / timed["pairs"] / other["cpu_s_per_1000_pairs"],
        },
    }
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    if options.plot:
        plot(result["calibration"])
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
