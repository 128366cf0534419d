"""Build the two tables of people by county: residents born abroad, and the modelled unauthorized population.

    python tools/county_population.py FOLDER_OF_THE_DATA [--check]

Residents born abroad are counts of the American Community Survey. The unauthorized population of a county is
published nowhere: it is modelled from them and from Pew's estimates of metropolitan areas (an area-level
model of the share of residents born abroad who are unauthorized, after Fay and Herriot 1979, its counties
raked to the published areas and to the nation). `--check` writes nothing but prints how the model does on
areas left out, on cities that are counties, and on a table by county of another publisher and year.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlarge.reference import table

Floats = NDArray[np.float64]

REFERENCE = Path(__file__).parents[1] / "src" / "atlarge" / "reference"
CONTEXT = "county_context_acs2012_2016.csv"
PUBLISHED = "pew_metro_2014_partial.csv"
CHECKED_AGAINST = "mpi_county_2023.csv"
YEAR = 2014
DRAWS = 4000
Z = 1.645
UNKNOWN_MARGIN = 0.15
"""Margin, as a share of the estimate, of published areas whose margin could not be read."""
SURVEY = 30.0
"""Variance of a five-year count of residents born abroad, per person: a weight near 9 and people who live
together counted together. The file at hand prints no margins."""
SPREADS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.75, 1.0, 1.25, 1.5)
"""Standard deviations of a county's logit around its area's that are tried."""
NO_COUNT_SD = 0.7
"""Log standard deviation of the estimate where residents born abroad are not known (Alaska)."""
CITIES = {
    "New York": ("36005", "36047", "36061", "36081", "36085"),
    "Denver": ("08031",),
    "Philadelphia": ("42101",),
    "San Francisco": ("06075",),
    "Washington, D.C.": ("11001",),
}
"""Cities with a published estimate that are one county, or several whole ones."""


def counties(data: Path) -> pl.DataFrame:
    """Counties of the survey: residents, voting-age citizens, residents born abroad, Hispanic residents."""
    [path] = data.rglob(CONTEXT)
    frame = pl.read_csv(path, schema_overrides={"fips": pl.String})
    counts = pl.col("total_population") / 100
    frame = frame.select(
        "fips",
        total=pl.col("total_population").cast(pl.Int64),
        citizens=pl.col("cvap").cast(pl.Int64),
        foreign_born=(pl.col("foreignborn_pct") * counts).round().cast(pl.Int64),
        hispanic=(pl.col("hispanic_pct") * counts).round().cast(pl.Int64),
    ).drop_nulls("foreign_born")
    known = table("counties").select("fips", "aor", "state", "population_2014").unique("fips")
    left_out = set(frame["fips"]) - set(known["fips"])
    assert not left_out, left_out
    metro = table("metro_counties").select("fips", metro="cbsa_code").unique("fips")
    whole = known.filter(
        pl.col("population_2014").is_not_null() | pl.col("fips").is_in(frame["fips"].implode())
    )
    return whole.join(frame, on="fips", how="left").join(metro, on="fips", how="left").sort("fips")


def noncitizen_share() -> pl.DataFrame:
    """Noncitizens among residents born abroad, by area of responsibility, of the earliest year at hand."""
    rows = table("populations")
    rows = rows.filter(pl.col("year") == rows["year"].min()).pivot(
        on="group", index="place", values="estimate"
    )
    return rows.select(aor="place", noncitizen=pl.col("noncitizen") / pl.col("foreign_born"))


def published(data: Path, frame: pl.DataFrame) -> pl.DataFrame:
    """Metropolitan areas with a published estimate of the year: metro, count, share, variance of its logit.

    The printed share of residents born abroad is taken where it is at hand: numbers are printed to 5,000.
    """
    names = dict(table("metro_counties").select("cbsa_name", "cbsa_code").iter_rows())
    [path] = data.rglob(PUBLISHED)
    shares = pl.read_csv(path).select(place="metro", printed=pl.col("pct_of_foreign_born") / 100)
    rows = table("pew_metros").filter((pl.col("place_kind") == "metro") & (pl.col("year") == YEAR))
    rows = rows.with_columns(name=pl.col("aliases").str.split(";").list.concat(pl.col("place"))).explode(
        "name"
    )
    shares = shares.join(rows.select(place="name", row="place").unique("place"), on="place", how="left")
    rows = table("pew_metros").filter((pl.col("place_kind") == "metro") & (pl.col("year") == YEAR))
    rows = rows.join(shares.select(place="row", printed="printed"), on="place", how="left")
    rows = rows.with_columns(
        metro=pl.coalesce("cbsa_code", pl.col("place").replace_strict(names, default=None)),
        margin=pl.coalesce("margin", UNKNOWN_MARGIN * pl.col("estimate")),
    ).select("metro", "estimate", "margin", "printed")
    born = frame.group_by("metro").agg(
        pl.col("foreign_born").sum(), pl.col("foreign_born").null_count().alias("gaps")
    )
    rows = rows.join(born.filter(pl.col("gaps") == 0), on="metro").unique("metro").sort("metro")
    rows = rows.with_columns(
        estimate=pl.coalesce(pl.col("printed") * pl.col("foreign_born"), "estimate"),
        step=pl.when(pl.col("printed").is_null()).then(5000.0).otherwise(0.01 * pl.col("foreign_born")),
    ).drop_nulls("estimate")
    share = pl.col("estimate") / pl.col("foreign_born")
    error = ((pl.col("margin") / Z) ** 2 + pl.col("step") ** 2 / 12).sqrt() / pl.col("estimate")
    return rows.with_columns(share=share, variance=(error / (1 - share)) ** 2)


def logit(share: Any) -> Any:
    return np.log(share) - np.log1p(-share)


def expit(value: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-value))


def covariates(frame: pl.DataFrame, bounds: tuple[float, float] | None) -> tuple[Floats, tuple[float, float]]:
    """Constant, logit of noncitizens among residents born abroad of the area of responsibility, and log of
    Hispanic residents per resident born abroad, kept within the range of the published areas."""
    ratio = np.log(frame["hispanic"].to_numpy() + 1.0) - np.log(frame["foreign_born"].to_numpy() + 1.0)
    low, high = bounds or (float(ratio.min()), float(ratio.max()))
    kept = np.clip(ratio, low, high)
    return np.column_stack([np.ones(frame.height), logit(frame["noncitizen"].to_numpy()), kept]), (low, high)


@dataclass(frozen=True)
class Model:
    """Draws of the coefficients (covariates x draws), of the standard deviation of areas of the middle size
    around them, and of the power of size by which their variance falls; and the log of the middle size."""

    coefficients: Floats
    between: Floats
    power: Floats
    middle: float

    def variance(self, size: Floats) -> Floats:
        """Variance of areas of a size (residents born abroad) around the coefficients: areas x draws."""
        return self.between**2 * np.exp(-self.power * (np.log(size)[:, None] - self.middle))


def fit(x: Floats, y: Floats, variance: Floats, size: Floats, seed: int = 3) -> Model:
    """Area-level model whose spread may depend on size, with the uncertainty of the spread carried on.

    The restricted likelihood is evaluated on a grid of the standard deviation (uniform prior, Gelman 2006)
    and of the power of size (uniform from 0, the same spread at every size, to 1, that of a mean of
    independent people); coefficients are drawn given each drawn pair.
    """
    rng = np.random.default_rng(seed)
    middle = float(np.log(size).mean())
    spreads, powers = np.linspace(0.01, 1.0, 100), np.linspace(0.0, 1.0, 21)
    pairs = [(s, p) for s in spreads for p in powers]
    fits, log_likelihood = [], np.empty(len(pairs))
    for k, (spread, power) in enumerate(pairs):
        weight = 1.0 / (variance + spread**2 * np.exp(-power * (np.log(size) - middle)))
        normal = x.T @ (weight[:, None] * x)
        b = np.linalg.solve(normal, x.T @ (weight * y))
        loss = weight @ (y - x @ b) ** 2 - np.log(weight).sum() + np.linalg.slogdet(normal)[1]
        log_likelihood[k] = -0.5 * loss
        fits.append((b, np.linalg.cholesky(np.linalg.inv(normal))))
    probability = np.exp(log_likelihood - log_likelihood.max())
    drawn = rng.choice(len(pairs), DRAWS, p=probability / probability.sum())
    normal_draws = rng.normal(size=(DRAWS, x.shape[1]))
    coefficients = np.array([fits[k][0] + fits[k][1] @ z for k, z in zip(drawn, normal_draws, strict=True)])
    both = np.array(pairs)[drawn]
    return Model(coefficients.T, both[:, 0], both[:, 1], middle)


def metros(frame: pl.DataFrame) -> pl.DataFrame:
    """Sums by metropolitan area, for the areas all of whose counties have counts."""
    inside = frame.drop_nulls("metro").with_columns(by=pl.col("noncitizen") * pl.col("foreign_born"))
    sums = inside.group_by("metro", maintain_order=True).agg(
        pl.col("total", "foreign_born", "hispanic", "by").sum(), gaps=pl.col("foreign_born").null_count()
    )
    sums = sums.filter((pl.col("gaps") == 0) & (pl.col("foreign_born") > 0))
    return sums.with_columns(noncitizen=pl.col("by") / pl.col("foreign_born"))


@dataclass(frozen=True)
class Simulated:
    """Draws of the unauthorized population: counties x draws, of the rows of `frame`."""

    frame: pl.DataFrame
    draws: Floats
    model: Model
    benchmark: float


def simulate(
    frame: pl.DataFrame,
    areas: pl.DataFrame,
    within: Floats,
    left_out: frozenset[str] = frozenset(),
    seed: int = 1,
) -> Simulated:
    """Draw the unauthorized population of every county, given the published areas but those left out.

    `within`: standard deviation of a county's logit around its area's, one value or one for each draw.
    Counties of an area are raked to a draw of the area, published or not. Areas, and counties that are
    areas of their own, scatter as published areas of their size do.
    """
    rng = np.random.default_rng(seed)
    given = areas.filter(~pl.col("metro").is_in(list(left_out))).join(
        metros(frame).select("metro", "hispanic", "noncitizen"), on="metro", maintain_order="left"
    )
    x, bounds = covariates(given, None)
    y, variance = logit(given["share"].to_numpy()), given["variance"].to_numpy()
    model = fit(x, y, variance, given["foreign_born"].to_numpy().astype(float))
    b = model.coefficients

    known = frame.filter(pl.col("foreign_born").is_not_null() & (pl.col("foreign_born") > 0))
    own, _ = covariates(known, bounds)
    code = known.with_columns(group=pl.coalesce("metro", "fips"))["group"].to_list()
    groups = {name: k for k, name in enumerate(dict.fromkeys(code))}
    at = np.array([groups[name] for name in code])
    sizes = known.with_columns(group=pl.Series(at)).group_by("group").agg(pl.col("foreign_born").sum())
    spread = model.variance(sizes.sort("group")["foreign_born"].to_numpy().astype(float)) ** 0.5
    shared = spread * rng.normal(size=(len(groups), DRAWS))
    several = known.group_by("metro").len().filter(pl.col("len") > 1)["metro"].drop_nulls()
    whole = metros(frame).filter(pl.col("metro").is_in(several.implode()))
    own_variance = model.variance(given["foreign_born"].to_numpy().astype(float))
    gain = own_variance / (own_variance + variance[:, None])
    totals: dict[int, Floats] = {}
    for k, metro in enumerate(given["metro"]):
        rest = gain[k] * (y[k] - x[k] @ b) + rng.normal(size=DRAWS) * (own_variance[k] * (1 - gain[k])) ** 0.5
        shared[groups[metro]] = rest
        totals[groups[metro]] = given["foreign_born"][k] * expit(x[k] @ b + rest)
    of_areas, _ = covariates(whole, bounds)
    for row, metro, people in zip(of_areas, whole["metro"], whole["foreign_born"], strict=True):
        group = groups[metro]
        totals.setdefault(group, people * expit(row @ b + shared[group]))
    born = known["foreign_born"].to_numpy().astype(float)
    counted = rng.gamma((born / SURVEY)[:, None], SURVEY, (known.height, DRAWS))
    is_part = np.isin(at, [groups[metro] for metro in several])
    apart = within * rng.normal(size=(known.height, DRAWS)) * is_part[:, None]
    draws = np.minimum(counted, counted * expit(own @ b + shared[at] + apart))
    published_groups = [groups[metro] for metro in given["metro"]]
    is_published = np.isin(at, published_groups)
    for group, total in totals.items():
        inside = at == group
        draws[inside] *= total / np.maximum(draws[inside].sum(axis=0), 1.0)

    nation = (
        table("pew_metros")
        .filter((pl.col("place_kind") == "nation") & (pl.col("year") == YEAR))
        .row(0, named=True)
    )
    other = frame.filter(pl.col("foreign_born").is_null() & (pl.col("population_2014") > 0))
    anchorage = 5000.0 / 398_000.0  # Pew's estimate of Anchorage over its residents of 2014
    rate = anchorage * np.exp(rng.normal(-(NO_COUNT_SD**2) / 2, NO_COUNT_SD, (other.height, DRAWS)))
    unknown = other["population_2014"].to_numpy()[:, None] * rate
    rest_of_nation = (
        rng.normal(nation["estimate"], nation["margin"] / Z, DRAWS)
        - draws[is_published].sum(0)
        - unknown.sum(0)
    )
    scale = rest_of_nation / draws[~is_published].sum(axis=0)
    draws[~is_published] *= scale
    both = pl.concat([known, other.select(known.columns)])
    basis = (
        np.where(is_published, "published area shared out", "model").tolist()
        + ["total population"] * other.height
    )
    return Simulated(
        both.with_columns(basis=pl.Series(basis)),
        np.vstack([draws, unknown]),
        model,
        float(scale.mean()),
    )


def of_cities(found: Simulated) -> dict[str, tuple[float, Floats]]:
    """Published number and draws, of the cities that are whole counties."""
    printed = dict(table("pew_cities").filter(pl.col("year") == YEAR).select("place", "estimate").iter_rows())
    fips = found.frame["fips"].to_list()
    return {
        city: (float(printed[city]), found.draws[[fips.index(code) for code in codes]].sum(axis=0))
        for city, codes in CITIES.items()
    }


def rounded(value: float) -> float:
    """Three figures, no unit below one: more would show a precision that is not there."""
    digits = 2 - int(np.floor(np.log10(value))) if value >= 1 else 0
    return float(round(value, min(digits, 0)))


def summaries(found: Simulated) -> pl.DataFrame:
    """Mean and 90% interval by county, metropolitan area, area of responsibility and state."""
    states = found.frame["state"]
    levels = {
        "county": found.frame["fips"],
        "metro": found.frame["metro"],
        "aor": found.frame["aor"],
        "state": states,
    }
    rows = []
    for kind, codes in levels.items():
        for code in sorted(set(codes.drop_nulls())):
            inside = (codes == code).fill_null(False).to_numpy()
            draws = found.draws[inside].sum(axis=0)
            low, high = np.quantile(draws, [0.05, 0.95])
            bases = set(found.frame["basis"].filter(pl.Series(inside)))
            rows.append(
                {
                    "place_kind": kind,
                    "place": code,
                    "year": YEAR,
                    "estimate": rounded(float(draws.mean())),
                    "low": rounded(float(low)),
                    "high": rounded(float(high)),
                    "basis": bases.pop() if len(bases) == 1 else "several",
                }
            )
    return pl.DataFrame(rows)


def prepared(data: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Counties with their covariates, and the published areas."""
    frame = counties(data).join(noncitizen_share(), on="aor", how="left", maintain_order="left")
    return frame, published(data, frame)


@dataclass(frozen=True)
class Spread:
    """What the cities say of the scatter of counties within areas: probability of each standard deviation."""

    values: Floats
    probability: Floats

    @property
    def median(self) -> float:
        return float(np.interp(0.5, np.cumsum(self.probability), self.values))

    def draw(self, seed: int = 2) -> Floats:
        return np.random.default_rng(seed).choice(self.values, DRAWS, p=self.probability)


def spread_within(frame: pl.DataFrame, areas: pl.DataFrame) -> Spread:
    """Posterior of the standard deviation of a county's logit around its area's, from cities.

    A city's published number against the draws given each standard deviation: raking, and the slope of the
    logit, shrink what a county's logit does to its number, so the errors of the numbers are not the scatter
    itself. Five cities say little, so the whole posterior is carried on (a uniform prior on the standard
    deviation, as Gelman 2006 advises for few groups). A city's number has a margin and is printed to 5,000.
    """
    log_likelihood = []
    for value in SPREADS:
        loss = 0.0
        for printed, draws in of_cities(simulate(frame, areas, np.array(value))).values():
            logs = np.log(draws)
            own = (UNKNOWN_MARGIN / Z) ** 2 + (5000.0 / printed) ** 2 / 12
            variance = float(logs.var()) + own
            loss += np.log(variance) + (np.log(printed) - float(logs.mean())) ** 2 / variance
        log_likelihood.append(-0.5 * loss)
    values = np.linspace(SPREADS[0], SPREADS[-1], 200)
    curve = np.interp(values, SPREADS, log_likelihood)
    weight = np.exp(curve - curve.max())
    return Spread(values, weight / weight.sum())


def score(low: Floats, high: Floats, value: Floats, truth: Floats) -> Mapping[str, float]:
    error = np.log(value / truth)
    return {
        "areas": len(truth),
        "inside_90": round(float(np.mean((truth >= low) & (truth <= high))), 3),
        "median_error": round(float(np.median(np.abs(error))), 3),
        "bias": round(float(np.median(error)), 3),
        "width": round(float(np.median(np.log(high / low))), 3),
    }


def checks(data: Path) -> dict[str, Any]:
    """How the model does on what it has not seen."""
    frame, areas = prepared(data)
    spread = spread_within(frame, areas)
    within = spread.draw()
    rows, fips = [], None
    names = areas["metro"].to_list()
    rng = np.random.default_rng(5)
    for fold in np.array_split(rng.permutation(len(names)), 11):
        out = frozenset(names[k] for k in fold)
        found = simulate(frame, areas, within, out)
        codes = found.frame["metro"]
        for metro in sorted(out):
            draws = found.draws[(codes == metro).fill_null(False).to_numpy()].sum(axis=0)
            row = areas.filter(pl.col("metro") == metro).row(0, named=True)
            # the published number has an error of its own
            seen = draws * np.exp(rng.normal(0.0, row["variance"] ** 0.5 * (1 - row["share"]), DRAWS))
            low, high = np.quantile(seen, [0.05, 0.95])
            rows.append((low, high, draws.mean(), row["estimate"]))
    left_out = score(*np.array(rows).T)

    found = simulate(frame, areas, within)
    mean = found.draws.mean(axis=1)
    low, high = np.quantile(found.draws, [0.05, 0.95], axis=1)
    [path] = data.rglob(CHECKED_AGAINST)
    later = pl.read_csv(path, schema_overrides={"fips": pl.String})
    nation = later.filter(pl.col("area") == "United States")["unauthorized_2023"].item()
    later = later.drop_nulls("fips").filter(pl.col("fips").str.len_chars() == 5)
    fips = {code: k for k, code in enumerate(found.frame["fips"])}
    later = later.filter(pl.col("fips").is_in(list(fips)) & ~pl.col("fips").str.starts_with("02"))
    at = np.array([fips[code] for code in later["fips"]])
    total = float(
        table("pew_metros").filter((pl.col("place_kind") == "nation") & (pl.col("year") == YEAR))["estimate"][
            0
        ]
    )
    truth = later["unauthorized_2023"].to_numpy() / nation * total
    drift = drift_by_year()
    born = found.frame["foreign_born"].cast(pl.Float64)[at.tolist()].to_numpy()
    wider = np.exp(Z * np.hypot(np.log(high[at] / low[at]) / (2 * Z), drift * 9**0.5))
    return {
        "metros_left_out": left_out,
        "cities": {
            city: round(float(np.log(printed / draws.mean())), 3)
            for city, (printed, draws) in of_cities(found).items()
        },
        "counties_2023": {
            "as_of_2014": score(low[at], high[at], mean[at], truth),
            "with_drift": score(mean[at] / wider, mean[at] * wider, mean[at], truth),
            "correlation_of_logs": round(float(np.corrcoef(np.log(mean[at]), np.log(truth))[0, 1]), 3),
            "correlation_of_logs_born_abroad": round(
                float(np.corrcoef(np.log(born), np.log(truth))[0, 1]), 3
            ),
        },
        "coefficients": np.round(found.model.coefficients.mean(axis=1), 3).tolist(),
        "between_areas_sd": round(float(np.median(found.model.between)), 3),
        "power_of_size": round(float(np.median(found.model.power)), 3),
        "within_areas_sd": round(spread.median, 3),
        "scale_to_the_nation": round(found.benchmark, 3),
        "drift_log_sd_by_root_year": round(drift, 3),
        "published_areas": areas.height,
    }


def drift_by_year() -> float:
    """Log standard deviation by which an area's share of the nation moves in a year, with its uncertainty.

    From areas that Pew printed for two years, next to each other in its tables. They are few and small, so
    the standard deviation is not taken at its best value: the number returned is that of a normal law
    whose 90% interval is as wide as the one with the standard deviation unknown (uniform prior).
    """
    rows = table("pew_metros").drop_nulls("estimate")
    nation = dict(rows.filter(pl.col("place_kind") == "nation").select("year", "estimate").iter_rows())
    metro = rows.filter(pl.col("place_kind") == "metro").with_columns(
        error=pl.coalesce("margin", pl.col("margin").max().over("place"), UNKNOWN_MARGIN * pl.col("estimate"))
        / Z
        / pl.col("estimate"),
        step=5000.0 / 12**0.5 / pl.col("estimate"),
        share=(pl.col("estimate") / pl.col("year").replace_strict(nation, return_dtype=pl.Float64)).log(),
    )
    pairs = metro.sort("place", "year").with_columns(
        moved=pl.col("share").diff().over("place"),
        years=pl.col("year").diff().over("place"),
        noise=(pl.col("error") ** 2 + pl.col("step") ** 2).rolling_sum(2).over("place"),
    )
    moved, years, noise = pairs.drop_nulls("moved").select("moved", "years", "noise").to_numpy().T
    values = np.linspace(0.0, 0.5, 251)
    variance = noise + values[:, None] ** 2 * years
    log_likelihood = -0.5 * (np.log(variance) + moved**2 / variance).sum(axis=1)
    weight = np.exp(log_likelihood - log_likelihood.max())
    rng = np.random.default_rng(4)
    drawn = rng.choice(values, 100_000, p=weight / weight.sum()) * rng.normal(size=100_000)
    return float(np.quantile(np.abs(drawn), 0.9) / Z)


def main(data: Path) -> None:
    """Write both tables."""
    frame, areas = prepared(data)
    found = simulate(frame, areas, spread_within(frame, areas).draw())
    born = frame.select(
        "fips",
        first_year=pl.lit(2012),
        last_year=pl.lit(2016),
        total_population="total",
        voting_age_citizens="citizens",
        foreign_born="foreign_born",
        foreign_born_margin=pl.lit(None, pl.Int64),
    )
    born.write_csv(REFERENCE / "county_foreign_born.csv")
    summaries(found).write_csv(REFERENCE / "unauthorized_modelled.csv")
    print(f"{born.height:,} counties; {found.frame.height:,} with a modelled number")


if __name__ == "__main__":
    if "--check" in sys.argv:
        print(json.dumps(checks(Path(sys.argv[1])), indent=1))
    else:
        main(Path(sys.argv[1]))
