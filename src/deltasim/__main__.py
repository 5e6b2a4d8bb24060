"""``python -m deltasim``."""

from deltasim.cli import main

main(prog_name="deltasim")
