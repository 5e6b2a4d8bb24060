"""`python -m benchmarks.methods`."""

from benchmarks.methods.run import main

main()
