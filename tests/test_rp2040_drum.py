"""The USB drum with a simulated converter and USB port: strokes become MIDI, mistakes become sentences."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import mido
import pytest

from drumcircle.core.events import Hit, PadFound
from drumcircle.formats.firmware_files import firmware_folder
from drumcircle.midi import source
from drumcircle.sim.piezo import MESH, Piezos, Stroke, Surroundings, times
from midi_fixtures import RememberingCircle, player, running
from sensing_fixtures import COMMON, firmware_module, under_micropython

BOARD = firmware_folder() / "rp2040"
PERIOD_US = 250
FIRST_US = 200_000


class Unplugged(BaseException):
    """The end of the recording: how a program that never ends is ended."""


class Port:
    """A USB-MIDI port; ``sent`` is what a computer would hear."""

    def __init__(self) -> None:
        self.sent: list[mido.Message] = []
        self._parser = mido.Parser()

    def write(self, message: bytes) -> int:
        self._parser.feed(message)
        self.sent.extend(self._parser)
        return len(message)

    def struck(self) -> list[tuple[int, int]]:
        return [(one.note, one.velocity) for one in self.sent if one.type == "note_on"]


class Converter:
    """Inputs that hold what the model says at each step, in 16 bits."""

    def __init__(self, strokes: list[Stroke], pads: int, around: Surroundings | None = None) -> None:
        end = strokes[-1].at_us + 300_000
        self._samples = iter(Piezos([MESH] * pads, strokes, around).samples(times(end, PERIOD_US)))
        self.inputs = [SimpleNamespace(value=0) for _ in range(pads)]

    def steps(self) -> Iterator[int]:
        for number, counts in enumerate(self._samples):
            for one, count in zip(self.inputs, counts, strict=True):
                one.value = count << 4
            yield number * PERIOD_US


@pytest.fixture
def drum(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """``drum.py`` with what stands beside it on the board."""
    for name in ("sensing", "settings"):
        monkeypatch.setitem(sys.modules, name, firmware_module(COMMON / f"{name}.py"))
    module = firmware_module(BOARD / "drum.py")
    monkeypatch.setitem(sys.modules, "drum", module)
    return module


def played(drum: ModuleType, strokes: list[Stroke], notes: list[int], **pad: Any) -> tuple[Port, list[bool]]:
    """All that was sent, and whether the light was on, step by step."""
    converter = Converter(strokes, len(notes), Surroundings(crosstalk=0.15))
    port, light, lit = Port(), SimpleNamespace(value=False), []
    sensors = [(26 + index, note, {}) for index, note in enumerate(notes)]
    program = drum.Drum({**drum.PAD, **pad}, sensors, converter.inputs, port, light, PERIOD_US)
    for t_us in converter.steps():
        program.step(t_us)
        lit.append(light.value)
    return port, lit


def test_each_stroke_is_a_note_of_its_sensor_on_the_drums_channel(drum: ModuleType) -> None:
    strokes = [Stroke(number % 3, FIRST_US + number * 200_000, 0.1 + number / 10) for number in range(6)]
    port, _ = played(drum, strokes, [38, 45, 49], channel=3)
    assert [note for note, _ in port.struck()] == [38, 45, 49, 38, 45, 49]
    velocities = [velocity for _, velocity in port.struck()]
    assert velocities == sorted(velocities)
    assert {message.channel for message in port.sent} == {2}


def test_every_note_ends_and_the_light_is_on_until_it_does(drum: ModuleType) -> None:
    port, lit = played(drum, [Stroke(0, FIRST_US, 0.5)], [38], gate_ms=40)
    assert [message.type for message in port.sent] == ["note_on", "note_off"]
    assert lit.count(True) == 40_000 // PERIOD_US
    assert not lit[-1]


def test_a_stroke_into_a_sounding_note_ends_it_first(drum: ModuleType) -> None:
    port, _ = played(drum, [Stroke(0, FIRST_US, 0.5), Stroke(0, FIRST_US + 80_000, 0.5)], [38], gate_ms=200)
    assert [message.type for message in port.sent] == ["note_on", "note_off", "note_on", "note_off"]


def test_it_is_sent_equally_long_after_every_stroke(drum: ModuleType) -> None:
    sent_after = set()
    for force in (0.1, 0.4, 1.0):
        _, lit = played(drum, [Stroke(0, FIRST_US, force)], [38, 45])
        crossed = next(hit for hit in _heard(drum, force))[1]
        sent_after.add(lit.index(True) - crossed // PERIOD_US)
    assert max(sent_after) - min(sent_after) <= 1


def _heard(drum: ModuleType, force: float) -> list[tuple[int, int, int]]:
    converter = Converter([Stroke(0, FIRST_US, force)], 2, Surroundings(crosstalk=0.15))
    senses, hits = drum.sensing.Sensing([{}, {}], PERIOD_US), []
    for t_us in converter.steps():
        senses.feed(t_us, [one.value >> 4 for one in converter.inputs])
        hits.append(senses.take())
    return [hit for hit in hits if hit]


def test_the_settings_that_come_with_it_are_good(drum: ModuleType) -> None:
    pad, sensors = drum.load(BOARD / "pad.toml")
    [(pin, note, channel)] = sensors
    assert (pin, note, pad["channel"]) == (26, 38, 10)
    assert channel == drum.sensing.DEFAULTS, "they show what holds without them"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "needs at least one [[sensor]]"),
        ("[[sensor]]\npin = 26\n[[sensor]]\npin = 26", "each with a pin of its own"),
        ("[[sensor]]\npin = 3", "must be one of 26, 27, 28, 29"),
        ("[[sensor]]\npin = 26\nnote = 128", "from 0 to 127"),
        ("[[sensor]]\npin = 26\ntreshold = 50", "[[sensor]] has no setting 'treshold'"),
        ("[pad]\nchannel = 0\n[[sensor]]\npin = 26", "from 1 to 16"),
        ("[wifi]\n", "no table 'wifi'"),
        ("[[sensor]]\npin = 26 27", "Line 2:"),
    ],
)
def test_a_mistake_in_the_settings_is_a_sentence(
    drum: ModuleType, tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / "pad.toml").write_text(text, encoding="utf-8")
    with pytest.raises(drum.SettingsError) as mistake:
        drum.load(tmp_path / "pad.toml")
    assert words in str(mistake.value)


def test_the_pace_is_what_a_step_takes_while_a_pad_rings(drum: ModuleType) -> None:
    clock = iter([1_000_000, 1_000_000 + 400 * 345_000])
    assert drum.pace([SimpleNamespace(value=160)] * 2, lambda: next(clock)) == 345
    still = iter([0, 0])
    assert drum.pace([SimpleNamespace(value=160)], lambda: next(still)) == 100


class FakeBoard:
    """CircuitPython's modules, as far as the program touches them; ends when the recording does."""

    def __init__(self, converter: Converter) -> None:
        self.port = Port()
        self.told: dict[str, Any] = {}
        self.slept = 0
        self.light = SimpleNamespace(value=False, switch_to_output=lambda: None)
        self._steps = converter.steps()
        self._inputs = iter(converter.inputs)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        modules = {
            "analogio": SimpleNamespace(AnalogIn=lambda pin: next(self._inputs)),
            "board": SimpleNamespace(GP26="GP26", GP27="GP27", LED="LED"),
            "digitalio": SimpleNamespace(DigitalInOut=lambda pin: self.light),
            "supervisor": SimpleNamespace(
                runtime=SimpleNamespace(autoreload=True),
                ticks_ms=self.ticks_ms,
                set_usb_identification=self.name,
            ),
            "usb_hid": SimpleNamespace(disable=lambda: self.told.update(hid=False)),
            "usb_midi": SimpleNamespace(ports=(None, self.port), set_names=self.told.update),
            "time": SimpleNamespace(monotonic_ns=lambda: 0, sleep=self.sleep),
        }
        for name, module in modules.items():
            monkeypatch.setitem(sys.modules, name, module)

    def name(self, maker: str, product: str) -> None:
        self.told.update(maker=maker, product=product)

    def sleep(self, seconds: float) -> None:
        self.slept += 1
        if self.slept == 18:
            raise Unplugged

    def ticks_ms(self) -> int:
        step = next(self._steps, None)
        if step is None:
            raise Unplugged
        return (1 << 29) - 1 - step // 1000


def run(program: str, board: FakeBoard, monkeypatch: pytest.MonkeyPatch, folder: Path, text: str) -> None:
    (folder / "pad.toml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(folder)
    board.install(monkeypatch)
    runpy.run_path(str(BOARD / program))


TWO = "[pad]\nname = 'Blue'\n[[sensor]]\npin = 26\nnote = 38\n[[sensor]]\npin = 27\nnote = 45\n"


def test_the_whole_program_plays(
    drum: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    board = FakeBoard(Converter([Stroke(0, FIRST_US, 0.3), Stroke(1, FIRST_US + 200_000, 0.6)], 2))
    with pytest.raises(Unplugged):
        run("code.py", board, monkeypatch, tmp_path, TWO)
    assert [note for note, _ in board.port.struck()] == [38, 45]
    assert "Blue: 2 sensors" in capsys.readouterr().out
    assert sys.modules["supervisor"].runtime.autoreload is False


@pytest.mark.parametrize(
    ("text", "words"),
    [("[[sensor]]\npin = 3", "must be one of"), ("[[sensor]]\npin = 29", "does not bring out pin 29")],
)
def test_a_mistake_is_on_the_console_and_blinks(
    drum: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    text: str,
    words: str,
) -> None:
    board = FakeBoard(Converter([Stroke(0, FIRST_US, 0.3)], 2))
    with pytest.raises(Unplugged):
        run("code.py", board, monkeypatch, tmp_path, text)
    assert capsys.readouterr().out.count(words) == 2, "again and again"


@pytest.mark.parametrize(("text", "name"), [(TWO, "Blue"), ("nonsense", "drumcircle pad")])
def test_the_computer_sees_the_drums_own_name_and_no_keyboard(
    drum: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, name: str
) -> None:
    board = FakeBoard(Converter([Stroke(0, FIRST_US, 0.3)], 2))
    run("boot.py", board, monkeypatch, tmp_path, text)
    assert board.told == {
        "maker": "home-built",
        "product": name,
        "hid": False,
        "streaming_interface_name": name,
    }


CIRCUITPYTHON = {
    "board": "GP26, GP27, LED = 0, 1, None",
    "analogio": """
import recording
class AnalogIn:
    def __init__(self, pin): self.pin = pin
    @property
    def value(self): return recording.now[self.pin] << 4
""",
    "digitalio": """
class DigitalInOut:
    value = False
    def __init__(self, pin): pass
    def switch_to_output(self): pass
""",
    "supervisor": """
import recording
class runtime: autoreload = True
def ticks_ms(): return recording.step() // 1000
""",
    "usb_midi": """
class Port:
    def write(self, message): print(list(message))
ports = None, Port()
""",
    "time": """
clock = [400 * 250000, 0]
def monotonic_ns(): return clock.pop()
def sleep(seconds): pass
""",
    "recording": """
from samples import samples
now, at = [0, 0], 0
def step():
    global now, at
    if at == len(samples): raise SystemExit
    now = samples[at]
    at += 1
    return (at - 1) * 250
""",
}


def test_the_whole_program_plays_the_same_under_micropython(drum: ModuleType, tmp_path: Path) -> None:
    strokes = [Stroke(number % 2, FIRST_US + number * 90_000, 0.1 + number / 12) for number in range(10)]
    around = Surroundings(crosstalk=0.15)
    at = times(strokes[-1].at_us + 300_000, PERIOD_US)
    samples = list(Piezos([MESH, MESH], strokes, around).samples(at))
    for name, text in {**CIRCUITPYTHON, "samples": f"samples = {samples!r}"}.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    (tmp_path / "pad.toml").write_text(TWO, encoding="utf-8")
    printed = under_micropython(
        f"import os\nos.chdir({str(tmp_path)!r})\nsys.path[:0] = [{str(tmp_path)!r}, {str(BOARD)!r}]\nimport code"
    )
    port, _ = played(drum, strokes, [38, 45])
    here = "".join(f"{list(message.bytes())}\n" for message in port.sent)
    assert printed == f"Blue: 2 sensors, a sample each 250 µs\n{here}"
    assert len(port.struck()) == 10


@pytest.mark.jack
@pytest.mark.usefixtures("jack")
async def test_a_hub_hears_it_as_a_pad_of_its_name(drum: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "LOOK_EVERY", 0.06)
    strokes = [Stroke(number % 2, FIRST_US + number * 200_000, 0.2 + number / 10) for number in range(6)]
    port, _ = played(drum, strokes, [38, 45])
    circle = RememberingCircle()
    async with player("blue") as playing, running(source.MidiIn(), circle):
        await circle.have(PadFound)
        for message in port.sent:
            await playing.do("send", "blue", *message.bytes())
        hits = await circle.have(Hit, 6)
    assert [(hit.note, hit.velocity) for hit in hits] == port.struck()
    assert {hit.pad for hit in hits} == {"usb:blue"}


def test_a_sample_allocates_nothing_under_micropython() -> None:
    program = f"""
import gc
sys.path.insert(0, {str(BOARD)!r})
import drum
class Input: value = 200
class Port:
    def write(self, message): pass
program = drum.Drum(drum.PAD, [(26, 38, {{}}), (27, 45, {{}})], [Input(), Input()], Port(), Input(), 500)
for t in range(1000): program.step(t * 500)
gc.collect()
before = gc.mem_alloc()
for t in range(1000): program.step(500000 + t * 500)
print(gc.mem_alloc() - before)
"""
    assert under_micropython(program) == "0\n"
