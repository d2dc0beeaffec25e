"""What ``hub --summary`` writes."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from drumcircle.core.plan_check import by_domain, by_method
from drumcircle.core.session import Session
from drumcircle.errors import FileProblem

logger = logging.getLogger(__name__)


def write_summary(
    path: Path, session: Session, summary: Mapping[str, Any], counts: Mapping[str, Any]
) -> None:
    """The session's ``summary`` with every figure of ``analyse``, as one JSON document.

    Whatever goes wrong with the other figures, those the circle made itself are written.

    Raises:
        FileProblem: the file cannot be written.
    """
    try:
        from drumcircle.analysis.whole_session import whole_session

        text = _text({**whole_session(session, summary), "minutes": minutes(summary), "counts": counts})
    except Exception as problem:
        logger.exception("figures of the whole session")
        words = f"Only the circle's own figures are in the summary: the others failed ({problem})."
        print(words, file=sys.stderr)
        text = _text({**summary, "warnings": [*summary["warnings"], words], "counts": counts})
    _write(path, text)


def minutes(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Minutes played of each method and each domain, planned or not; a stop counts."""
    played = [(done["name"], (done["end_s"] - done["start_s"]) / 60) for done in summary["structures"]]
    return {"methods": by_method(played), "domains": by_domain(played)}


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _write(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.part")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as problem:
        raise FileProblem(path, f"the summary cannot be written ({problem.strerror}).") from None
