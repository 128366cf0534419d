"""A simulated site, published once, and Chromium."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from simulated_counts import simulated_store, story_store

import chromium
from atlarge.publish.preview import server
from atlarge.publish.site import publish

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def site(built_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """A site of the simulated store."""

    def build(folder: Path) -> None:
        store = simulated_store(folder / "store")
        publish(folder / "site", store, workers=1, answers=[], claims=False, every_county=False)

    return built_once("simulated", build) / "site"


@pytest.fixture(scope="session")
def story_site(built_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """A site like the one of the embedded records: four fiscal years, an answer, the ledger of claims."""

    def build(folder: Path) -> None:
        store = story_store(folder / "store")
        publish(
            folder / "site", store, workers=1, answers=["travis-tx-2017"], claims=True, every_county=False
        )

    return built_once("story", build) / "site"


@contextmanager
def _served(site: Path) -> Iterator[str]:
    with server(site) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{served.server_address[1]}"
        served.shutdown()


@pytest.fixture(scope="session")
def story_address(story_site: Path) -> Iterator[str]:
    """That site, served."""
    with _served(story_site) as address:
        yield address


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """The simulated site, served."""
    with _served(site) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, as tests/conftest.py finds it."""
    program = chromium.program()
    if program is None:
        pytest.fail("no Chromium here, and ATLARGE_REQUIRE asks for it")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()
