"""How often something is started again, who may keep a circle, and a dashboard on somebody else's."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumcircle.cli._supervisor.attach import attach
from drumcircle.cli._supervisor.child import environment
from drumcircle.cli._supervisor.claim import Claim, holder
from drumcircle.cli._supervisor.limit import RestartLimit
from drumcircle.errors import FileProblem


@given(pauses=st.lists(st.floats(0, 30), max_size=60))
def test_never_more_than_five_restarts_within_a_minute_and_always_as_many(pauses: list[float]) -> None:
    limit, now = RestartLimit(), 0.0
    allowed: list[float] = []
    for pause in pauses:
        now += pause
        recent = [then for then in allowed if now - then < 60.0]
        assert limit.allows(now) is (len(recent) < 5)
        if len(recent) < 5:
            allowed.append(now)


# ---------------------------------------------------------------- the claim


def test_only_one_holds_the_claim_and_the_next_has_it_after_release(tmp_path: Path) -> None:
    first = Claim.take(tmp_path / "state")
    assert first is not None
    assert Claim.take(tmp_path / "state") is None
    first.release()
    second = Claim.take(tmp_path / "state")
    assert second is not None
    second.release()


def test_the_holder_is_known_by_its_process_and_start(tmp_path: Path) -> None:
    assert holder(tmp_path) is None
    claim = Claim.take(tmp_path)
    assert claim is not None
    assert holder(tmp_path) is None
    claim.sign()
    found = holder(tmp_path)
    assert found is not None
    assert stat.S_IMODE((tmp_path / "supervisor.lock").stat().st_mode) == 0o600 or sys.platform == "win32"
    claim.release()


def test_the_claim_of_a_process_that_was_killed_is_free_and_its_name_not_believed(tmp_path: Path) -> None:
    take = (
        "import sys; from pathlib import Path; from drumcircle.cli._supervisor.claim import Claim; "
        "claim = Claim.take(Path(sys.argv[1])); claim.sign(); print('taken', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", take, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"taken"
        assert Claim.take(tmp_path) is None
        assert holder(tmp_path) is not None
        process.kill()
    assert holder(tmp_path) is None
    claim = Claim.take(tmp_path)
    assert claim is not None
    claim.release()


def test_a_state_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(FileProblem, match="state"):
        Claim.take(tmp_path / "state")


# ---------------------------------------------------------------- attached dashboards


def dashboard(tmp_path: Path, *codes: int) -> list[str]:
    """A dashboard that ends with one code after another, and counts how often it was opened."""
    script = (
        "import sys; from pathlib import Path; p = Path(sys.argv[1]); n = len(p.read_text()) if p.exists() else 0; "
        "p.write_text('x' * (n + 1)); codes = sys.argv[2:]; sys.exit(int(codes[min(n, len(codes) - 1)]))"
    )
    return [sys.executable, "-c", script, str(tmp_path / "opened"), *map(str, codes)]


@pytest.mark.parametrize(
    ("codes", "opened", "result"),
    [((0,), 1, 0), ((10,), 1, 0), ((1, 1, 0), 3, 0), ((2,), 1, 1), ((1,), 6, 1)],
)
def test_an_attached_dashboard_is_reopened_after_a_crash_but_not_for_ever(
    tmp_path: Path, codes: tuple[int, ...], opened: int, result: int
) -> None:
    assert attach(dashboard(tmp_path, *codes), environment()) == result
    assert len((tmp_path / "opened").read_text()) == opened
