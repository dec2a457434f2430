"""The page on `rewards verify` lists every check, and none that is not there."""

import re
from pathlib import Path

import ledger.verify
import ledger.verify_blocks
import ledger.verify_lots
import ledger.verify_queries
import ledger.verify_slices
import market.verify
import rewards.verify
import rewards.verify_adjustments
import rewards.verify_merges
import rewards.verify_queries
import rewards.verify_ranking

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "verify.md"
NAMED_IN_CODE = re.compile(r'Finding\(\s*"([^"]+)"')


def checks_of_the_code() -> set[str]:
    modules = (
        ledger.verify,
        ledger.verify_blocks,
        market.verify,
        rewards.verify,
        ledger.verify_slices,
        rewards.verify_ranking,
    )
    sources = [Path(str(module.__file__)).read_text(encoding="utf-8") for module in modules]
    in_code = {name for source in sources for name in NAMED_IN_CODE.findall(source)}
    ours = rewards.verify_queries
    return {
        *in_code,
        *ledger.verify_queries.OF_ACCOUNTS,
        *ledger.verify_lots.OF_LOTS,
        *ours.OF_ACCOUNTS,
        *ours.OF_DAYS,
        *ours.OF_SEASONS,
        *ours.OF_ALL,
        *rewards.verify_adjustments.OF_ADJUSTMENTS,
        *rewards.verify_merges.OF_MERGES,
    }


def test_the_page_lists_every_check() -> None:
    # given
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    listed = {name for line in lines if line.startswith("| `") for name in re.findall(r"`([^`]+)`", line.split("|")[1])}

    # when, then
    assert listed == checks_of_the_code()
