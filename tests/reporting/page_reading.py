"""Reading a page as a browser does: whole, with nothing in it that can run or fetch."""

from __future__ import annotations

import re
from html.parser import HTMLParser

LINK = re.compile(
    r"#content|#changes|#check-[a-z0-9-]+|reports/[\w%.-]+\.html(#check-[a-z0-9-]+)?|\.\./class\.html|gradebook\.csv"
)
"""Where a page may link to: parts of itself, and files of the same run."""

VOID = {"meta", "br", "img", "input", "hr", "link", "wbr"}


class Page(HTMLParser):
    """Reads a page and fails where an element is not closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        """What a reader sees, on one line."""
        return " ".join(" ".join(self.words).split())


def labels(page: Page) -> list[str]:
    """What the page's plots say to who cannot see them."""
    return [attributes["aria-label"] or "" for tag, attributes in page.tags if tag == "svg"]


def safe(page: str) -> Page:
    """Read a page and check that nothing in it can run or fetch."""
    read = Page(page)
    names = {tag for tag, _ in read.tags}
    assert page.count('<a class="skip" href="#content">Skip to the content</a>') == 1
    assert page.count('<main id="content" tabindex="-1">') == 1
    assert not names & {"script", "img", "iframe", "object", "embed", "form", "link", "base", "image", "use"}
    assert page.count("<style>") == 1
    for tag, attributes in read.tags:
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "srcset", "xlink:href")]
        if tag == "a":
            assert LINK.fullmatch(attributes["href"] or "")
    policy = [attributes for _, attributes in read.tags if attributes.get("http-equiv") == "Content-Security-Policy"]
    assert len(policy) == 1
    assert (policy[0]["content"] or "").startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    return read
