"""Write the tables of docs/indicators.md out of the catalogue: ``python docs/make_indicators.py``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from deltasim.indicators import INDICES, SPECIES, Gaussian, Index, Table

PAGE = Path(__file__).parent / "indicators.md"
BEGIN, END = "<!-- from the catalogue, by docs/make_indicators.py -->", "<!-- end of the catalogue -->"

TAKES = {
    "curve": "where the ground is",
    "salinity": "where a species depends on it",
    "baseline": "for the quartiles of pulses",
    "downstream": "the second link",
}


def units(text: str) -> str:
    """Units as people read them; those of the series in words."""
    return text.replace("{} d-1", "of the series, per day").replace("{}", "of the series")


def of_index(index: Index) -> Iterator[str]:
    """A section for an index."""
    words = (index.function.__doc__ or "").strip().split("\n")[0]
    takes = "".join(f", `{name}` ({TAKES[name]})" for name in index.needs)
    yield f"### {index.name}"
    yield f"{words} Of `{index.of}`{takes}. Source or rule: {index.source}."
    rows = [f"| `{i.identifier}` | {units(i.units)} | {i.description} |" for i in index.indicators]
    yield "\n".join(["| indicator | units | what it is |", "|---|---|---|", *rows])


def curve_of(response: Gaussian | Table) -> str:
    """A suitability curve in words."""
    if isinstance(response, Gaussian):
        return f"Gaussian, optimum {response.optimum:g}, tolerance {response.tolerance:g}"
    inside = [x for x, s in zip(response.x, response.suitability, strict=True) if s == 1.0]
    if response.suitability[0] == 0.0 and response.suitability[-1] == 0.0:
        return f"1 from {inside[0]:g} to {inside[-1]:g}"
    low, high = response.x[0], response.x[-1]
    if low == high:
        return f"1 {'above' if response.suitability[-1] else 'below'} {low:g}"
    return f"1 below {low:g}, 0 above {high:g}"


def species() -> str:
    """The table of species."""
    rows = ["| species | suitability | season | place | source | note |", "|---|---|---|---|---|---|"]
    for each in SPECIES.values():
        curves = "; ".join(
            f"`{name}` ({'kg/m3' if name == 'salinity' else 'm'}): {curve_of(r)}" for name, r in each.responses.items()
        )
        cells = (f"`{each.name}`", curves, each.season or "all year", each.place, each.source, each.note)
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def catalogue() -> str:
    """Everything between the two marks."""
    parts = [part for index in INDICES.values() for part in of_index(index)]
    return "\n\n".join([BEGIN, *parts, "### Species", species(), END])


def page() -> str:
    """The page with the catalogue as it is now."""
    text = PAGE.read_text(encoding="utf-8")
    return re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: catalogue(), text, flags=re.DOTALL)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{len(INDICES)} indices in {PAGE}")
