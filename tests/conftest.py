"""Its being here puts this folder on the import path: what several rooms use lies beside it."""

import os

from hypothesis import settings

# In CI the same examples every time: a change is judged by itself, and the search for new ones goes on at home.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")
