"""Other Rosenbrock methods in the solver's own loop, side by side with its own: `python -m benchmarks.methods`."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))  # where `topics` finds its neighbours
