"""Named things in readable files: a shipped library of them, and the user's own in a folder of the configuration.

What is of the user's replaces what is shipped under the same name.  A thing with a mistake is left out, the rest
still loads, and each mistake gets a sentence with its file and line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from tomlkit.items import Table

from drumcircle.core.fields import Check, examine
from drumcircle.core.toml_text import Place, TomlText
from drumcircle.errors import FileProblem
from drumcircle.formats.toml_writing import replace_file, replace_table


class Named(Protocol):
    """What a library holds."""

    @property
    def name(self) -> str:
        """Unique in a library."""


T = TypeVar("T", bound=Named)


class Wrong(ValueError):
    """A thing cannot be used because of what stands at ``place`` in it."""

    def __init__(self, what: str, *place: str | int) -> None:
        super().__init__(what)
        self.place: Place = place


def examined(table: Mapping[str, object], checks: Mapping[str, Check], *place: str | int) -> dict[str, Any]:
    """The checked values of a table.

    Raises:
        Wrong: the first that cannot be.
    """
    good, mistakes = examine(table, checks)
    for key, what in mistakes:
        raise Wrong(what, *place, key)
    return good


@dataclass(frozen=True, slots=True)
class Library(Generic[T]):
    """Things of one kind, each a table ``[[word]]``; files are ``word`` + ``s.toml`` and the folder ``word`` + ``s``."""

    word: str
    build: Callable[[Mapping[str, object]], T]
    """Raises :class:`Wrong`."""

    def load(self, config: Path | None) -> tuple[list[T], list[str]]:
        """All of them, and a sentence for each mistake; ``config`` None: the shipped ones alone."""
        name = f"{self.word}s.toml"
        shipped, problems = self.read(resources.files(__package__).joinpath(name).read_bytes(), name)
        known = {one.name: one for one in shipped}
        home: dict[str, Path] = {}
        for path in sorted((config / f"{self.word}s").glob("*.toml")) if config else ():
            found, wrong = self._read_file(path)
            problems += wrong
            for one in found:
                first = home.setdefault(one.name, path)
                if first == path:
                    known[one.name] = one
                else:
                    problems.append(
                        f"{path}: {self.word} {one.name!r} is already in {first}; give it another name."
                    )
        return list(known.values()), problems

    def read(self, raw: bytes, name: str) -> tuple[list[T], list[str]]:
        """Those in the bytes of the file ``name``, and what is wrong with the others, each with its line.

        Raises:
            FileProblem: the file is no TOML.
        """
        word = self.word
        document = TomlText.parse(raw, name)
        problems = [
            document.mistake((key,), f"{key!r} is not known here; write each {word} under [[{word}]].")
            for key in document.tables
            if key != word
        ]
        tables, wrong = document.array(word)
        known: dict[str, T] = {}
        for position, table in enumerate(tables):
            try:
                one = self.build(table)
                if one.name in known:
                    raise Wrong(
                        f"there is already a {word} {one.name!r} in this file; give it another name", "name"
                    )
                known[one.name] = one
            except Wrong as mistake:
                place = (word, position, *mistake.place)
                words = f"{mistake}; the {word} is left out until this is mended."
                wrong.append(document.mistake(place, words))
        return list(known.values()), problems + wrong

    def keep(self, config: Path, file: str, table: Table) -> None:
        """Write one into a file of the user's; it replaces one of the same name.

        Raises:
            FileProblem: the file there is no TOML.
            OSError: the folder refuses.
        """
        path = config / f"{self.word}s" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = path.read_bytes() if path.exists() else b""
        TomlText.parse(raw, str(path))
        replace_file(path, replace_table(raw, self.word, table))

    def _read_file(self, path: Path) -> tuple[list[T], list[str]]:
        try:
            return self.read(path.read_bytes(), str(path))
        except FileProblem as problem:
            return [], [str(problem)]
        except OSError as problem:
            return [], [f"{path}: cannot be read ({problem.strerror}); its {self.word}s are left out."]
