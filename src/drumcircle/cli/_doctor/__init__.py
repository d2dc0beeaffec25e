"""What ``drumcircle doctor`` looks at: one small function a thing, each returning a :class:`Check`.

Nothing here changes anything, and nothing is sent to another machine but the questions of mDNS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "missing"]


@dataclass(frozen=True, slots=True)
class Check:
    """One finding.  ``missing``: no circle can run without it; ``warning``: one can, with less.

    ``remedy`` says what to do, and is empty where nothing needs doing.
    """

    name: str
    state: State
    words: str
    remedy: str = ""
