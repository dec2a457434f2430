"""A policy in which every cap, cost, deletion, bonus and prize bites within a handful of calls."""

from typing import Any

from tests.model.earning import POLICY

ALL_POLICY: dict[str, Any] = {
    **POLICY,
    "attendance": {
        "base": 20,
        "places": [8, 5],
        "streaks": {2: 7, 4: 30},
        "perfect_week": 50,
        "perfect_month": 300,
    },
    "prizes": [
        {"place": place, "product": product, "name": product, "name_en": product, "value": 1, "currency": "KRW"}
        for place, product in ((1, "prize-4000"), (2, "prize-2000"))
    ],
}
