"""Writing a picture."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

from matplotlib.figure import Figure

from deltasim.errors import PlotError
from deltasim.plots.style import in_this_style
from deltasim.results.whole import explained, whole

__all__ = ["FORMATS", "save"]

FORMATS: Final[dict[str, dict[str, Any]]] = {
    ".png": {"metadata": {"Software": None}},
    ".svg": {"metadata": {"Date": None}},
    ".pdf": {"metadata": {"CreationDate": None}},
}
"""By suffix; no dates inside, so that the same picture is the same file."""

DPI: Final = 200


def save(figure: Figure, path: str | os.PathLike[str], *, dpi: float = DPI) -> Path:
    """Write a picture as PNG, SVG or PDF, by the suffix of its name.

    Parameters
    ----------
    figure : Figure
        From a function of this package.
    path : str or path-like
        Replaced when the new file is whole, not before.
    dpi : float
        Dots per inch of a PNG.

    Returns
    -------
    Path
        What was written.

    Raises
    ------
    PlotError
        The suffix is none of the three.
    ResultError
        It cannot be written.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix not in FORMATS:
        raise PlotError(f"{target}: expected a name that ends in {', '.join(FORMATS)}")
    with whole(target) as (part,), in_this_style(), explained(target):
        figure.savefig(part, format=suffix[1:], dpi=dpi, **FORMATS[suffix])
    return target
