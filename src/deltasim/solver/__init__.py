"""The numerical core: a linearly implicit method in flux form, so that no drop is lost."""
