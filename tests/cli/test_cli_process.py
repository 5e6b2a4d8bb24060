"""The command as a process of its own: what it imports, how it dies, what it prints where."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pond import POND

HEAVY = {"numpy", "scipy", "pandas", "pydantic", "numba", "rich", "pint", "xarray", "netCDF4"}
LISTING = """
import sys
from deltasim.cli import main
try:
    main(sys.argv[1:])
finally:
    print(" ".join({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


def imported(folder: Path, *words: object) -> set[str]:
    got = subprocess.run(
        [sys.executable, "-c", LISTING, *map(str, words)], cwd=folder, capture_output=True, text=True, check=True
    )
    return set(got.stderr.splitlines()[-1].split())


def process(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Give a command to a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "deltasim", *words],
        check=False,
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )


def plain_python(folder: Path, *words: str) -> subprocess.Popen[str]:
    """A run that takes minutes: without compiler, with an output every second."""
    # A job in the background of a shell ignores interrupts, and whatever it starts would do so too.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "deltasim", "run", "pond.toml", "--set", "scenario.output_step=1 s", *words],
            cwd=folder,
            env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)


def wait_for_a_start(folder: Path, running: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120.0
    while not list(folder.glob("*.part")):
        assert running.poll() is None, running.communicate()[1]
        assert time.monotonic() < deadline, "the run has not begun"
        time.sleep(0.05)


def test_help_and_new_import_nothing_heavy(folder: Path) -> None:
    assert not imported(folder, "--help") & HEAVY
    assert not imported(folder, "run", "--help") & HEAVY
    assert not imported(folder, "new", "first") & HEAVY
    assert not imported(folder, "compare", "--help") & HEAVY
    assert not imported(folder, "indicators", "--help") & HEAVY


def test_run_needs_no_xarray_and_check_no_netcdf(folder: Path, finished: Path) -> None:
    del finished  # compiled by now
    assert not imported(folder, "run", "pond.toml") & {"xarray", "pandas", "pint"}
    assert not imported(folder, "run", "pond.toml", "-q") & {"xarray", "pandas", "rich"}
    assert not imported(folder, "check", "pond.toml") & {"xarray", "pandas", "rich", "netCDF4"}
    assert not imported(folder, "info", "pond.nc") & {"xarray", "pandas", "pint", "numba", "pydantic"}


RUN_AND_MORE = """
import atexit, gc, sys
atexit.register(lambda: print(len(gc.get_objects()) < gc.get_freeze_count() // 100))  # the last that is called
from deltasim.cli import main
main(["run", "pond.toml", "-q"], standalone_mode=False)
print("scipy.linalg" in sys.modules)
import numba, numpy as np
print(numba.njit(lambda a: np.dot(a, a))(np.array([[1.0, 2.0], [0.0, 3.0]])).tolist(), "scipy.linalg" in sys.modules)
"""


def test_run_takes_no_time_for_linear_algebra_nor_for_garbage_at_its_end(folder: Path, finished: Path) -> None:
    """numba imports all of scipy.linalg to see whether it is there; whoever needs it still gets it."""
    del finished
    got = subprocess.run(
        [sys.executable, "-c", RUN_AND_MORE], check=True, cwd=folder, capture_output=True, text=True
    ).stdout.splitlines()
    assert got == ["False", "[[1.0, 8.0], [0.0, 9.0]] True", "True"]


def test_process_keeps_data_and_messages_apart(folder: Path, finished: Path) -> None:
    del finished
    unused = '[series.lost]\ntime = ["2024-06-01", "2024-06-03"]\nvalue = [1, 1]\nunits = "m"\n'
    (folder / "pond.toml").write_text(POND + unused, encoding="utf-8")
    got = process(folder, "run", "pond.toml", "--json")
    assert got.returncode == 0, got.stderr
    assert json.loads(got.stdout)["nodes"]["pond"]["kind"] == "basin"
    assert got.stderr == "warning: pond.toml:23: series.lost: nothing uses this series\n"


def test_names_survive_a_terminal_without_unicode(folder: Path, finished: Path) -> None:
    del finished
    renamed = POND.replace("[basin.pond]", '[basin."天鹅湖"]').replace('"pond"', '"天鹅湖"')
    (folder / "pond.toml").write_text(renamed, encoding="utf-8")
    for words in ([], ["--json"]):
        got = process(folder, "run", "pond.toml", *words, PYTHONIOENCODING="ascii")
        assert got.returncode == 0, got.stderr
        assert r"\u5929\u9e45\u6e56" in got.stdout
    assert "天鹅湖" in json.loads(got.stdout)["nodes"]


def test_bug_shows_its_traceback(folder: Path) -> None:
    script = "import deltasim.scenario as s; s.load = None; from deltasim.cli import main; main(['check', 'pond.toml'])"
    got = subprocess.run([sys.executable, "-c", script], check=False, cwd=folder, capture_output=True, text=True)
    assert got.returncode == 1
    assert "Traceback" in got.stderr
    assert "TypeError" in got.stderr


@pytest.mark.skipif(os.name != "posix", reason="signals of Unix")
def test_killed_run_leaves_no_finished_looking_file(folder: Path) -> None:
    with plain_python(folder) as running:
        wait_for_a_start(folder, running)
        running.kill()
    assert running.returncode == -signal.SIGKILL
    assert not list(folder.glob("*.nc"))


@pytest.mark.skipif(os.name != "posix", reason="signals of Unix")
def test_interrupted_run_ends_with_130(folder: Path) -> None:
    with plain_python(folder) as running:
        wait_for_a_start(folder, running)
        time.sleep(0.5)  # into the run
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert out == ""
    assert err.startswith("\ninterrupted; ")
    assert "Traceback" not in err
    assert {path.name for path in folder.glob("*.nc")} <= {"pond.failed.nc"}
    assert not list(folder.glob("*.part"))


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="permissions that bind the user")
def test_folder_without_permission(folder: Path) -> None:
    (folder / "shut").mkdir(mode=0o500)
    got = process(folder, "run", "pond.toml", "-o", "shut/x.nc")
    assert got.returncode == 1
    assert got.stderr.startswith("Error: cannot write shut/x.nc: ")
