"""What drift is measured against: the spread that the index has where nothing has moved.

The table is made once in a process, from many samples of one distribution, which takes a while;
every look into it is quick.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from functools import lru_cache

from src.agents.drift_monitor.scores import population_stability_index

SAMPLES = 1200
SIZE = 60
SEED = 20


@lru_cache(maxsize=1)
def spread() -> tuple[float, ...]:
    """The index of many pairs of samples that differ by chance only, sorted."""
    draw = random.Random(SEED)

    def sample() -> list[float]:
        return [draw.gauss(0, 1) for _ in range(SIZE)]

    return tuple(sorted(population_stability_index(sample(), sample()) for _ in range(SAMPLES)))


def rarity(index: float) -> float:
    """The share of chance that lies below `index`: 0.99 is rare."""
    table = spread()
    return bisect_left(table, index) / len(table)
