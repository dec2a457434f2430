"""Every link in the documentation leads somewhere, and every page is found from the index."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
PAGES = sorted(
    path.relative_to(ROOT)
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md")]
)


def links_of(page: Path) -> list[Path]:
    """Where a page's relative links lead."""
    found = LINK.findall((ROOT / page).read_text(encoding="utf-8"))
    return [(ROOT / page.parent / target).resolve() for target in found]


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_link_leads_to_a_file_of_the_project(page: Path) -> None:
    for target in links_of(page):
        assert target.exists(), f"{page}: {target} is not there"
        assert target.is_relative_to(ROOT), f"{page} leads outside of the project"


def test_every_page_is_reached_from_the_index() -> None:
    # given
    reached: set[Path] = set()
    ahead = [Path("README.md"), Path("docs/README.md")]

    # when
    while ahead:
        page = ahead.pop()
        if page not in reached:
            reached.add(page)
            ahead += [link.relative_to(ROOT) for link in links_of(page) if link.suffix == ".md"]

    # then
    assert set(PAGES) - reached == set()
