"""``drumcircle structures``: what a group can be doing, and everything about one of them."""

from __future__ import annotations

import argparse
import json
import textwrap

from drumcircle.core.structures import STRUCTURES, named
from drumcircle.core.structures.base import DOMAINS, METHODS, Structure
from drumcircle.core.structures.declared import allowed, declared, in_force, written

WIDTH = 96


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``drumcircle structures``."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="explain this one, such as turn_taking")
    parser.add_argument("--method", choices=METHODS, help="only those of this method")
    parser.add_argument("--domain", choices=DOMAINS, help="only those with this goal domain")
    parser.add_argument("--json", action="store_true", help="as one JSON document")


def run(options: argparse.Namespace) -> int:
    """List them, or explain one."""
    chosen = [named(options.name)] if options.name else list(STRUCTURES)
    if options.method:
        chosen = [structure for structure in chosen if structure.method == options.method]
    if options.domain:
        chosen = [structure for structure in chosen if options.domain in structure.domains]
    if options.json:
        print(json.dumps({"structures": [declared(s) for s in chosen]}, indent=2, ensure_ascii=False))
    elif options.name and chosen:
        print(explained(chosen[0]))
    else:
        print(listed(chosen))
    return 0


def listed(structures: list[type[Structure]]) -> str:
    """One row a structure."""
    if not structures:
        return "No structure is of this kind."
    wide = max(len(structure.name) for structure in structures)
    method = max(len(structure.method) for structure in structures)
    rows = (f"{s.name:<{wide}}  {s.method:<{method}}  {', '.join(s.domains)}" for s in structures)
    return "\n".join([*rows, "", "'drumcircle structures NAME' explains one of them."])


def explained(structure: type[Structure]) -> str:
    """Everything that is declared of it, as a page."""
    lines = [
        f"{structure.title} ({structure.name})",
        "",
        *_folded("say", f"“{structure.sentence}”"),
        *_folded("why", structure.why),
        *_folded("method", structure.method),
        *_folded("for", ", ".join(structure.domains)),
        *_folded("measures", "; ".join(structure.measures) or "nothing; nobody is judged"),
    ]
    if structure.pulse:
        lines += _folded("pulse", structure.pulse)
    if structure.next_key:
        lines += _folded("key n", structure.next_key)
    if structure.keys:
        lines += _folded("key x", "; ".join(f"{key.name}: {key.words}" for key in structure.keys))
    return "\n".join([*lines, "", *_settings(structure), "", f"In a command: {_example(structure)}"])


def _folded(head: str, words: str) -> list[str]:
    return textwrap.wrap(words, WIDTH, initial_indent=f"{head:<10}", subsequent_indent=" " * 10)


def _settings(structure: type[Structure]) -> list[str]:
    if not structure.settings:
        return ["It has no settings."]
    wide = max(len(setting.name) for setting in structure.settings)
    usual = max(len(written(setting.default)) for setting in structure.settings)
    lines = ["settings, each with what it is unless it is set, and what a change does while it runs:"]
    for setting in structure.settings:
        head = f"  {setting.name:<{wide}}  {written(setting.default):<{usual}}  "
        words = f"{setting.words} ({allowed(setting)}; {in_force(setting)})"
        lines += textwrap.wrap(words, WIDTH, initial_indent=head, subsequent_indent=" " * len(head))
    return lines


def _example(structure: type[Structure]) -> str:
    setting = next((s for s in structure.settings if s.default != ""), None)
    told = f":{setting.name}={written(setting.default)}" if setting is not None else ""
    return f"drumcircle --structure {structure.name}{told}"
