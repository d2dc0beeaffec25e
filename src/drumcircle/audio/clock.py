"""Which frame of a sound device sounds when: device frames <-> ns of the hub's clock.

A device asks for a block when it has room, sometimes late, never early: the true relation is the lower
envelope of the (frame, time) pairs it has shown.  The envelope is found as in Zhang, Liu & Xia, "Clock
synchronization algorithms for network measurements" (INFOCOM 2002): of all lines below every point, the
one nearest to them runs along the edge of the lower convex hull over the points' mean.  Its slope is the
drift of the device's clock.

The relation in use follows that line without jumps, at most :data:`CORRECTION` faster or slower than it, so
intervals between clicks stay exact while the device is tracked; only where the device broke off (a gap, an
underrun) is it set anew.

All offsets below are ns by which a frame is later than a perfect device would have it.
"""

from __future__ import annotations

from collections import deque
from itertools import pairwise

NS = 1_000_000_000

BUCKET = NS // 4
"""The earliest request of each quarter of a second stands for it."""
WINDOW = 120
"""Buckets remembered: 30 s."""
DRIFT_AFTER = 8 * NS
"""Shorter than this, jitter tells more about the slope than drift does: slope 0."""
MAX_DRIFT = 300e-6
CORRECTION = 100e-6
"""Phase errors are mended at most this fast: 0.06 ms from one beat at 96 BPM to the next."""
BROKE_OFF = NS // 10
"""No request for so long: the buffer has run dry, the old relation is void."""
SETTLING = NS // 2
"""For so long after a start the relation is simply the earliest request."""
UNDERRUN = 12_000_000
"""Half a second of requests all later than this: the device lost frames."""
STEP = 2_000_000
"""Further off than this, set anew: a pulse that limps back for seconds is worse than one corrected click."""
SHIFTED_AFTER = 16
"""Buckets (4 s) that all lie above the line by :data:`SHIFTED` ns: older ones are no longer true."""
SHIFTED = 1_000_000

Point = tuple[float, float]


class DeviceClock:
    """Guards the relation; owned by the sound thread."""

    def __init__(self, rate: int) -> None:
        self.frame_ns = NS / rate
        self._rebase(0, 0)
        self._last_request: int | None = None

    def observe(self, frame: int, now: int) -> int:
        """The device asks, at ``now``, for frames from ``frame`` on.  Returns how late it asks, ns (>= 0)."""
        last, self._last_request = self._last_request, now
        if last is None:
            self._rebase(frame, now)
        elapsed = (frame - self._frame) * self.frame_ns
        offset = now - self._time - elapsed
        late = offset - self._offset_at(elapsed)
        settling = elapsed < SETTLING
        if last is not None and now - last > BROKE_OFF:
            self._rebase(frame, now)
            # How long a device takes to begin is nobody's lateness.
            return 0 if settling else max(0, round(late))
        if late < 0 and settling:
            self._base, self._base_at = offset, elapsed
        self._collect(elapsed, offset)
        return max(0, round(late))

    def time_of(self, frame: int) -> int:
        """When this frame leaves for the device, ns on the hub's clock."""
        elapsed = (frame - self._frame) * self.frame_ns
        return self._time + round(elapsed + self._offset_at(elapsed))

    def frame_at(self, time: int) -> int:
        """The frame nearest to a time."""
        since = time - self._time - self._base + self._slope * self._base_at
        return self._frame + round(since / (1 + self._slope) / self.frame_ns)

    # ---- the relation in use: offset = base + slope * (elapsed - base_at)

    def _offset_at(self, elapsed: float) -> float:
        return self._base + self._slope * (elapsed - self._base_at)

    def _rebase(self, frame: int, now: int) -> None:
        self._frame, self._time = frame, now
        self._base = self._base_at = self._slope = 0.0
        self._buckets: deque[Point] = deque(maxlen=WINDOW)
        self._earliest: Point = (0.0, 0.0)
        self._bucket_ends: float = BUCKET

    def _collect(self, elapsed: float, offset: float) -> None:
        if elapsed >= self._bucket_ends:
            self._buckets.append(self._earliest)
            self._bucket_ends = elapsed + BUCKET
            self._earliest = (elapsed, offset)
            self._follow(elapsed)
        elif offset <= self._earliest[1]:
            self._earliest = (elapsed, offset)

    def _follow(self, elapsed: float) -> None:
        """Once a bucket: bend the relation toward the envelope."""
        self._forget_what_is_void(elapsed)
        target, drift = envelope(list(self._buckets), elapsed)
        here = self._offset_at(elapsed)
        error = target - here
        if abs(error) > STEP:
            here, error = target, 0.0
        self._base, self._base_at = here, elapsed
        self._slope = drift + min(CORRECTION, max(-CORRECTION, error / (2 * NS)))

    def _forget_what_is_void(self, elapsed: float) -> None:
        residuals = [offset - self._offset_at(at) for at, offset in self._buckets]
        if len(residuals) > 2 and min(residuals[-2:]) > UNDERRUN:
            self._keep_last(2)
        elif len(residuals) > SHIFTED_AFTER and min(residuals[-SHIFTED_AFTER:]) > SHIFTED:
            self._keep_last(SHIFTED_AFTER)

    def _keep_last(self, count: int) -> None:
        self._buckets = deque(list(self._buckets)[-count:], maxlen=WINDOW)


def envelope(points: list[Point], at: float) -> tuple[float, float]:
    """(offset at ``at``, drift) of the line below all points and nearest to them.

    ``points`` are (elapsed ns, offset ns) in order of time, at least one; drift is ns per ns, 0 where they
    span too little, clipped to :data:`MAX_DRIFT`.
    """
    if points[-1][0] - points[0][0] < DRIFT_AFTER:
        return min(offset for _, offset in points), 0.0
    middle = sum(x for x, _ in points) / len(points)
    hull = _lower_hull(points)
    left, right = next((a, b) for a, b in pairwise(hull) if a[0] <= middle <= b[0])
    drift = (right[1] - left[1]) / (right[0] - left[0])
    drift = min(MAX_DRIFT, max(-MAX_DRIFT, drift))
    return min(y + drift * (at - x) for x, y in points), drift


def _lower_hull(points: list[Point]) -> list[Point]:
    """Andrew's monotone chain."""
    hull: list[Point] = []
    for point in points:
        while len(hull) > 1 and not _turns_left(hull[-2], hull[-1], point):
            hull.pop()
        hull.append(point)
    return hull


def _turns_left(a: Point, b: Point, c: Point) -> bool:
    return (b[0] - a[0]) * (c[1] - a[1]) > (b[1] - a[1]) * (c[0] - a[0])
