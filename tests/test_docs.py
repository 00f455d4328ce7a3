"""Pages say where things are: links, places in pages, and the tests that they name exist."""

import importlib.util
import posixpath
import re
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import yaml

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
TEST = re.compile(r"`(?:tests/)?(test_\w+\.py)(?:::([\w:]+))?`")


@pytest.fixture(scope="module")
def pages(root: Path) -> dict[str, str]:
    """Text by path below the root."""
    patterns = ("*.md", "docs/**/*.md", "contrib/**/*.md", "test_tipc/*.md")
    files = [file for pattern in patterns for file in root.glob(pattern)]
    return {file.relative_to(root).as_posix(): file.read_text(encoding="utf-8") for file in files}


@pytest.fixture(scope="module")
def site(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_site", root / "tools/docs/site.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def anchors(text: str) -> set[str]:
    """The places of a page that links may name, as GitHub and MkDocs spell them."""
    headings = re.findall(r"^#+ +(.+)$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", each).lower()).strip().replace(" ", "-") for each in headings}


def links(pages: dict[str, str]) -> list[tuple[str, str, str]]:
    """Page, path from the root, anchor."""
    found = []
    for page, text in pages.items():
        for target in LINK.findall(text):
            path, _, anchor = target.partition("#")
            if ":" not in path:
                place = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else page
                found.append((page, place, anchor))
    return found


def test_links_lead_somewhere(root: Path, pages: dict[str, str]):
    broken = [(page, place) for page, place, _ in links(pages) if not (root / place).exists()]
    lost = [
        (page, f"{place}#{anchor}")
        for page, place, anchor in links(pages)
        if anchor and place in pages and anchor not in anchors(pages[place])
    ]
    assert broken == [] and lost == []


def test_links_hold_on_the_site_and_every_page_is_in_its_list(
    root: Path, pages: dict[str, str], site: ModuleType, caplog: pytest.LogCaptureFixture
):
    built = {target: site.as_page(pages[source], "") for source, target in site.PAGES.items()}
    for name in [name.removeprefix("docs/") for name in pages if name.startswith("docs/")]:
        page = SimpleNamespace(file=SimpleNamespace(src_uri=name))
        built[name] = site.on_page_markdown(pages[f"docs/{name}"], page, None, None)
    places = {place for page, place, _ in links(built) if place.endswith((".md", "LICENSE")) and page != place}
    assert places <= built.keys() and caplog.messages == []
    nav = re.search(r"^nav:\n.*", (root / "mkdocs.yml").read_text(encoding="utf-8"), re.M | re.S)
    assert nav is not None
    assert sorted(built) == sorted(re.findall(r"\S+\.md", yaml.dump(yaml.safe_load(nav[0]), allow_unicode=True)))


def test_tests_that_pages_name_exist(root: Path, pages: dict[str, str]):
    missing = []
    for page, text in pages.items():
        for file, path in TEST.findall(text):
            source = root / "tests" / file
            code = source.read_text(encoding="utf-8") if source.is_file() else ""
            names = path.split("::") if path else []
            if not code or any(not re.search(rf"(def|class) {name}\b", code) for name in names):
                missing.append((page, file, path))
    assert missing == []


def test_nothing_is_left_to_fill_in(pages: dict[str, str]):
    left = r"\b(?:TODO|FIXME|XXX)\b|^[A-Z]+_[A-Z_]+$|^(?:<{7}|={7}|>{7})"
    assert [(page, found) for page, text in pages.items() for found in re.findall(left, text, re.M)] == []
