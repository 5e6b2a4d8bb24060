"""The loop over the fluxes of one kind, its law inside; and what derivatives become where stages are nearly equal.

Which law serves a group is decided by the type of its parameters when its own loop is compiled, so a new kind needs no
line here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import overload

from deltasim._jit import jit, jit_inline, jit_lanes
from deltasim.fluxes import SOURCES
from deltasim.links import LINKS

__all__ = ["evaluate_law", "fill_group", "fill_plain", "fill_sensitive", "steepen"]

LEAST_GAP = 1e-300
"""Instead of none, m: nothing flows between equal stages, and so nothing evens out."""
EVENING = 0.1
"""How quickly a gap must close, over how quickly its own flux would close it, for that to count as evening out."""

_ALL: tuple[Any, ...] = (*LINKS.values(), *SOURCES.values())
_KINDS: dict[type, Any] = {kind.parameters: kind for kind in _ALL}


def evaluate_law(p: Any, i: int, h_from: float, h_to: float, setting: float) -> tuple[float, ...]:
    """Evaluate the law that belongs to the type of `p`, water flowing either way.

    Parameters
    ----------
    p : NamedTuple
        Parameters of a registered kind.
    i : int
        Which of its links.
    h_from, h_to : float, m
    setting : float

    Returns
    -------
    discharge : float, m3/s
        Positive from ``from`` to ``to``.
    by_from, by_to, by_setting : float
        Its derivatives.
    """
    kind = _KINDS[type(p)]
    if not kind.symmetric or h_from >= h_to:
        return kind.law(p, i, h_from, h_to, setting)  # type: ignore[no-any-return]
    q, by_up, by_down, by_setting = kind.law(p, i, h_to, h_from, setting)
    return -q, -by_down, -by_up, -by_setting


@jit
def fading(volume, scale):  # type: ignore[no-untyped-def]
    """Share of a flux that a nearly dry source gives, s^2 (3 - 2 s), and its growth with the volume."""
    s = min(max(volume / scale, 0.0), 1.0)
    return s * s * (3.0 - 2.0 * s), 6.0 * s * (1.0 - s) / scale


@jit_inline
def share_given(table, work, donor, reaches_soil):  # type: ignore[no-untyped-def]
    """Share of a flux that a node gives, and its growth with the volume: less than all where it is nearly dry."""
    held, scale = work.trial[donor] - table.bed_storage[donor], table.fade_volume[donor]
    if reaches_soil:
        held, scale = work.trial[donor], table.soil_fade_volume[donor]
    return fading(held, scale) if held < scale else (1.0, 0.0)


@jit_inline
def chord(discharge, gap, most, close, by_from, by_to):  # type: ignore[no-untyped-def]
    """Slope of the line that `steepen` may take for the derivatives of a law that goes as a low power of a gap.

    Parameters
    ----------
    discharge : float, m3/s
        Of one link, not negative.
    gap : float, m
        Between the two stages; not negative.
    most : float, 1/m2
        Of how much a stage rises by a volume, at the end where that is more.
    close : float, m
        Of `FluxTable`.
    by_from, by_to : float, m2/s
        Derivatives of the law.

    Returns
    -------
    float, m2/s
        One and a half times the slope of the chord to equal stages; 0 where they are not close, or the law is steeper.
    """
    near = (gap < close * max(1.0, most)) & (discharge > 1.66 * gap * max(by_from, -by_to))
    return 1.5 * discharge / max(gap, LEAST_GAP) if near else 0.0


@jit_lanes
def steepen(work, begin, end, by_from, by_to):  # type: ignore[no-untyped-def]
    """Take the line for the derivatives between near stages that are evening out; the fluxes stay those of the law.

    A linearly implicit step is one of Newton's. Towards a root of |x|^p - c it goes from x to x (1 - (1 - c/q)/p), with
    q = |x|^p: beyond the root, and for p up to a half further than it was, where q is more than some times c. So it
    goes to and fro within the tolerance, at the pace at which the two stages even out. With one and a half times the
    slope of the chord it closes in for every such p. Of the flux q the part c passes on, and 1 - c/q is how quickly the
    gap closes over how quickly q alone would close it. Where that is little the law's own derivatives are better; with
    the others the method keeps its order 2.

    Parameters
    ----------
    work : Work
        With the net inflow of nodes at both ends of each flux in `at_from` and `at_to`.
    begin, end : int
        First flux, and one past the last.
    by_from, by_to : ndarray, shape (m,)
        Those of `work`; updated.
    """
    q, chord, net_from, net_to = work.q, work.chord, work.at_from, work.at_to
    lift_from, lift_to = work.lift_from, work.lift_to
    for k in range(begin, end):
        closing = net_to[k] * lift_to[k] - net_from[k] * lift_from[k]
        closing = closing if q[k] >= 0.0 else -closing
        alone = abs(q[k]) * (lift_from[k] + lift_to[k])
        # What holds back flows only to the Jacobian.
        evens = (chord[k] > 0.0) & ((closing > EVENING * alone) | (q[k] == 0.0))
        by_from[k] = chord[k] * lift_from[k] if evens else by_from[k]
        by_to[k] = -chord[k] * lift_to[k] if evens else by_to[k]


def _filler(kind: Any) -> Any:
    """Make the loop of one kind, with its law inside."""
    law, symmetric, may_fade, has_quick = kind.law, kind.symmetric, bool(kind.fades), _has_quick(kind)
    steep = getattr(kind, "steep", False)
    reaches_soil = getattr(kind, "reaches_soil", False)
    if kind.of_inflow:
        return _diverter(law)

    def fill(p: Any, g: int, sensitive: bool, table: Any, work: Any, q: Any) -> None:
        if has_quick and fill_quickly(p, g, sensitive, table, work, q) == 0:
            return
        stage_from, stage_to, setting = work.at_from, work.at_to, work.setting
        lift_from, lift_to = work.lift_from, work.lift_to
        spans, start = work.awake.pieces, np.uint64(table.group[g])
        for s in range(work.awake.of_group[g], work.awake.of_group[g + 1]):
            for k in range(spans[s, 0], spans[s, 1]):
                if has_quick and work.left[k] == 0:
                    continue
                i = k - start
                back = symmetric and stage_to[k] > stage_from[k]
                if back:
                    value, d_to, d_from, d_setting = law(p, i, stage_to[k], stage_from[k], setting[k])
                    value, d_to, d_from, d_setting = -value, -d_to, -d_from, -d_setting
                else:
                    value, d_from, d_to, d_setting = law(p, i, stage_from[k], stage_to[k], setting[k])
                factor = work.factor[k]
                flux = value * factor
                part = 1.0
                given = 1.0
                growth = 0.0
                if flux < 0.0 and table.forward[k] == 1:
                    # A flap that is all but open is seen as open in derivatives only: a step that opens it must know
                    # how much would flow, or it would have to end within the time in which two stages even out.
                    part = 0.0
                    given = 1.0 if steep and stage_to[k] - stage_from[k] < table.shut else 0.0
                elif may_fade and table.fades[k] == 1:
                    part, growth = share_given(
                        table, work, table.origin[k] if flux >= 0.0 else table.target[k], reaches_soil
                    )
                    given = part
                q[k] = flux * part
                if sensitive:
                    rate = factor * (
                        d_from * work.rise_from[k] + d_to * work.rise_to[k] + d_setting * work.setting_rate[k]
                    )
                    work.by_time[k] = part * (rate + value * work.factor_rate[k])
                    if steep:
                        gap, most = abs(stage_from[k] - stage_to[k]), max(lift_from[k], lift_to[k])
                        work.chord[k] = given * factor * chord(abs(value), gap, most, table.close, d_from, d_to)
                    work.by_from[k] = given * factor * d_from * lift_from[k]
                    work.by_to[k] = given * factor * d_to * lift_to[k]
                    if growth > 0.0:
                        work.chord[k] = 0.0
                        if flux >= 0.0:
                            work.by_from[k] += flux * growth
                        else:
                            work.by_to[k] += flux * growth

    return fill


def _has_quick(kind: Any) -> bool:
    """Whether a kind has a quick form of its law."""
    if getattr(kind, "quick", None) is None:
        return False
    assert kind.symmetric, f"{kind.name}: the quick loop turns every law round"
    assert not kind.fades, f"{kind.name}: the quick loop lets nothing fade"
    return True


def _no_quick(p: Any, g: int, sensitive: bool, table: Any, work: Any, q: Any) -> int:  # never called
    return 1


def _quick_filler(kind: Any) -> Any:
    """Make the loop of one kind with the quick form of its law inside, which asks no questions."""
    quick, steep = kind.quick, kind.steep

    @jit_lanes
    def lanes(p, sensitive, table, work, start, begin, end, q, left, by_from, by_to, by_time, line):  # type: ignore[no-untyped-def]
        stage_from, stage_to, setting, factor = work.at_from, work.at_to, work.setting, work.factor
        lift_from, lift_to, rise_from, rise_to = work.lift_from, work.lift_to, work.rise_from, work.rise_to
        setting_rate, factor_rate, forward, close = work.setting_rate, work.factor_rate, table.forward, table.close
        unsettled = 0
        for k in range(begin, end):
            back = stage_to[k] > stage_from[k]
            up, down = max(stage_from[k], stage_to[k]), min(stage_from[k], stage_to[k])
            value, d_up, d_down, d_setting, holds = quick(p, k - start, up, down, setting[k])
            value = -value if back else value
            flux = value * factor[k]
            q[k] = flux
            holds = holds & ((flux >= 0.0) | (forward[k] == 0))
            if sensitive:
                d_from = -d_down if back else d_up
                d_to = -d_up if back else d_down
                d_setting = -d_setting if back else d_setting
                rate = d_from * rise_from[k] + d_to * rise_to[k] + d_setting * setting_rate[k]
                by_time[k] = factor[k] * rate + value * factor_rate[k]
                if steep:
                    most = max(lift_from[k], lift_to[k])
                    line[k] = factor[k] * chord(abs(value), up - down, most, close, d_from, d_to)
                by_from[k] = factor[k] * d_from * lift_from[k]
                by_to[k] = factor[k] * d_to * lift_to[k]
            left[k] = 1 - holds
            unsettled += 1 - holds
        return unsettled

    def fill(p: Any, g: int, sensitive: bool, table: Any, work: Any, q: Any) -> int:
        spans, start = work.awake.pieces, np.uint64(table.group[g])
        left, by_from, by_to, by_time, line = work.left, work.by_from, work.by_to, work.by_time, work.chord
        unsettled = 0
        for s in range(work.awake.of_group[g], work.awake.of_group[g + 1]):
            begin, end = spans[s, 0], spans[s, 1]
            unsettled += lanes(p, sensitive, table, work, start, begin, end, q, left, by_from, by_to, by_time, line)
        return unsettled

    return fill


def _diverter(law: Any) -> Any:
    """Make the loop of a kind whose discharge depends on what enters the node it leaves."""

    def fill(p: Any, g: int, sensitive: bool, table: Any, work: Any, q: Any) -> None:
        entries, start = table.entries, table.group[g]
        for d in range(table.group[g + 1] - start):
            k = start + d
            inflow = 0.0
            inflow_rate = 0.0
            for j in range(entries.first[d], entries.first[d + 1]):
                flux = entries.sign[j] * q[entries.entering[j]]
                if flux > 0.0:
                    inflow += flux
                    inflow_rate += entries.sign[j] * work.by_time[entries.entering[j]]
            value, slope, _, d_setting = law(p, d, inflow, 0.0, work.setting[k])
            q[k] = value * work.factor[k]
            if sensitive:
                slope *= work.factor[k]
                work.by_from[k] = 0.0
                work.by_to[k] = 0.0
                change = work.factor[k] * d_setting * work.setting_rate[k] + value * work.factor_rate[k]
                work.by_time[k] = slope * inflow_rate + change
                for e in range(entries.reach[d], entries.reach[d + 1]):
                    j = entries.by[e]
                    enters = entries.sign[j] * q[entries.entering[j]] > 0.0
                    way = entries.sign[j] if entries.through[e] < 0 else work.weight[entries.through[e]]
                    work.weight[e] = slope * way if enters else 0.0

    return fill


def fill_plain(p, g, table, work, q):  # type: ignore[no-untyped-def]
    """Fill the fluxes of a group, without derivatives."""
    fill_group(p, g, np.bool_(False), table, work, q)  # a plain False would be a type of its own
    return 0


def fill_sensitive(p, g, table, work, q):  # type: ignore[no-untyped-def]
    """Fill the fluxes of a group and their derivatives."""
    fill_group(p, g, np.bool_(True), table, work, q)
    return 0


def fill_group(p: Any, g: int, sensitive: bool | np.bool_, table: Any, work: Any, q: Any) -> None:
    """Fill the fluxes of group `g`, whose law belongs to the type of its parameters `p`."""
    _filler(_KINDS[type(p)])(p, g, sensitive, table, work, q)


@overload(fill_group, jit_options={"error_model": "numpy", "forceinline": True})  # type: ignore[untyped-decorator, unused-ignore]
def _fill_group(p: Any, g: int, sensitive: bool, table: Any, work: Any, q: Any) -> Any:
    return _filler(_KINDS[p.target.instance_class])


def fill_quickly(p: Any, g: int, sensitive: bool, table: Any, work: Any, q: Any) -> int:
    """Fill those fluxes of a group for which the quick form of its law holds.

    Parameters
    ----------
    p : NamedTuple
        Parameters of a kind that has one.
    g : int
        The group.
    sensitive : bool
        Whether derivatives are wanted.
    table : FluxTable
    work : Work
        `left` becomes 1 where it does not hold; whatever is filled there is void.
    q : ndarray, shape (m,), m3/s

    Returns
    -------
    int
        For how many it does not.
    """
    return int(_quick_filler(_KINDS[type(p)])(p, g, sensitive, table, work, q))


@overload(fill_quickly, jit_options={"error_model": "numpy", "forceinline": True})  # type: ignore[untyped-decorator, unused-ignore]
def _fill_quickly(p: Any, g: int, sensitive: bool, table: Any, work: Any, q: Any) -> Any:
    kind = _KINDS[p.target.instance_class]
    return _quick_filler(kind) if _has_quick(kind) else _no_quick
