"""The same chains of ponds through what people would use instead: `python -m benchmarks.peers`."""
