"""Compare the speed of two commits: the timed cases of the suite, in alternation, and which of them became slower.

    python benchmarks/compare.py HEAD~1 HEAD
    python benchmarks/compare.py main ../mine --bench "Laws|Series" --rounds 40

Before and after are commits, or folders with a checkout. Each runs the cases of its own suite in a process of its own;
the two take turns, so that whatever else the machine does is done to both, and so do several pairs of processes. Times
are those of the processor. A case is flagged when the least time and the median of the ratios round by round both
changed by more than the threshold. Code that a commit changed is compiled first, which takes minutes; after that a
comparison needs some seconds for each case.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def cases(module: Any) -> dict[str, tuple[Any, str, list[Any]]]:
    """Timed methods of a module of the suite: class, method and parameters by name."""
    found = {}
    for kind in vars(module).values():
        if not isinstance(kind, type) or kind.__name__.startswith("_"):
            continue
        for method in (name for name in dir(kind) if name.startswith("time_")):
            for value in getattr(kind, "params", [None]):
                given = [] if value is None else [value]
                found[f"{kind.__name__}.{method}" + "".join(f"({v})" for v in given)] = (kind, method, given)
    return found


def work(checkout: str) -> None:
    """Answer, for one checkout: ``list``, the name of a case to make ready, or an empty line to time it once."""
    answers, sys.stdout = sys.stdout, sys.stderr
    sys.path[:0] = [f"{checkout}/src", f"{checkout}/benchmarks"]
    from suite import solver

    known = cases(solver)
    for line in sys.stdin:
        asked, answer = line.strip(), None
        if asked == "list":
            answer = list(known)
        elif asked:
            kind, method, given = known[asked]
            case = kind()
            case.setup(*given)
        else:
            case.setup(*given)
            begun = time.process_time()
            getattr(case, method)(*given)
            answer = time.process_time() - begun
        print(json.dumps(answer), file=answers, flush=True)


class Side:
    """A process that times the cases of one checkout."""

    def __init__(self, checkout: Path) -> None:
        command = [sys.executable, __file__, "--work", str(checkout)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, words: str) -> Any:
        """Send a line and wait for the answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit("a process ended early; its message is above")
        return json.loads(answer)


@contextlib.contextmanager
def checkout(version: str) -> Iterator[Path]:
    """Give the folder with a version: itself where it is one, else a temporary one with that commit."""
    if Path(version).is_dir():
        yield Path(version).resolve()
        return
    with tempfile.TemporaryDirectory() as folder:
        git = ["git", "-C", str(HERE), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", f"{folder}/tree", version], check=True)
        try:
            yield Path(folder) / "tree"
        finally:
            subprocess.run([*git, "remove", "--force", f"{folder}/tree"], check=True)


def compare(sides: list[tuple[Side, Side]], name: str, rounds: int, most: float) -> tuple[float, float, float]:
    """Least seconds before and after, and the median of the ratios; fewer rounds where they take too many seconds.

    Each pair of processes has its share of the rounds: where memory happens to lie can make one of them slower than
    the next by more than what is looked for.
    """
    pairs: list[tuple[float, float]] = []
    for before, after in sides:
        before.ask(name)
        after.ask(name)
        begun, done = time.perf_counter(), 0
        while done < 2 or (done * len(sides) < rounds and (time.perf_counter() - begun) * len(sides) < most):
            # Who goes first changes, for it may find the caches the other left.
            if done % 2:
                late = after.ask("")
                pairs.append((before.ask(""), late))
            else:
                pairs.append((before.ask(""), after.ask("")))
            done += 1
    first, second = zip(*pairs, strict=True)
    return min(first), min(second), statistics.median(b / a for a, b in pairs)


def main() -> int:
    """Print the table; 1 where something became slower."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", help="commit or folder")
    parser.add_argument("after", help="commit or folder")
    parser.add_argument("--bench", default="", help="regular expression; only cases whose name has it")
    parser.add_argument("--rounds", type=int, default=40, help="pairs of runs of each case (default %(default)s)")
    parser.add_argument("--processes", type=int, default=4, help="pairs of processes that share them")
    parser.add_argument("--seconds", type=float, default=20.0, help="after which no more follow, but for five")
    parser.add_argument("--threshold", type=float, default=1.1, help="ratio from which a case is flagged")
    asked = parser.parse_args()
    slower = False
    with checkout(asked.before) as old, checkout(asked.after) as new:
        sides = [(Side(old), Side(new)) for _ in range(asked.processes)]
        known = set(sides[0][0].ask("list"))
        names = [name for name in sides[0][1].ask("list") if name in known and re.search(asked.bench, name)]
        print(f"{'case':<34}{'before ms':>11}{'after ms':>11}{'ratio':>8}{'median':>8}", flush=True)
        for name in names:
            first, second, middle = compare(sides, name, asked.rounds, asked.seconds)
            least = second / first
            worse = min(least, middle) > asked.threshold
            word = "slower" if worse else "faster" if max(least, middle) < 1.0 / asked.threshold else ""
            slower |= worse
            print(f"{name:<34}{first * 1e3:>11.3f}{second * 1e3:>11.3f}{least:>8.2f}{middle:>8.2f}  {word}", flush=True)
    return int(slower)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        work(*itertools.islice(sys.argv, 2, 3))
    else:
        sys.exit(main())
