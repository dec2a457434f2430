"""Whether everybody can use a page: what axe-core finds on it by WCAG 2.2 AA and its own best practice."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def faults_of(page: Page) -> list[str]:
    """What axe-core finds, one line a rule."""
    found: list[dict[str, Any]] = Axe().run(page, options=RULES).response["violations"]
    return [f"{fault['id']}: {[node['target'] for node in fault['nodes']]} {fault['help']}" for fault in found]
