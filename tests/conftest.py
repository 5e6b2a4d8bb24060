"""Its being here puts this folder on the import path: what several rooms use lies beside it."""

import os

from hypothesis import HealthCheck, settings

# How fast examples come depends on what else the machine does, and says nothing about them.
settings.register_profile("home", suppress_health_check=[HealthCheck.too_slow], deadline=None)
settings.load_profile("home")
# In CI the same examples every time: a change is judged by itself, and the search for new ones goes on at home.
settings.register_profile("ci", settings.get_profile("home"), derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")
