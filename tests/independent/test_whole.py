"""Half a year of a real community, and the service comes to exactly what the calculation comes to."""

from collections import Counter

import pytest
from sqlalchemy import text

from rewards.commands.demo import begin, run_demo
from rewards.demo.messages import Message, read_messages
from rewards.runtime.database import transaction
from tests.support.demo import Stage


@pytest.mark.long
def test_all_of_it_is_as_the_calculation_says_and_then_gift_cards_are_had(
    stage: Stage, messages: list[Message]
) -> None:
    expected = stage.expected()
    begin(stage.context, read_messages())

    stage.feed(messages)

    assert stage.differences(expected)[:20] == []
    assert len(expected.answers) == 2 * 59_835 + 1_899
    assert len(expected.weeks) == 29
    assert len(expected.winners) == 3 * 28

    run_demo(stage.context, url=stage.url, messages=read_messages())

    with transaction(stage.context.engine) as session:
        found = Counter(tuple(row) for row in session.execute(text("select origin, state from redemption")))
    assert found == {
        ("market", "awaiting_approval"): 1,
        ("market", "fulfilled"): 5,
        ("market", "claimed"): 1,
        ("market", "rejected"): 1,
        ("market", "cancelled"): 1,
        ("market", "requested"): 6,
        ("prize", "fulfilled"): 3 * 24,
        ("prize", "requested"): 3 * 4,
    }
