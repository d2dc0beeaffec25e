"""``pad.toml`` on a board: the part of TOML that settings need, the same under CPython and MicroPython.

``key = value`` with strings, whole and decimal numbers, true, false and arrays of these on one line; ``[table]``,
``[[table]]`` and ``# comments``.  What it takes, any TOML reader takes and understands alike; what it does not take is
said in a sentence with the line.
"""

_KEY = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
_ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_SPACE = " \t"


class SettingsError(ValueError):
    """A mistake in the settings; the message is a sentence for who wrote them."""


def load(path):
    """The settings of a file, as nested dicts.

    Raises:
        SettingsError: a mistake in it.
        OSError: it cannot be read.
    """
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - boards have no pathlib
        return read(file.read())


def read(text):
    """The settings in a text; a ``[[table]]`` is a list of dicts.

    Raises:
        SettingsError: a mistake in it.
    """
    settings = {}
    table = settings
    number = 0
    if text.startswith("\ufeff"):  # some editors mark a file's beginning so
        text = text[1:]
    for line in text.split("\n"):
        number += 1  # noqa: SIM113 - counted here, so that the mistake below can name it
        try:
            line = line.strip()  # noqa: PLW2901
            if line.startswith("["):
                table = _table(settings, line)
            elif line and not line.startswith("#"):
                _assign(table, line)
        except SettingsError as mistake:
            raise SettingsError(f"Line {number}: {mistake}") from None
    return settings


def filled(found, defaults, where):
    """The defaults with what was found over them; a default of None takes anything.

    Raises:
        SettingsError: a key that is not known, or a value of another kind than its default's.
    """
    for key in found:
        if key not in defaults:
            known = ", ".join(sorted(defaults))
            raise SettingsError(f"{where} has no setting {key!r}; there are {known}.")
        if not _alike(found[key], defaults[key]):
            kind = _kind(defaults[key])
            raise SettingsError(
                f"{key!r} of {where} must be {kind}, as {defaults[key]!r}; it is {found[key]!r}."
            )
    result = dict(defaults)
    result.update(found)
    return result


def _alike(value, default):
    if default is None or type(value) is type(default):
        return True
    return isinstance(default, float) and type(value) is int


def _kind(value):
    for kind, words in (
        (bool, "true or false"),
        (int, "a whole number"),
        (float, "a number"),
        (str, "a text in quotes"),
    ):
        if isinstance(value, kind):
            return words
    return "an array" if isinstance(value, list) else "a table"


def _table(settings, line):
    many = line.startswith("[[")
    end = line.find("]]" if many else "]")
    if end < 0:
        raise SettingsError("a table's name is not closed by ']'.")
    name = line[2 if many else 1 : end].strip()
    _nothing_more(line[end + (2 if many else 1) :])
    if not _is_key(name):
        raise SettingsError(f"{name!r} cannot name a table; use letters, digits, '-' and '_'.")
    table = {}
    if many:
        before = settings.get(name, [table])
        if not isinstance(before, list) or not before or not isinstance(before[0], dict):
            raise SettingsError(f"{name!r} is there already, and is no list of tables.")
        settings.setdefault(name, []).append(table)
    elif name in settings:
        raise SettingsError(f"{name!r} is there twice.")
    else:
        settings[name] = table
    return table


def _assign(table, line):
    equals = line.find("=")
    if equals < 0:
        raise SettingsError(f"{line!r} is neither 'key = value' nor a [table].")
    key = line[:equals].strip()
    if not _is_key(key):
        raise SettingsError(f"{key!r} cannot be a key; use letters, digits, '-' and '_'.")
    if key in table:
        raise SettingsError(f"{key!r} is there twice.")
    value, rest = _value(line[equals + 1 :].strip(), key)
    _nothing_more(rest)
    table[key] = value


def _value(text, key):
    """The value at the beginning of the text, and what comes after it."""
    if not text or text.startswith("#"):
        raise SettingsError(f"{key!r} has no value.")
    if text[0] in "\"'":
        return _string(text)
    if text[0] == "[":
        return _array(text, key)
    end = 0
    while end < len(text) and text[end] not in " \t,]#":
        end += 1
    return _plain(text[:end], key), text[end:]


def _plain(word, key):
    if word in {"true", "false"}:
        return word == "true"
    digits = (word[1:] if word[:1] in {"+", "-"} else word).lower()
    if _is_whole(digits):
        return int(word.replace("_", ""))
    if _is_decimal(digits):
        return float(word.replace("_", ""))
    raise SettingsError(f'{word!r} is no value for {key!r}; a text stands in quotes, as {key} = "{word}".')


def _is_decimal(digits):
    mantissa, e, power = digits.partition("e")
    whole, point, part = mantissa.partition(".")
    power = power[1:] if power[:1] in {"+", "-"} else power
    return _is_whole(whole) and (not point or _is_digits(part)) and (not e or _is_digits(power))


def _is_whole(digits):
    return _is_digits(digits) and (digits == "0" or not digits.startswith("0"))


def _is_digits(digits):
    """Digits, with single underscores between them."""
    for part in digits.split("_"):
        if not part:
            return False
        for letter in part:
            if letter not in "0123456789":
                return False
    return True


def _string(text):
    quote = text[0]
    if text.startswith(quote * 3):
        raise SettingsError("a text must stand on one line, in single quotes ' or double quotes \".")
    result = []
    at = 1
    while at < len(text):
        letter = text[at]
        if letter == quote:
            return "".join(result), text[at + 1 :]
        if letter == "\\" and quote == '"':
            letter, at = _escaped(text, at + 1)
        elif (ord(letter) < 32 and letter != "\t") or ord(letter) == 127:
            raise SettingsError("a text holds a character that nobody can see.")
        result.append(letter)
        at += 1
    raise SettingsError(f"a text is not closed by {quote}.")


def _escaped(text, at):
    """The character that stands after a backslash, and the last place it takes."""
    mark = text[at : at + 1]
    if mark in _ESCAPES:
        return _ESCAPES[mark], at
    digits = text[at + 1 : at + 5].lower()
    if mark == "u" and len(digits) == 4 and all(digit in "0123456789abcdef" for digit in digits):
        code = int(digits, 16)
        if not 0xD800 <= code < 0xE000:
            return chr(code), at + 4
    raise SettingsError(f"\\{mark} means nothing in a text; write \\\\ for a backslash.")


def _array(text, key):
    values = []
    rest = text[1:].strip()
    while not rest.startswith("]"):
        if not rest:
            raise SettingsError(f"the array of {key!r} is not closed by ']' on its line.")
        if rest[0] == "[":
            raise SettingsError("an array within an array is not taken.")
        value, rest = _value(rest, key)
        values.append(value)
        rest = rest.strip()
        if rest.startswith(","):
            rest = rest[1:].strip()
        elif rest and not rest.startswith("]"):
            raise SettingsError(
                f"between the values of {key!r} there must be commas, and ']' after the last."
            )
    return values, rest[1:]


def _nothing_more(rest):
    rest = rest.strip()
    if rest and not rest.startswith("#"):
        raise SettingsError(f"{rest!r} is one thing too many.")


def _is_key(name):
    if not name:
        return False
    for letter in name:  # noqa: SIM110 - plain for the smallest boards
        if letter not in _KEY:
            return False
    return True
