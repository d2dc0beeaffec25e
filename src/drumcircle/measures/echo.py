"""How well a response echoes a call.

Onsets are ms from the start of the call, and of the response's own stretch.  A response onset can stand for
a call onset where, after one constant lag for the whole response is removed, they lie within the *tolerance*
of each other: a quarter of the call's shortest interval, at least 50 and at most 200 ms.  A call of one
onset has no interval; the beat stands for it.

**The lag** is bounded to half the call's shortest interval, either way.  Of all lags in that range it is the
one under which most onsets match, then the one with the least total absolute error, then the smallest.  That
optimum is found exactly: it always lies at a difference of a response and a call onset, at such a difference
plus or minus the tolerance, at a bound, or at 0.

**The matching** keeps order and takes the most onsets, then the least total absolute error, by dynamic
programming.  As the error is convex in the difference, uncrossing two pairs never costs anything, so this is
also the best assignment without the order, which is how the tests check it.

Precision, recall and F1: Raffel et al. 2014, ``mir_eval.onset``.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from drumcircle.measures.live import mean

TOO_SIMPLE = 0.95
"""A call that chance echoes this well says nothing about who echoed it."""
RANDOM_RESPONSES = 200
STEADY_BEATS = (1, 2, 4)
_FUZZ_MS = 1e-9  # an onset exactly at the tolerance is inside, whatever subtraction does to its last bit

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Echo:
    """One response beside its call; ``None`` where a figure cannot be had."""

    pairs: tuple[Pair, ...]
    """(position in the call, position in the response) of every matched onset, in order of time."""
    missed: int
    """Call onsets without a response."""
    extra: int
    """Response onsets that stand for nothing in the call."""
    precision: float | None
    recall: float | None
    f1: float | None
    lag_ms: float | None
    """Positive: the whole response came late."""
    timing_error_ms: float | None
    """Mean absolute error of the matched onsets once the lag is removed."""
    interval_ratio_error: float | None
    """Mean absolute difference of the rhythm ratios; see :func:`interval_ratio_error`."""
    dynamics_correlation: float | None
    """Pearson correlation of the velocities of matched onsets; needs three of them, and variety in both."""
    f1_chance: float | None
    f1_above_chance: float | None
    why_not: str = ""
    """Why there is no figure above chance: 'call too simple', 'empty call'."""


@dataclass(frozen=True, slots=True)
class _Bounds:
    tolerance: float
    lag: float


def echo(
    call_ms: Sequence[float],
    response_ms: Sequence[float],
    *,
    beat_ms: float,
    length_ms: float,
    seed: int,
    call_velocities: Sequence[float] | None = None,
    response_velocities: Sequence[float] | None = None,
) -> Echo:
    """Compare a response with its call; onsets in any order.

    ``length_ms`` is the length of the call (and of the stretch to echo it in), ``seed`` fixes the random
    responses chance is taken from; velocities, where given, run beside their onsets.  Without velocities
    on both sides there is no dynamics correlation.
    """
    call_order, response_order = _ranks(call_ms), _ranks(response_ms)
    call = tuple(float(call_ms[i]) for i in call_order)
    response = [float(response_ms[j]) for j in response_order]
    if not call:
        return _of_nothing(len(response))
    lag, matched = _align(call, response, beat_ms)
    chance = f1_chance(call, len(response), beat_ms, length_ms, seed)
    f1 = _f1(len(matched), len(call), len(response))
    pairs = tuple((call_order[i], response_order[j]) for i, j in matched)
    return Echo(
        pairs=pairs,
        missed=len(call) - len(pairs),
        extra=len(response) - len(pairs),
        precision=len(pairs) / len(response) if response else None,
        recall=len(pairs) / len(call),
        f1=f1,
        lag_ms=lag if pairs else None,
        timing_error_ms=mean([abs(response[j] - lag - call[i]) for i, j in matched]),
        interval_ratio_error=interval_ratio_error(
            [call[i] for i, _ in matched], [response[j] for _, j in matched]
        ),
        dynamics_correlation=_dynamics(pairs, call_velocities, response_velocities),
        f1_chance=chance,
        f1_above_chance=None if chance >= TOO_SIMPLE else (f1 - chance) / (1 - chance),
        why_not="call too simple" if chance >= TOO_SIMPLE else "",
    )


@lru_cache(maxsize=1024)
def f1_chance(call: tuple[float, ...], hits: int, beat_ms: float, length_ms: float, seed: int) -> float:
    """What no listening at all would score on this call (ascending onsets, ms), by the same matching.

    The larger of the mean F1 of 200 responses of ``hits`` onsets strewn evenly over the call's length, and
    the best F1 of beating steadily at 1, 2 or 4 a beat.  Depends on nothing else of the response, so it is
    kept for the next player with as many hits.
    """
    bounds = _bounds(call, beat_ms)
    dice = random.Random(seed)
    strewn = (sorted(dice.random() * length_ms for _ in range(hits)) for _ in range(RANDOM_RESPONSES))
    by_luck = mean([_best_f1(call, response, bounds) for response in strewn]) or 0.0
    steady = (_steady(beat_ms / rate, length_ms) for rate in STEADY_BEATS)
    return max(by_luck, *(_best_f1(call, response, bounds) for response in steady))


def interval_ratio_error(call: Sequence[float], response: Sequence[float]) -> float | None:
    """Mean absolute difference of rhythm ratios between two rows of matched onsets (ascending, ms).

    The rhythm ratio of two intervals in a row is ``a / (a + b)``, free of tempo: .5 even, .67 long-short.
    0 is the same rhythm; ``None`` under three onsets.
    Source: Roeske, Tchernichovski, Poeppel & Jacoby 2020, *Current Biology* 30.
    """
    both = zip(_ratios(call), _ratios(response), strict=True)
    return mean([abs(a - b) for a, b in both if a is not None and b is not None])


def _of_nothing(hits: int) -> Echo:
    return Echo((), 0, hits, None, None, None, None, None, None, None, None, None, "empty call")


def _ranks(onsets: Sequence[float]) -> list[int]:
    return sorted(range(len(onsets)), key=onsets.__getitem__)


def _bounds(call: Sequence[float], beat_ms: float) -> _Bounds:
    shortest = min((b - a for a, b in pairwise(call)), default=beat_ms)
    return _Bounds(tolerance=min(max(shortest / 4, 50.0), 200.0), lag=shortest / 2)


def _f1(matched: int, calls: int, responses: int) -> float:
    return 2 * matched / (calls + responses)


def _steady(interval_ms: float, length_ms: float) -> list[float]:
    return [k * interval_ms for k in range(math.ceil(length_ms / interval_ms - _FUZZ_MS))]


# ---------------------------------------------------------------- the lag


def _align(call: Sequence[float], response: Sequence[float], beat_ms: float) -> tuple[float, list[Pair]]:
    """The best lag and the matching under it."""
    bounds = _bounds(call, beat_ms)
    lags = sorted(set(_lags(call, response, bounds)), key=lambda lag: (abs(lag), lag))
    counts = [_count(call, response, lag, bounds.tolerance) for lag in lags]
    most = max(counts)
    fullest = [lag for lag, count in zip(lags, counts, strict=True) if count == most]
    matchings = [(lag, *_match(call, response, lag, bounds.tolerance)) for lag in fullest]
    lag, _, pairs = min(matchings, key=_cost_of)
    return lag, pairs


def _cost_of(matching: tuple[float, float, list[Pair]]) -> float:
    # Equal sums differ in their last bits by the order of adding; rounded, the smaller lag wins the tie.
    return round(matching[1], 6)


def _lags(call: Sequence[float], response: Sequence[float], bounds: _Bounds) -> Iterator[float]:
    yield from (0.0, -bounds.lag, bounds.lag)
    for difference in _differences(call, response, bounds.lag + bounds.tolerance):
        for lag in (difference, difference - bounds.tolerance, difference + bounds.tolerance):
            if abs(lag) <= bounds.lag:
                yield lag


def _differences(call: Sequence[float], response: Sequence[float], reach: float) -> Iterator[float]:
    for onset in call:
        for j in _within(response, onset, reach):
            yield response[j] - onset


def _best_f1(call: Sequence[float], response: Sequence[float], bounds: _Bounds) -> float:
    """The F1 under the best lag, without saying which onsets match.

    As the lag grows, an onset pair comes within the tolerance at its difference less the tolerance, so the
    most matches are found at one of those lags or at the lower bound.
    """
    tolerance = bounds.tolerance
    differences = sorted(_differences(call, response, bounds.lag + tolerance))
    entries = (difference - tolerance for difference in differences)
    lags = (-bounds.lag, *(lag for lag in entries if abs(lag) <= bounds.lag))
    # No lag matches more onsets than it brings pairs within the tolerance: look where that is most first.
    ranked = sorted(
        ((len(_within(differences, lag, tolerance + _FUZZ_MS)), lag) for lag in lags), reverse=True
    )
    most = 0
    for at_most, lag in ranked:
        if at_most <= most:
            break
        most = max(most, _count(call, response, lag, tolerance))
    return _f1(most, len(call), len(response))


# ---------------------------------------------------------------- the matching


def _count(call: Sequence[float], response: Sequence[float], lag: float, tolerance: float) -> int:
    """How many onsets match at most.

    With one tolerance for all, pairing the earliest two that can be paired loses none (an exchange
    argument), so the number, unlike the matching, needs no programme.
    """
    reach = tolerance + _FUZZ_MS
    i = j = count = 0
    while i < len(call) and j < len(response):
        difference = response[j] - lag - call[i]
        if difference > reach:
            i += 1
        elif difference < -reach:
            j += 1
        else:
            i, j, count = i + 1, j + 1, count + 1
    return count


@dataclass(frozen=True, slots=True)
class _Chain:
    """The best matching of some first call onsets with some first response onsets."""

    count: int
    cost: float
    pair: Pair
    before: _Chain | None

    def beats(self, other: _Chain | None) -> bool:
        return other is None or (-self.count, self.cost) < (-other.count, other.cost)


def _match(
    call: Sequence[float], response: Sequence[float], lag: float, tolerance: float
) -> tuple[float, list[Pair]]:
    """Ordered matching with the most pairs, then the least total absolute error: that error and the pairs."""
    # best[j]: the best chain of the call onsets so far with the first j responses.
    best: list[_Chain | None] = [None] * (len(response) + 1)
    for i, onset in enumerate(call):
        within = _within(response, onset + lag, tolerance + _FUZZ_MS)
        for j in reversed(within):
            before = best[j]
            count, cost = (before.count, before.cost) if before else (0, 0.0)
            chain = _Chain(count + 1, cost + abs(response[j] - lag - onset), (i, j), before)
            if chain.beats(best[j + 1]):
                best[j + 1] = chain
        _carry_on(best, within)
    last = best[-1]
    return (last.cost if last else 0.0), _unwind(last)


def _within(ascending: Sequence[float], centre: float, reach: float) -> range:
    return range(bisect_left(ascending, centre - reach), bisect_right(ascending, centre + reach))


def _carry_on(best: list[_Chain | None], changed: Iterable[int]) -> None:
    """More responses never make a chain worse: carry each change on until a better one stands."""
    for j in changed:
        k = j + 1
        while k + 1 < len(best):
            chain = best[k]
            if chain is None or not chain.beats(best[k + 1]):
                break
            best[k + 1] = chain
            k += 1


def _unwind(chain: _Chain | None) -> list[Pair]:
    pairs = []
    while chain:
        pairs.append(chain.pair)
        chain = chain.before
    return pairs[::-1]


# ---------------------------------------------------------------- over matched onsets


def _ratios(onsets: Sequence[float]) -> list[float | None]:
    intervals = [b - a for a, b in pairwise(onsets)]
    return [a / (a + b) if a + b > 0 else None for a, b in pairwise(intervals)]


def _dynamics(
    pairs: Sequence[Pair], call: Sequence[float] | None, response: Sequence[float] | None
) -> float | None:
    if call is None or response is None or len(pairs) < 3:
        return None
    return _correlation([call[i] for i, _ in pairs], [response[j] for _, j in pairs])


def _correlation(xs: Sequence[float], ys: Sequence[float]) -> float | None:
    """Pearson's r; ``None`` where either row does not vary."""
    a, b = _centred(xs), _centred(ys)
    spread = math.sqrt(math.fsum(x * x for x in a) * math.fsum(y * y for y in b))
    return math.fsum(x * y for x, y in zip(a, b, strict=True)) / spread if spread > 0 else None


def _centred(xs: Sequence[float]) -> list[float]:
    centre = math.fsum(xs) / len(xs)
    return [x - centre for x in xs]
