"""Dates and times: what any usual program writes is read back as the same wall-clock time, or refused."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import ddp_forms
import polars as pl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

import simulated_files
from atlarge.errors import ReleaseError
from atlarge.ingest import ingest
from atlarge.records.dates import DateOrder, is_from_1904, read_dates, refuse_exchanged_days
from atlarge.records.store import open_store

TIMES = st.datetimes(dt.datetime(2003, 3, 1), dt.datetime(2035, 12, 31)).map(
    lambda t: t.replace(microsecond=0)
)
WRITTEN = {
    "R, readr": "%Y-%m-%dT%H:%M:%SZ",
    "R, write.csv": "%Y-%m-%d %H:%M:%S",
    "pandas, with zone": "%Y-%m-%d %H:%M:%S+00:00",
    "pandas, offset": "%Y-%m-%d %H:%M:%S-05:00",
    "polars": "%Y-%m-%dT%H:%M:%S.%f",
    "polars, zone": "%Y-%m-%dT%H:%M:%S.%f+0000",
    "DuckDB": "%Y-%m-%d %H:%M:%S.%f",
    "R, zone name": "%Y-%m-%d %H:%M:%S CDT",
    "ISO, basic": "%Y%m%dT%H%M%SZ",
    "Stata": "%d%b%Y %H:%M:%S",
    "SPSS": "%d-%b-%Y %H:%M:%S.00",
    "Excel, 12 hours": "%m/%d/%Y %I:%M:%S %p",
    "Excel, two-digit year": "%m/%d/%y %H:%M:%S",
    "long": "%A, %B %d, %Y %I:%M:%S %p",
    "Unix, date": "%a %b %d %H:%M:%S UTC %Y",
    "C, ctime": "%a %b %d %H:%M:%S %Y",
    "Go": "%Y-%m-%d %H:%M:%S.000 +0000 UTC",
    "Oracle": "%d-%b-%y %I.%M.%S.000000 %p",
    "JavaScript": "%a %b %d %Y %H:%M:%S GMT-0500 (Central Daylight Time)",
    "JavaScript, JSON": "%Y-%m-%dT%H:%M:%S.000Z",
    "database, digits": "%Y%m%d%H%M%S",
    "database, digits and thousandths": "%Y%m%d%H%M%S000",
    "ODBC": "{ts '%Y-%m-%d %H:%M:%S'}",
    "SQL Server": "%Y-%m-%d %H:%M:%S.0000000 -05:00",
    "Excel, kept as text": "'%m/%d/%Y %H:%M:%S",
    "Excel, text by formula": '="%m/%d/%Y %H:%M:%S"',
    "Java": "%Y-%m-%dT%H:%M:%S-05:00[America/Chicago]",
    "brackets": "[%Y-%m-%d %H:%M:%S]",
    "typeset hyphens": "%Y\u2011%m\u2011%d %H:%M:%S",
    "typeset dashes": "%m\u2013%d\u2013%Y %H:%M:%S",
    "zone of a place": "%Y-%m-%d %H:%M:%S America/Chicago",
    "zone of a country": "%Y-%m-%d %H:%M:%S US/Eastern",
    "zone, POSIX": "%Y-%m-%d %H:%M:%S EST5EDT",
    "zone, two letters": "%m/%d/%Y %I:%M:%S %p CT",
    "zone as Windows names it": "%Y-%m-%d %H:%M:%S (UTC-05:00) Eastern Time (US & Canada)",
    "SQL": "TIMESTAMP '%Y-%m-%d %H:%M:%S'",
    "SQL, in quotes": "'%Y-%m-%d %H:%M:%S'",
    "mail": "%B %d, %Y at %I:%M:%S %p",
}
SINCE = dt.datetime(1970, 1, 1)
MESES = [
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
    "noviembre", "diciembre",
]  # fmt: skip
MOIS = [
    "janvier", "f\u00e9vrier", "mars", "avril", "mai", "juin", "juillet", "ao\u00fbt", "septembre", "octobre",
    "novembre", "d\u00e9cembre",
]  # fmt: skip
MOIS_COURTS = [
    "janv.", "f\u00e9vr.", "mars", "avr.", "mai", "juin", "juil.", "ao\u00fbt", "sept.", "oct.",
    "nov.", "d\u00e9c.",
]  # fmt: skip
MONTHS = {
    "German": "Jan. Feb. M\u00e4rz April Mai Juni Juli Aug. Sept. Okt. Nov. Dez.",
    "German, short": "Jan Feb Mrz Apr Mai Jun Jul Aug Sep Okt Nov Dez",
    "Portuguese": "jan fev mar abr mai jun jul ago set out nov dez",
    "Italian": "gen feb mar apr mag giu lug ago set ott nov dic",
    "Spanish, short": "ene feb mar abr may jun jul ago sept oct nov dic",
}
DAYS = {
    "ISO": "%Y-%m-%d", "SDATE": "%Y/%m/%d", "Stata": "%d%b%Y", "SPSS": "%d-%b-%Y", "Excel": "%m/%d/%Y",
    "Excel, short": "%m/%d/%y", "Excel, name": "%d-%b-%y", "long": "%B %d, %Y", "eight digits": "%Y%m%d",
}  # fmt: skip


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(TIMES, min_size=1, max_size=20), st.sampled_from(sorted(WRITTEN)))
def test_times_are_read_as_written(times: list[dt.datetime], program: str) -> None:
    words = [t.strftime(WRITTEN[program]) for t in times]
    assert read_dates(pl.Series(words)).to_list() == times


@settings(max_examples=40, deadline=None)
@given(st.lists(TIMES, min_size=1, max_size=20), st.sampled_from(sorted(DAYS)))
def test_days_are_read_as_written(times: list[dt.datetime], program: str) -> None:
    words = [t.strftime(DAYS[program]) for t in times]
    assert read_dates(pl.Series(words)).dt.date().to_list() == [t.date() for t in times]


@pytest.mark.parametrize("language", MONTHS)
@pytest.mark.parametrize("form", ["{d:02}-{m}-{y}", "{d}. {m} {y}", "{d} {m} {y}"])
def test_months_of_a_language_are_all_read(language: str, form: str) -> None:
    names = MONTHS[language].split()
    days = [dt.date(2024, month, day) for month in range(1, 13) for day in (1, 12, 28)]
    words = pl.Series([form.format(d=day.day, m=names[day.month - 1], y=day.year) for day in days])
    assert read_dates(words).dt.date().to_list() == days


@pytest.mark.parametrize(
    "months", ["jan feb mrt apr mei", "sty lut mar kwi maj", "janvye fevriye mas avril me"]
)
def test_months_of_a_language_that_is_not_read_are_refused(months: str) -> None:
    order = DateOrder("month")
    order.look_at(pl.Series([f"{day} {m} 2024" for m in months.split() for day in range(1, 29)]))
    with pytest.raises(ReleaseError, match="name months in a language that is not read, in"):
        order.decide(Path("a.csv"), ["date"])
    mistyped = DateOrder("month")
    mistyped.look_at(pl.Series([*(f"{day} March 2024" for day in range(1, 29)), "3 Marhc 2024"]))
    mistyped.decide(Path("a.csv"), ["date"])


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(st.lists(TIMES, min_size=1, max_size=20))
def test_times_as_people_and_other_scripts_write_them(times: list[dt.datetime]) -> None:
    minutes = [t.replace(second=0) for t in times]
    wide = {ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"}
    spanish = [f"{t.day} de {MESES[t.month - 1]} de {t.year}" for t in times]
    written = {
        "military": ([t.strftime("%m/%d/%Y %H%M") for t in times], minutes),
        "military, hours": ([t.strftime("%d %b %Y %H%M hrs") for t in times], minutes),
        "wide digits": ([t.strftime("%Y-%m-%d %H:%M:%S").translate(wide) for t in times], times),
        "billionths": ([f"{(t - SINCE).total_seconds():.0f}000000000" for t in times], times),
        "Spanish": (spanish, [t.replace(hour=0, minute=0, second=0) for t in times]),
        "Spanish, weekday": (
            [f"mi\u00e9rcoles, {day}" for day in spanish],
            [t.replace(hour=0, minute=0, second=0) for t in times],
        ),
        "French": (
            [t.strftime(f"%d {MOIS[t.month - 1]} %Y %H:%M:%S") for t in times], times
        ),
        "French, short": (
            [t.strftime(f"%d {MOIS_COURTS[t.month - 1]} %Y %H:%M:%S") for t in times], times
        ),
        ".NET": ([f"/Date({(t - SINCE).total_seconds():.0f}000)/" for t in times], times),
        "minutes in digits": ([t.strftime("%Y%m%d%H%M") for t in times], minutes),
        "leap second": (
            [t.strftime("%Y-%m-%d %H:%M:60") for t in times], [t.replace(second=59) for t in times]
        ),
    }  # fmt: skip
    for name, (words, true) in written.items():
        known = [t for t in true if name not in ("billionths", ".NET") or t.year < 2030]
        assert [t for t in read_dates(pl.Series(words)).to_list() if t in known] == known, name


@settings(max_examples=40, deadline=None)
@given(st.lists(TIMES, min_size=1, max_size=20), st.booleans())
def test_serial_numbers_of_spreadsheets(times: list[dt.datetime], whole: bool) -> None:
    days = [(t - dt.datetime(1899, 12, 30)) / dt.timedelta(days=1) for t in times]
    words = [str(int(d)) if whole else repr(d) for d in days]
    read = read_dates(pl.Series(words)).to_list()
    assert read == ([t.replace(hour=0, minute=0, second=0) for t in times] if whole else times)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(TIMES, min_size=1, max_size=20),
    st.sampled_from([None, "UTC", "America/Chicago", "Asia/Tokyo"]),
    st.sampled_from(["ms", "us", "ns"]),
)
def test_typed_times_keep_their_day(times: list[dt.datetime], zone: str | None, unit: str) -> None:
    kept = [t for t in times if not 1 <= t.hour <= 3]  # hours that a change of the clock may skip
    column = pl.Series(kept, dtype=pl.Datetime(unit)).dt.replace_time_zone(zone, ambiguous="earliest")  # type: ignore[arg-type]
    assert read_dates(column).to_list() == kept


HEADER = (
    "apprehension_date_time,apprehension_aor,apprehension_method,apprehension_state,"
    "apprehension_site_landmark,unique_identifier"
)
AREA = "San Antonio Area of Responsibility"


def _arrests(path: Path, moments: list[str]) -> Path:
    lines = [f'"{m}",{AREA},Located,TEXAS,X,id{i:08x}a' for i, m in enumerate(moments)]
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    return path


_START = dt.datetime(2025, 5, 1, 9, 30)


@pytest.mark.parametrize(
    ("form", "days", "words"),
    [
        ("%d/%m/%Y", range(40), "day/month/year"),
        ("%d-%m-%Y %H:%M", range(40), "day/month/year"),
        ("%d/%m/%y", range(40), "day/month/year"),
        ("%Y-%d-%m", range(40), "year-day-month"),
        ("%Y/%d/%m %H:%M", range(40), "year-day-month"),
        ("%m/%d/%Y", [1, 2, 3, 34, 35, 36], "no date shows whether day or month comes first"),
        ("%d/%m/%Y", [1, 2, 3, 34, 35, 36], "no date shows whether day or month comes first"),
    ],
)
def test_an_order_of_day_and_month_that_is_not_sure_is_refused(
    form: str, days: list[int], words: str, tmp_path: Path
) -> None:
    moments = [(_START + dt.timedelta(days=d)).strftime(form) for d in days]
    with pytest.raises(ReleaseError, match=words):
        ingest([_arrests(tmp_path / "a.csv", moments)], tmp_path / "store")
    assert not (tmp_path / "store" / "manifest.json").exists()


def test_dates_that_a_program_swapped_are_refused(tmp_path: Path) -> None:
    """Month-first text opened where days come first: dates up to the 12th become dates, the wrong ones."""
    true = [_START + dt.timedelta(days=d) for d in range(60)]
    moments = [
        t.replace(month=t.day, day=t.month).strftime("%Y-%m-%d") if t.day <= 12 else t.strftime("%m/%d/%Y")
        for t in true
    ]
    with pytest.raises(ReleaseError, match="has read day for month"):
        ingest([_arrests(tmp_path / "a.csv", moments)], tmp_path / "store")


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize(("start", "length"), [("2025-04-01", 160), ("2024-11-20", 130), ("2023-10-05", 700)])
def test_dates_all_read_with_day_for_month_where_that_gives_a_date_are_refused(
    start: str, length: int, ending: str, tmp_path: Path
) -> None:
    """As a program does that reads each cell by itself; what it writes then is ISO throughout."""
    true = [dt.datetime.fromisoformat(start) + dt.timedelta(days=i) for i in range(length)]
    exchanged = [t.replace(month=t.day, day=t.month) if t.day <= 12 else t for t in true]
    read = {}
    for name, days in (("true", true), ("exchanged", exchanged)):
        path = _arrests(tmp_path / f"{name}.csv", [str(t.date()) for t in days])
        if ending == "parquet":
            frame = pl.read_csv(path).with_columns(pl.Series("apprehension_date_time", days))
            path = path.with_suffix(".parquet")
            frame.write_parquet(path)
        read[name] = path
    with pytest.raises(ReleaseError, match="read day for month"):
        ingest([read["exchanged"]], tmp_path / "store")
    assert ingest([read["true"]], tmp_path / "store").releases[0].rows_kept == length


@settings(max_examples=25, deadline=None)
@given(
    st.dates(dt.date(2005, 1, 1), dt.date(2024, 1, 1)), st.integers(1, 900), st.integers(5, 300), st.randoms()
)
def test_true_dates_are_not_taken_for_exchanged_ones(
    start: dt.date, length: int, rows: int, draw: random.Random
) -> None:
    days = [start + dt.timedelta(days=draw.randrange(length)) for _ in range(rows)]
    refuse_exchanged_days(Path("x"), "day", pl.Series(days).cast(pl.Datetime("us")))


def _serials(days: list[dt.date], first: dt.date) -> list[str]:
    return [str((day - first).days) for day in days]


FIRSTS = {1900: dt.date(1899, 12, 30), 1904: dt.date(1904, 1, 1)}


@pytest.mark.parametrize("counted", [1900, 1904])
@pytest.mark.parametrize("start", ["2024-02-01", "2025-05-01", "2026-03-01"])
def test_days_counted_from_1904_are_told_by_what_the_family_publishes(
    counted: int, start: str, tmp_path: Path
) -> None:
    days = [dt.date.fromisoformat(start) + dt.timedelta(days=i) for i in range(40)]
    path = _arrests(tmp_path / "a.csv", _serials(days, FIRSTS[counted]))
    audit = ingest([path], tmp_path / "store").releases[0]
    assert open_store(tmp_path / "store").scan("arrests").collect()["date"].sort().to_list() == days
    assert any("counted from 1904" in note for note in audit.notes) == (counted == 1904)


@pytest.mark.parametrize("counted", [1900, 1904])
@pytest.mark.parametrize("year", [2008, 2013, 2017])
def test_days_counted_from_1904_are_told_by_the_weekend_or_by_dates_written_out(
    counted: int, year: int
) -> None:
    draw = random.Random(year)
    any_day = [dt.date(year, 1, 1) + dt.timedelta(days=draw.randrange(500)) for _ in range(4000)]
    days = [day for day in any_day if day.weekday() < 5 or draw.random() < 0.4]
    bounds = [("2003-03-01", "2035-12-31"), ()]
    none = pl.Series([], dtype=pl.Date)
    for written, rows in ((none, days), (pl.Series(days[:3]), any_day[:30])):
        numbers = pl.Series(_serials(rows, FIRSTS[counted]))
        assert is_from_1904(Path("x"), "day", numbers, written, bounds) == (counted == 1904)
    with pytest.raises(ReleaseError, match="nothing in the file shows which"):
        is_from_1904(Path("x"), "day", pl.Series(_serials(any_day[:30], FIRSTS[counted])), none, bounds)


@pytest.mark.parametrize("from_1904", [False, True])
@pytest.mark.parametrize("kind", ["date", "number", "text", "mixed"])
def test_a_workbook_says_where_its_days_are_counted_from(from_1904: bool, kind: str, tmp_path: Path) -> None:
    days = [dt.date(2014, 5, 1) + dt.timedelta(days=i) for i in range(30)]
    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"), {"date_1904": from_1904})
    sheet, shown = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, HEADER.split(","))
    for at, (day, number) in enumerate(
        zip(days, _serials(days, FIRSTS[1904 if from_1904 else 1900]), strict=True)
    ):
        if kind == "date" or (kind == "mixed" and at % 2):
            sheet.write_datetime(at + 1, 0, dt.datetime.combine(day, dt.time()), shown)
        else:
            sheet.write(at + 1, 0, number if kind == "text" else int(number))
        sheet.write_row(at + 1, 1, [AREA, "Located", "TEXAS", "X", f"id{at:08x}a"])
    book.close()
    ingest([tmp_path / "a.xlsx"], tmp_path / "store")
    assert open_store(tmp_path / "store").scan("arrests").collect()["date"].sort().to_list() == days


@pytest.mark.parametrize("departed", [0.2, 0.5, 0.9])
def test_columns_of_dates_that_have_changed_places_are_refused(departed: float, tmp_path: Path) -> None:
    draw = random.Random(3)
    names = HEADER.replace(",", ",departed_date,", 1)
    rows = []
    for at in range(200):
        day = dt.date(2025, 1, 1) + dt.timedelta(days=draw.randrange(200))
        later = day + dt.timedelta(days=draw.randrange(60)) if draw.random() < departed else ""
        rows.append((str(day), str(later), f"{AREA},Located,TEXAS,X,id{at:08x}a"))
    true, turned = tmp_path / "true.csv", tmp_path / "turned.csv"
    true.write_text("\n".join([names, *(",".join(row) for row in rows)]) + "\n")
    turned.write_text("\n".join([names, *(f"{b},{a},{rest}" for a, b, rest in rows)]) + "\n")
    with pytest.raises(ReleaseError, match="the columns or their dates have been exchanged"):
        ingest([turned], tmp_path / "store")
    assert ingest([true], tmp_path / "store").releases[0].rows_kept == 200


def test_a_note_says_so_where_a_few_dates_are_read_month_first_and_nothing_shows_it(tmp_path: Path) -> None:
    days = [dt.date(2025, 6, 1) + dt.timedelta(days=i) for i in range(60)]
    words = [day.strftime("%m/%d/%Y") if day.day in (2, 9) else str(day) for day in days]
    audit = ingest([_arrests(tmp_path / "a.csv", words)], tmp_path / "store").releases[0]
    assert open_store(tmp_path / "store").scan("arrests").collect()["date"].sort().to_list() == days
    assert any("in 4 dates written in numbers: read month first" in note for note in audit.notes)


@pytest.mark.parametrize("form", ["%d.%m.%Y", "%m/%d/%Y", "%m-%d-%y"])
def test_an_order_that_the_column_shows_is_used_in_every_row(form: str, tmp_path: Path) -> None:
    true = [_START + dt.timedelta(days=d) for d in range(40)]
    ingest([_arrests(tmp_path / "a.csv", [t.strftime(form) for t in true])], tmp_path / "store")
    read = open_store(tmp_path / "store").scan("arrests").collect()["date"].sort().to_list()
    assert read == [t.date() for t in true]


def test_a_clock_turned_to_utc_moves_no_day(tmp_path: Path) -> None:
    """An evening's arrest, its time turned to real UTC, stays on the day that its date column says."""
    path = tmp_path / "a.csv"
    rows = [(dt.datetime(2025, 6, 1 + i, 22, 0), i) for i in range(20)]
    lines = [
        f"{(t + dt.timedelta(hours=5)).isoformat()}Z,{t.date()},{AREA},Located,TEXAS,X,i{i}" for t, i in rows
    ]
    path.write_text("\n".join([HEADER.replace(",", ",apprehension_date,", 1), *lines]) + "\n")
    audit = ingest([path], tmp_path / "store").releases[0]
    read = open_store(tmp_path / "store").scan("arrests").collect()["date"].sort().to_list()
    assert read == [t.date() for t, _ in rows]
    assert any("the date stands" in note for note in audit.notes)


WRITTEN_IN_UTC = {
    "ISO": "%Y-%m-%dT%H:%M:%SZ",
    "SQL": "%Y-%m-%d %H:%M:%S",
    "pandas": "%Y-%m-%d %H:%M:%S+00:00",
    "Excel": "%m/%d/%Y %I:%M %p",
}


def _working_hours(rows: int, seed: int) -> list[dt.datetime]:
    """Local times of records: most of the morning, some of the evening, hardly any at night."""
    draw = random.Random(seed)
    hours = draw.choices(
        range(24), [1, 1, 1, 1, 2, 8, 12, 12, 10, 9, 8, 7, 6, 6, 6, 5, 5, 4, 4, 4, 3, 3, 2, 1], k=rows
    )
    return [
        dt.datetime(2025, 1, 6, hour, draw.randrange(60)) + dt.timedelta(days=draw.randrange(300))
        for hour in hours
    ]


@pytest.mark.parametrize(
    "zone", ["America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"]
)
@pytest.mark.parametrize("form", WRITTEN_IN_UTC)
def test_times_turned_to_utc_are_refused_and_wall_clocks_labelled_utc_are_read(
    form: str, zone: str, tmp_path: Path
) -> None:
    """Told by the hours of the working day, where no date stands beside the times."""
    local = _working_hours(1500, len(form))
    turned = [t.replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC) for t in local]
    for name, times in (("local", local), ("turned", turned)):
        rows = [
            f"{t.strftime(WRITTEN_IN_UTC[form])},{AREA},Located,TEXAS,X,id{at:08x}a"
            for at, t in enumerate(times)
        ]
        (tmp_path / f"{name}.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    ingest([tmp_path / "local.csv"], tmp_path / "store")
    days = open_store(tmp_path / "store").scan("arrests").collect()["date"]
    assert days.sort().to_list() == sorted(t.date() for t in local)
    with pytest.raises(ReleaseError, match="are UTC, not local"):
        ingest([tmp_path / "turned.csv"], tmp_path / "other")


@pytest.mark.parametrize(
    "hour_of",
    [lambda at: at % 24, lambda at: 2, lambda at: 0, lambda at: (at * 7) % 24, lambda at: 13 + at % 9],
)
def test_hours_of_no_working_day_are_not_taken_for_utc(hour_of: Callable[[int], int], tmp_path: Path) -> None:
    rows = [
        f"2025-03-{1 + at % 28:02} {hour_of(at):02}:{at % 60:02}:00,{AREA},Located,TEXAS,X,id{at:08x}a"
        for at in range(240)
    ]
    (tmp_path / "a.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    assert ingest([tmp_path / "a.csv"], tmp_path / "store").releases[0].rows_kept == 240


@pytest.mark.parametrize("form", ["%y-%m-%d", "%y/%m/%d", "%y.%m.%d", "%y-%m-%d %H:%M"])
@pytest.mark.parametrize("first", [2004, 2011, 2022, 2025])
def test_dates_whose_year_of_two_digits_comes_first_are_refused(
    form: str, first: int, tmp_path: Path
) -> None:
    days = [dt.datetime(first, 1, 1) + dt.timedelta(days=3 * at) for at in range(200)]
    rows = [f"{day.strftime(form)},{AREA},Located,TEXAS,X,id{at:08x}a" for at, day in enumerate(days)]
    (tmp_path / "a.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    with pytest.raises(ReleaseError, match="year comes first and has two digits"):
        ingest([tmp_path / "a.csv"], tmp_path / "store")


@pytest.mark.parametrize("family", ["ddp-removals-a", "ddp-removals-c"])
def test_removals_before_the_apprehension_are_refused(family: str, tmp_path: Path) -> None:
    main, earlier = "Departed Date", "Apprehension Date"
    names = ddp_forms.HEADERS[family].split("|")
    earlier = earlier if earlier in names else f"Latest Person {earlier}"
    rows = ddp_forms.rows_of(family, 200, seed=2, people=10**9)
    for at, row in enumerate(rows):
        row[earlier] = row[main] - dt.timedelta(days=at % 40)
    true = pl.DataFrame(rows, infer_schema_length=None, strict=False).select(pl.all().cast(pl.String))
    true.write_csv(tmp_path / "true.csv")
    true.rename({main: earlier, earlier: main}).write_csv(tmp_path / "turned.csv")
    assert ingest([tmp_path / "true.csv"], tmp_path / "store").releases[0].rows_kept > 150
    with pytest.raises(ReleaseError, match="the columns or their dates have been exchanged"):
        ingest([tmp_path / "turned.csv"], tmp_path / "store")


def test_a_side_date_out_of_bounds_costs_the_cell_alone(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text(
        "departed_date,docket_aor,apprehension_state,latest_person_apprehension_date,unique_identifier\n"
        "2025-06-01,Houston Area of Responsibility,TEXAS,0999-07-02,aa1\n"
        "2025-06-02,Houston Area of Responsibility,TEXAS,2025-05-02,aa2\n"
    )
    audit = ingest([path], tmp_path / "store").releases[0]
    assert (audit.rows_kept, audit.rows_dropped) == (2, {})
    assert any("0999-07-02" in note for note in audit.notes)


@pytest.mark.parametrize(("first", "programs"), [(1960, "SAS and Stata"), (1970, "R")])
def test_days_counted_by_statistics_programs_are_refused_with_what_they_would_be(
    first: int, programs: str, tmp_path: Path
) -> None:
    days = [dt.date(2025, 3, 1) + dt.timedelta(days=i) for i in range(30)]
    path = _arrests(tmp_path / "a.csv", _serials(days, dt.date(first, 1, 1)))
    with pytest.raises(ReleaseError, match=f"as {programs} count, {days[0]} to {days[-1]}.*YYYY-MM-DD"):
        ingest([path], tmp_path / "store")


@pytest.mark.parametrize(
    ("cell", "mend"),
    [("########", "widen it"), ("####", "widen it"), ("30:05.0", "show the day in it")],
)
@pytest.mark.parametrize("spoilt", [3, 9])
def test_dates_that_a_spreadsheet_saved_unshown_name_the_mend(
    cell: str, mend: str, spoilt: int, tmp_path: Path
) -> None:
    path = _arrests(tmp_path / "a.csv", ["2025-06-01"] * (9 - spoilt) + [cell] * spoilt)
    if spoilt == 9:
        with pytest.raises(ReleaseError, match=f"only 0 of 9 rows can be kept .*{mend}.*: 9 rows"):
            ingest([path], tmp_path / "store")
    else:
        audit = ingest([path], tmp_path / "store").releases[0]
        assert audit.rows_kept == 6
        assert [(mend in reason, n) for reason, n in audit.quarantine_reasons.items()] == [(True, 3)]


def test_an_ingest_that_loses_most_rows_is_refused(tmp_path: Path) -> None:
    moments = ["2025-06-01"] * 4 + ["not known"] * 5
    path = _arrests(tmp_path / "a.csv", moments)
    with pytest.raises(ReleaseError, match=r"only 4 of 9 rows can be kept .*first is row 6;.*--allow-loss"):
        ingest([path], tmp_path / "store")
    assert not (tmp_path / "store" / "manifest.json").exists()
    assert ingest([path], tmp_path / "store", allow_loss=True).releases[0].rows_kept == 4


@pytest.mark.parametrize(
    "word",
    ["#N/A", "null", "n/a", "<NA>", "Unknown", "(blank)", "REDACTED", ".", "0", "1.23457E+12", "X9-CONSTANT"],
)
def test_what_cannot_identify_drops_no_row(word: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    lines = [
        f"2025-06-01 08:00:00,{AREA},Located,TEXAS,X,{who}"
        for who in [word if i % 3 == 0 else f"{i:040x}" for i in range(40)]
    ]
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    audit = ingest([path], tmp_path / "store").releases[0]
    assert audit.rows_kept == 40
    assert any("identifier" in note for note in audit.notes)


@pytest.mark.parametrize("clock", ["%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y", "%m/%d/%y %H:%M"])
def test_a_second_column_of_the_date_shows_the_order_where_the_first_is_empty(
    clock: str, tmp_path: Path
) -> None:
    days = [dt.datetime(2025, 5, 1, 9) + dt.timedelta(days=i) for i in range(40)]
    rows = [
        f"{d.strftime(clock)},TEXAS,San Antonio Area of Responsibility,Located,MEXICO,Male,"
        f"TRAVIS COUNTY,{i:040x},"
        for i, d in enumerate(days)
    ]
    head = (
        "apprehension_date,apprehension_state,apprehension_aor,apprehension_method,citizenship_country,gender,"
        "apprehension_site_landmark,unique_identifier,apprehension_date_time"
    )
    path = tmp_path / "arrests.csv"
    path.write_text("\n".join([head, *rows]) + "\n")
    ingest([path], store=tmp_path / "store")
    kept = open_store(tmp_path / "store").scan("arrests").collect()
    assert sorted(kept["date"]) == [d.date() for d in days]


def _joined(lines: list[str], between: str) -> list[str]:
    """Lines with another delimiter, in quotation marks where a cell holds it."""
    cells = [line.split("|") for line in lines]
    return [between.join(f'"{c}"' if between in c else c for c in row) for row in cells]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
@pytest.mark.parametrize("between", [",", "\t", ";"])
@pytest.mark.parametrize("names", [False, True])
def test_exports_of_spreadsheets_and_of_r_give_the_same_rows(
    encoding: str, between: str, names: bool, tmp_path: Path
) -> None:
    plain = tmp_path / "plain.csv"
    plain.write_text("\n".join([simulated_files.ARRESTS_HEADER, *simulated_files.arrest_lines(40)]) + "\n")
    head, *rows = plain.read_text().splitlines()
    if names:  # R writes a number before each row, and no name for it
        rows = [f'"{i}"|{row}' for i, row in enumerate(rows, 1)]
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    other = tmp_path / "other.txt"
    other.write_text(mark + "\n".join(_joined([head, *rows], between)) + "\n", encoding=encoding)
    kept = []
    for path in (plain, other):
        ingest([path], store=tmp_path / path.stem)
        frame = open_store(tmp_path / path.stem).scan("arrests").collect()
        kept.append(sorted(frame.select("date", "county_fips", "method").rows(), key=str))
    assert kept[0] == kept[1]
