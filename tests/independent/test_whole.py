"""Half a year of a real community, and the service comes to exactly what the calculation comes to."""

from rewards.demo.messages import Message
from tests.independent.conftest import Stage


def test_all_of_it_is_as_the_calculation_says(stage: Stage, messages: list[Message]) -> None:
    expected = stage.expected()

    stage.feed(messages)

    assert stage.differences(expected)[:20] == []
    assert len(expected.answers) == 121_569
    assert len(expected.weeks) == 29
    assert len(expected.winners) == 3 * 28
