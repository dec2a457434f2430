"""Whether everybody can use a page: what axe-core finds on it by WCAG 2.2 AA and its own best practice."""

from collections.abc import Sequence
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_AXE = Axe().axe_script
_RUN = "options => axe.run(options).then(found => found.violations)"
_IS_THERE = "typeof axe !== 'undefined'"


def faults_of(page: Page, *, rules: Sequence[str] = RULES) -> list[str]:
    """What axe-core finds, one line a rule."""
    if not page.evaluate(_IS_THERE):
        page.evaluate(_AXE)
    # What passes is not described: that takes as long as finding what does not.
    found: list[dict[str, Any]] = page.evaluate(_RUN, {"runOnly": list(rules), "resultTypes": ["violations"]})
    return [f"{fault['id']}: {[node['target'] for node in fault['nodes']]} {fault['help']}" for fault in found]
