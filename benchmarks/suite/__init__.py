"""The suite that asv runs; what it measures is built by the modules in the folder above."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
