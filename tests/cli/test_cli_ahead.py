"""The first run has a second process compile the loop: what comes of that, and what becomes of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

import pytest
from pond import Command

from deltasim.cli import ahead, compiling
from deltasim.solver import loop

SLEEP = "import time; time.sleep(600)"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The second processes that were started; there is a core for them."""
    found: list[subprocess.Popen[bytes]] = []
    start = ahead._second_process

    def note(words: IO[bytes]) -> subprocess.Popen[bytes]:
        found.append(start(words))
        return found[-1]

    monkeypatch.setattr(ahead, "_second_process", note)
    monkeypatch.setattr(ahead, "_idle_cores", lambda: 2.0)
    return found


FRESH = """
from deltasim._jit import is_compiled
from deltasim.cli import ahead, compiling
from deltasim.solver import loop
ahead._idle_cores = lambda: 2.0
assert not is_compiled()
with ahead.loop_ahead():
    pass
assert is_compiled()
compiling.compile_loop_alone()
print(sum(loop.advance.stats.cache_hits.values()), sum(loop.advance.stats.cache_misses.values()))
"""


def test_what_the_second_process_compiles_the_first_one_finds(tmp_path: Path) -> None:
    fresh = os.environ | {"DELTASIM_CACHE_DIR": str(tmp_path)}
    got = subprocess.run([sys.executable, "-c", FRESH], env=fresh, check=True, capture_output=True, text=True)
    assert (got.stdout, got.stderr) == ("1 0\n", "")


def test_the_loop_alone_is_the_loop_of_every_run(deltasim: Command) -> None:
    compiling.compile_loop_alone()
    alone = list(loop.advance.signatures)
    assert deltasim("run", "pond.toml", "-q").exit_code == 0
    assert loop.advance.signatures == alone


@pytest.mark.parametrize(
    ("work", "why"),
    [
        ("raise ImportError('no such luck')", "ImportError: no such luck"),
        ("import os; os._exit(7)", "it ended with 7"),
    ],
)
def test_a_second_process_that_fails_is_told_of_and_harms_nothing(
    work: str, why: str, started: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ahead, "WORK", work)
    with ahead.loop_ahead():
        done = "what is inside"
    assert done
    assert [second.returncode != 0 for second in started] == [True]
    assert capsys.readouterr().err == (
        f"a second process could not compile the solver's loop ({why}); it is compiled here\n"
    )


def test_a_second_process_that_hangs_is_ended(
    started: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ahead, "WORK", SLEEP)
    monkeypatch.setattr(ahead, "PATIENCE", 0.01)
    with ahead.loop_ahead():
        assert started[0].poll() is None
    assert started[0].poll() is not None
    assert "could not compile the solver's loop" in capsys.readouterr().err


def test_an_interrupt_ends_the_second_process_too(
    started: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ahead, "WORK", SLEEP)
    with pytest.raises(KeyboardInterrupt), ahead.loop_ahead():
        raise KeyboardInterrupt
    assert started[0].poll() is not None
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(sys.platform == "win32", reason="there nothing tells how busy the machine is")
@pytest.mark.parametrize("at_this_moment", [True, False])
@pytest.mark.parametrize(("cores", "busy"), [(1, 0), (2, 1), (8, 8)])
def test_without_an_idle_core_there_is_no_second_process(
    cores: int, busy: int, at_this_moment: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    begun: list[IO[bytes]] = []
    monkeypatch.setattr(ahead, "_second_process", begun.append)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(cores)), raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    load, last_minute = tmp_path / "loadavg", busy
    if at_this_moment:
        last_minute = cores + 5
        load.write_text(f"0.12 0.34 0.56 {busy + 1}/789 4321\n", encoding="ascii")
    monkeypatch.setattr(ahead, "LOAD", load)
    monkeypatch.setattr(os, "getloadavg", lambda: (float(last_minute), 0.0, 0.0))
    assert ahead._idle_cores() == pytest.approx(cores - busy)
    with ahead.loop_ahead():
        pass
    assert begun == []


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("compiled", [True, False])
def test_a_second_process_is_for_what_is_not_compiled_and_can_be_kept(
    kept: bool, compiled: bool, started: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "WORK", "")
    monkeypatch.setattr("deltasim._jit.is_compiled", lambda: compiled)
    monkeypatch.setattr(compiling, "is_kept", lambda: kept)
    compiling.get_ready()
    assert len(started) == (kept and not compiled)
