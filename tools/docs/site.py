"""The parts of the documentation site that stand elsewhere in the repository; MkDocs calls these functions.

README.md is the home page; README_CN.md and CHANGELOG.md are pages too. Links from a page to a file outside docs/ hold
in the repository. On the site they become the file's name, and a name of no file is a warning, which ends a strict
build.
"""

from __future__ import annotations

import logging
import posixpath
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PAGES = {"README.md": "index.md", "README_CN.md": "index_cn.md", "CHANGELOG.md": "changelog.md"}
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)#:\s]+)(#[^)\s]*)?\)")
_IMAGE = re.compile(r"!\[([^\]]*)\]\(docs/([^)\s]+)\)")
_log = logging.getLogger("mkdocs.hooks.site")


def on_files(files: Any, config: Any) -> Any:
    """Add the pages that stand at the root."""
    from mkdocs.structure.files import File

    for source, page in PAGES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=as_page(text, "")))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Mend the links of a page of docs/."""
    source = page.file.src_uri
    return markdown if source in PAGES.values() else as_page(markdown, posixpath.dirname(f"docs/{source}"))


def as_page(text: str, folder: str) -> str:
    """`text` of a file in `folder` with links that hold on the site, where pages of the root stand in docs/."""
    here = folder or "docs"

    def mended(match: re.Match[str]) -> str:
        title, target, anchor = match[1], match[2], match[3] or ""
        place = posixpath.normpath(posixpath.join(folder, target))
        if place in PAGES:
            return f"[{title}]({posixpath.relpath('docs/' + PAGES[place], here)}{anchor})"
        if place.startswith("docs/") and place.endswith(".md"):
            return f"[{title}]({posixpath.relpath(place, here)}{anchor})"
        if not (ROOT / place).exists():
            _log.warning("%s links to %s, which is nowhere", folder or "the home page", target)
        return title if title.strip("`") in place else f"{title} (`{place}`)"

    return _IMAGE.sub(r"![\1](\2)", _LINK.sub(mended, text))
