"""The page of webhooks lists what is sent, and nothing else."""

import re
from pathlib import Path

from rewards.webhooks.messages import TYPES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "webhooks.md"


def test_every_type_of_message_is_on_the_page() -> None:
    listed = dict(re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \| (.+) \|$", PAGE.read_text(), re.MULTILINE))

    assert listed == dict(TYPES)
