"""Whatever a page offers works: its links lead somewhere, and its commands are commands."""

from __future__ import annotations

import html
import re
import shlex
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote

import pytest
import typer

from atlarge import cli
from atlarge.publish.search_data import other_names
from atlarge.reference import table

pytestmark = pytest.mark.slow_file

ATTRIBUTE = re.compile(r'(?:href|src)="([^"]*)"')
COMMAND = re.compile(r"<code[^>]*>(atlarge [^<]*)</code>")


def _pages(site: Path) -> dict[Path, str]:
    return {page.resolve(): page.read_text("utf-8") for page in site.rglob("*.html")}


def test_every_link_within_the_site_leads_to_a_page_and_a_place_on_it(story_site: Path) -> None:
    pages = _pages(story_site)
    names = {page: set(re.findall(r'\sid="([^"]+)"', text)) for page, text in pages.items()}
    broken, followed = set(), 0
    for page, text in pages.items():
        if page.name == "404.html":  # its links start at the root of the address
            continue
        for address in set(ATTRIBUTE.findall(text)):
            if re.match(r"[a-z]+:|//", address):
                continue
            path, _, name = html.unescape(address).partition("#")
            target = (page.parent / unquote(path.partition("?")[0])).resolve() if path else page
            followed += 1
            known = target in pages or target.is_file()
            if not known or (name and target in names and name not in names[target]):
                broken.add((page.name, address))
    assert followed > 1_000
    assert not broken


def test_every_command_on_a_page_is_one(story_site: Path) -> None:
    shown = {html.unescape(one) for text in _pages(story_site).values() for one in COMMAND.findall(text)}
    assert {line.split()[1] for line in shown} >= {"panel", "explain", "surges"}
    cli._load_commands()
    group = typer.main.get_command(cli.app)
    for line in sorted(shown):
        _, name, *rest = shlex.split(line)
        command = group.commands[name]  # type: ignore[attr-defined]
        command.make_context(name, rest)  # raises where an option is unknown or a value is no value


def test_a_search_for_a_county_of_another_time_leads_to_those_of_its_land() -> None:
    counties = table("counties").select("fips", "name", "vintage").rows()
    names = {fips: name for fips, name, _ in counties}
    for kept, gone in (("from", "to"), ("to", "from")):
        pages = {("county", fips) for fips, _, vintage in counties if not vintage.startswith(gone)}
        found = other_names(SimpleNamespace(places=dict.fromkeys(pages, 1)))  # type: ignore[arg-type]
        assert found, kept
        for older, newer in table("county_changes").select("old_fips", "new_fips").iter_rows():
            for one, other in ((older, newer), (newer, older)):
                if ("county", one) not in pages and ("county", other) in pages and one in names:
                    assert other in found[names[one].lower()]
                    assert other in found[one]
