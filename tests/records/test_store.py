"""The store: the same for the same releases, whole under two writers, and traced back to rows."""

from __future__ import annotations

import contextlib
import datetime as dt
import gc
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import simulated_files
from atlarge.errors import QuestionError, ReleaseError, StoreError
from atlarge.ingest import ingest
from atlarge.known_places import FOUND, QUERY, known_places, resolve_queries
from atlarge.panel import panel
from atlarge.records import store as store_module
from atlarge.records.lineage import lineage, ranges
from atlarge.records.store import Coverage, open_store, write_rows
from atlarge.records.tables import schema
from command_line import run

HEADER = simulated_files.ARRESTS_HEADER


def _file(path: Path, *lines: str) -> Path:
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    return path


def test_ingest_again_changes_nothing(tmp_path: Path) -> None:
    path = simulated_files.arrests(tmp_path / "a.csv.gz", 200)
    first = ingest([path], tmp_path / "store").to_dict()
    before = simulated_files.tree(tmp_path / "store")
    assert ingest([path], tmp_path / "store").to_dict() == first
    assert simulated_files.tree(tmp_path / "store") == before


def test_the_same_bytes_twice_are_taken_once(tmp_path: Path) -> None:
    path = simulated_files.arrests(tmp_path / "a.csv", 50)
    copy = tmp_path / "b.csv"
    copy.write_bytes(path.read_bytes())
    audit = ingest([path, copy], tmp_path / "store")
    assert [r.file for r in audit.releases] == ["a.csv"]
    assert audit.notes == ["b.csv holds the same bytes as a.csv; taken once"]
    assert simulated_files.counted(tmp_path / "store") == 50


def test_all_files_or_none(tmp_path: Path) -> None:
    good = simulated_files.arrests(tmp_path / "good.csv", 50)
    bad = tmp_path / "bad.csv"
    bad.write_text("not,a,release\n")
    with pytest.raises(ReleaseError, match=r"bad\.csv"):
        ingest([good, bad], tmp_path / "store")
    assert not (tmp_path / "store" / "manifest.json").exists()


@pytest.mark.parametrize("when", ["while it locks it", "before it opens the lock", "just after"])
def test_a_writer_whose_new_folder_another_sweeps_takes_another(
    when: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until its lock is held, another writer takes the folder for one that a killed writer left behind."""
    locked, swept = store_module.locked, list[Path]()

    @contextlib.contextmanager
    def swept_once(path: Path, busy: Exception, **options: Any) -> Iterator[None]:
        if path.parent == tmp_path / "store" or swept:
            with locked(path, busy, **options):
                yield
            return
        swept.append(path.parent)
        if when != "just after":
            shutil.rmtree(path.parent)
            raise busy if when == "while it locks it" else FileNotFoundError(2, "No such file", str(path))
        with locked(path, busy, **options):
            shutil.rmtree(path.parent)
            yield

    monkeypatch.setattr(store_module, "locked", swept_once)
    ingest([simulated_files.arrests(tmp_path / "a.csv", 50)], tmp_path / "store")
    assert len(swept) == 1
    assert simulated_files.counted(tmp_path / "store") == 50
    assert {p.name for p in (tmp_path / "store").iterdir()} == {".lock", "arrests", "manifest.json"}


@pytest.mark.slow
def test_two_writers_both_get_in(tmp_path: Path) -> None:
    """Four processes write four releases at once: all are held, whole, and nothing is left lying about."""
    files = [
        simulated_files.arrests(tmp_path / f"{y}.csv", 400, y, dt.date(y, 1, 1)) for y in range(2014, 2018)
    ]
    code = "import sys; from atlarge.ingest import ingest; ingest([sys.argv[1]], sys.argv[2])"
    store = tmp_path / "store"
    running = [subprocess.Popen([sys.executable, "-c", code, str(f), str(store)]) for f in files]
    assert [p.wait(timeout=120) for p in running] == [0] * 4
    assert {r["file"] for r in open_store(store).releases} == {f.name for f in files}
    assert simulated_files.counted(store) == 1600
    assert {p.name for p in store.iterdir()} == {".lock", "arrests", "manifest.json"}


def test_a_table_has_its_columns_in_order(tmp_path: Path) -> None:
    ingest(
        [simulated_files.arrests(tmp_path / "a.csv", 20), simulated_files.detainers(tmp_path / "d.csv", 20)],
        tmp_path / "store",
    )
    store = open_store(tmp_path / "store")
    assert store.tables() == ["arrests", "detainers"]
    for table in store.tables():
        assert dict(store.scan(table).collect_schema()) == schema(table)
        assert all(path.is_file() for path in store.files(table))
    with pytest.raises(StoreError, match="has no removals; it holds arrests, detainers"):
        store.scan("removals")


def test_categories_are_stored_as_their_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the byte; and as texts even where the writer would not let the schema be stated."""
    texts = pl.DataFrame({"a": ["x", None, "y", "x"] * 50, "n": range(200), "b": ["one"] * 200})
    categories = texts.with_columns(pl.col(pl.String).cast(pl.Categorical))
    write_rows(texts, tmp_path / "texts.parquet")
    write_rows(categories, tmp_path / "categories.parquet")
    assert (tmp_path / "categories.parquet").read_bytes() == (tmp_path / "texts.parquet").read_bytes()
    categories.write_parquet(tmp_path / "own.parquet")
    own = pl.read_parquet_metadata(tmp_path / "own.parquet")["ARROW:schema"]
    monkeypatch.setattr(store_module, "_arrow_schema", lambda _: own)
    write_rows(categories, tmp_path / "unstated.parquet")
    assert pl.read_parquet(tmp_path / "unstated.parquet").equals(texts)


def test_what_is_no_store_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no store here; make one by `atlarge ingest"):
        open_store(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(StoreError, match="cannot be read"):
        open_store(tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps({"format": 99, "releases": []}))
    with pytest.raises(StoreError, match="another format"):
        open_store(tmp_path)


def test_blank_areas_are_recovered_from_the_landmark(tmp_path: Path) -> None:
    """Rows of a landmark agree on an area: rows without one get it, with the basis; too few rows, none."""
    area, other = "San Antonio Area of Responsibility", "Seattle Area of Responsibility"
    end = "||Other|MEXICO|Male|"
    lines = [f"{area}|2/1/2017|Located|PLACE ONE{end}"] * 20 + [f"|2/1/2017|Located|PLACE ONE{end}"] * 3
    lines += [f"{area}|2/1/2017|Located|PLACE TWO{end}"] * 19 + [f"|2/1/2017|Located|PLACE TWO{end}"]
    lines += [f"{area}|2/1/2017|Located|PLACE THREE{end}", f"{other}|2/1/2017|Located|PLACE THREE{end}"] * 20
    lines += [f"|2/1/2017|Located|PLACE THREE{end}"]
    ingest([_file(tmp_path / "a.csv", *lines)], tmp_path / "store")
    opened = open_store(tmp_path / "store").scan("arrests").collect()
    blank = opened.filter(pl.col("aor_basis").fill_null("") != "recorded").select(
        "landmark", "aor", "aor_basis"
    )
    assert blank.rows() == [
        *[("PLACE ONE", "SNA", "landmark")] * 3, ("PLACE TWO", None, None), ("PLACE THREE", None, None),
    ]  # fmt: skip


def test_coverage_is_narrowed_to_what_rows_show(tmp_path: Path) -> None:
    """A cut of two areas covers these alone; a gap of more than two months is not covered."""
    end = "|Located|X||Other|MEXICO|Male|"
    lines = [f"Seattle Area of Responsibility|1/{day}/2017{end}" for day in range(1, 20)]
    lines += [f"Atlanta Area of Responsibility|6/{day}/2017{end}" for day in range(5, 9)]
    ingest([_file(tmp_path / "a.csv", *lines)], tmp_path / "store")
    store = open_store(tmp_path / "store")
    [release] = store.releases
    found = [replace(c, lacks=(), gaps=()) for c in store.coverage("arrests")]
    assert found == [
        Coverage(release["id"], dt.date(2017, 1, 1), dt.date(2017, 1, 19), "aor:ATL,SEA"),
        Coverage(release["id"], dt.date(2017, 6, 5), dt.date(2017, 6, 8), "aor:ATL,SEA"),
    ]


def test_a_count_leads_back_to_rows(tmp_path: Path) -> None:
    end = "||Other|MEXICO|Male|"
    area = "San Antonio Area of Responsibility"
    lines = [f"{area}|2/{day}/2017|Located|TRAVIS COUNTY JAIL, AUSTIN, TX{end}" for day in (1, 2, 2, 9)]
    lines.insert(2, f"{area}|2/2/2017|Located|BEXAR COUNTY JAIL{end}")
    ingest([_file(tmp_path / "a.csv", *lines)], tmp_path / "store")
    traced = lineage(
        open_store(tmp_path / "store"), "arrests", dt.date(2017, 2, 2), dt.date(2017, 2, 2), "48453"
    )
    assert traced.select("file", "rows").rows() == [("a.csv", [3, 5])]
    assert ranges([3, 5, 6, 7, 9]) == "3, 5-7, 9"
    with pytest.raises(QuestionError, match="holds counts, not rows of releases"):
        lineage(open_store(None), "arrests", dt.date(2017, 2, 1), dt.date(2017, 2, 1))


def test_audit_prints_the_account(tmp_path: Path) -> None:
    end = "|Located|TRAVIS COUNTY JAIL||Other|MEXICO|Male|"
    path = _file(
        tmp_path / "a.csv", f"x|2/1/2017{end}", f"x|31/31/2017{end}", "cut|short", *[f"x|2/1/2017{end}"] * 4
    )
    ingest([path], tmp_path / "store")
    store = ["--store", str(tmp_path / "store")]
    text = run(["audit", *store, "--quarantine"]).output
    assert "arrests: 7 rows read = 5 kept + 2 quarantine" in text
    assert "a.csv, row 3: Apprehension Date: not a date within bounds" in text
    assert "a.csv, row 4: 2 fields where the header has 9" in text
    assert "31/31" not in text, "no cell is printed"
    reported = json.loads(run(["audit", *store, "--json", "--release", "a.csv"]).output)
    assert reported["releases"][0]["rows_dropped"] == {"quarantine": 2}
    assert isinstance(run(["audit", *store, "--release", "b.csv"]).exception, StoreError)


def test_the_memory_of_places_is_in_force_and_true() -> None:
    """Made by the rules and tables as they are, and the same as what they say of every fortieth text.

    If this fails after a change of rules or tables: python tools/known_places.py FOLDER_OF_THE_DATA
    """
    known = known_places()
    assert known is not None, "made by other rules: python tools/known_places.py FOLDER_OF_THE_DATA"
    some = known.gather_every(40)
    assert some.height > 200
    assert resolve_queries(some.select(QUERY)).select(*QUERY, *FOUND).equals(some)
    assert gc.isenabled()


def test_a_users_own_decisions_leave_the_memory_aside(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ATLARGE_PLACES", str(tmp_path / "mine.yaml"))
    assert known_places() is None


def test_files_of_the_user_in_the_folder_of_a_store_stay(tmp_path: Path) -> None:
    """A commit removes what earlier ones left, by the names that it gives, and nothing else."""
    own = [tmp_path / "store" / name / "mine.parquet" for name in ("notes", "arrests", "arrests-2019")]
    left = tmp_path / "store" / "arrests" / "ero-arrests-0123456789ab.parquet"
    for path in [*own, left]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"of the user")
    ingest([simulated_files.arrests(tmp_path / "a.csv", 50)], tmp_path / "store")
    assert [path.read_bytes() for path in own] == [b"of the user"] * 3
    assert not left.exists()


@pytest.mark.parametrize("change", ["rows", "bit", "gone"])
def test_a_changed_file_is_not_taken_over_by_the_next_ingest(change: str, tmp_path: Path) -> None:
    """Rows that overlap new ones are read and written again: damage must not be sealed as sound."""
    store = tmp_path / "store"
    row = "San Antonio Area of Responsibility|2/{}/2017|Located|TRAVIS COUNTY JAIL|||||"
    days = [row.format(day) for day in range(1, 28)]
    ingest([_file(tmp_path / "a.csv", *days[:20])], store)
    (table,) = (store / "arrests").glob("*.parquet")
    if change == "rows":
        pl.read_parquet(table).head(3).write_parquet(table)
    elif change == "bit":
        content = bytearray(table.read_bytes())
        content[len(content) // 2] ^= 4
        table.write_bytes(content)
    else:
        table.unlink()
    before = simulated_files.tree(store)
    with pytest.raises(StoreError, match=r"is not as it was written|is missing"):
        ingest([_file(tmp_path / "b.csv", *days[5:])], store)
    assert simulated_files.tree(store) == before


def test_a_changed_file_is_named_before_any_of_it_is_read(tmp_path: Path) -> None:
    """A bit flipped in the footer, which says what the columns are: its reader may panic, or read others."""
    store = tmp_path / "store"
    ingest([simulated_files.arrests(tmp_path / "a.csv", 300)], store)
    (table,) = (store / "arrests").glob("*.parquet")
    content = table.read_bytes()
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    worst = []
    for at in range(footer + 500, footer + 1500):
        changed = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
        try:
            pl.read_parquet_schema(io.BytesIO(changed))
        except pl.exceptions.PanicException:
            worst.append(changed)
        except (OSError, pl.exceptions.PolarsError):
            continue
    assert worst
    for changed in worst[:5]:
        table.write_bytes(changed)
        opened = open_store(store)
        assert {c.start for c in opened.coverage("arrests")}  # of the manifest, which is sound
        with pytest.raises(StoreError, match=f"{table.name}: is not as it was written"):
            panel(opened, measures=["arrests"])
