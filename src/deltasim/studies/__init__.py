"""What is asked of several runs together."""

from deltasim.studies.compare import compare
from deltasim.studies.requests import Request, default_requests, read_requests

__all__ = ["Request", "compare", "default_requests", "read_requests"]
