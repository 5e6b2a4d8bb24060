"""The candidates: published tables (tables.toml), checked against the order conditions that they are to meet.

A table is in the form of `deltasim.solver.method`. The conditions are those of Hairer and Wanner (1996), chapter IV.7:
one for each rooted tree t, b . phi(t) = 1 / gamma(t), where phi multiplies the children of a vertex, each under alpha,
and puts an only child under beta, which is alpha plus the diagonal and lower triangle of the Jacobian's coefficients.
With any other matrix in place of the Jacobian (a W-method) an only child counts under either by itself, and what holds
the latter has to vanish.
"""

from __future__ import annotations

import itertools
import math
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deltasim.solver.method import RODAS4P2, Method, _method

__all__ = ["OWN", "Candidate", "conditions", "density", "load", "make", "order_with_any_jacobian", "stability", "trees"]

OWN = "Rodas4P2"
TABLES = Path(__file__).with_name("tables.toml")
ROUND_OFF = 1e-12
"""How well the digits of a table have to meet its conditions."""

Tree = tuple[Any, ...]
"""A rooted tree: its branches, sorted."""


@dataclass(frozen=True)
class Candidate:
    """A method and what it claims.

    Parameters
    ----------
    name, source : str
    order, embedded, extension : int
        Of the solution, of that which the error is told by, and of the continuous extension.
    method : Method
    """

    name: str
    source: str
    order: int
    embedded: int
    extension: int
    method: Method


def trees(order: int) -> list[Tree]:
    """All rooted trees with so many vertices."""
    found: set[Tree] = {()}
    for _ in range(order - 1):
        found = {larger for tree in found for larger in grown(tree)}
    return sorted(found)


def grown(tree: Tree) -> Iterator[Tree]:
    """A tree with one leaf more, wherever it fits."""
    yield tuple(sorted((*tree, ())))
    for i, branch in enumerate(tree):
        for larger in grown(branch):
            yield tuple(sorted((*tree[:i], larger, *tree[i + 1 :])))


def size(tree: Tree) -> int:
    """Vertices of a tree."""
    return 1 + sum(map(size, tree))


def density(tree: Tree) -> int:
    """gamma(t): the product over the vertices of how many stand on each, itself among them."""
    return size(tree) * math.prod(map(density, tree))


def stages(method: Method) -> tuple[np.ndarray, np.ndarray]:
    """alpha and Gamma as theory has them, of slopes; weights of increments times Gamma are those of slopes."""
    gamma = method.gamma * np.linalg.inv(np.eye(len(method.weights)) - method.coupling)
    return method.alpha @ gamma, gamma


def weigh(tree: Tree, alpha: np.ndarray, gamma: np.ndarray) -> list[tuple[np.ndarray, bool]]:
    """phi of a tree in each way to put its only children under alpha or Gamma, and whether any is under Gamma."""
    ways = [weigh(branch, alpha, gamma) for branch in tree]
    if len(tree) == 1:
        return [(m @ phi, held or m is gamma) for m in (alpha, gamma) for phi, held in ways[0]]
    return [
        (math.prod((alpha @ phi for phi, _ in chosen), start=np.ones(len(alpha))), any(held for _, held in chosen))
        for chosen in itertools.product(*ways)
    ]


def conditions(method: Method, order: int) -> tuple[np.ndarray, np.ndarray]:
    """phi of each tree up to an order, such that weights of increments multiply it; and the trees' 1 / gamma."""
    alpha, gamma = stages(method)
    found = [tree for vertices in range(1, order + 1) for tree in trees(vertices)]
    phi = [gamma @ sum(term for term, _ in weigh(tree, alpha, gamma)) for tree in found]
    return np.array(phi), np.array([1.0 / density(tree) for tree in found])


def order_with_any_jacobian(method: Method, most: int = 5) -> int:
    """Order that is left where the Jacobian is some other matrix."""
    alpha, gamma = stages(method)
    for order in range(1, most + 1):
        for tree in trees(order):
            for phi, held in weigh(tree, alpha, gamma):
                if abs(method.weights @ gamma @ phi - (0.0 if held else 1.0 / density(tree))) > ROUND_OFF:
                    return order - 1
    return most


def stability(method: Method, z: float) -> float:
    """What one step makes of 1 under y' = z y; with z of minus infinity at its limit."""
    alpha, gamma = stages(method)
    one = np.ones(len(alpha))
    rest = -(alpha + gamma) if np.isinf(z) else np.eye(len(one)) / z - (alpha + gamma)
    return float(1.0 + method.weights @ gamma @ np.linalg.solve(rest, one))


def inside(method: Method, order: int) -> tuple[np.ndarray, np.ndarray]:
    """phi of each tree, and what P and Q have to make of it so that V(theta) holds theta^vertices / gamma(t)."""
    phi, one = conditions(method, order)
    vertices = np.repeat(range(1, order + 1), [len(trees(k)) for k in range(1, order + 1)])
    return phi, -one[:, None] * np.stack([vertices > 1, vertices > 2], axis=1)


def extension(method: Method, order: int) -> np.ndarray:
    """P and Q of the continuous extension of an order, at most the third, with the least coefficients."""
    return np.ascontiguousarray(np.linalg.lstsq(*inside(method, order), rcond=None)[0].T)


def check(candidate: Candidate) -> None:
    """Hold a table against all that it claims; a wrong digit is an error."""
    method = candidate.method
    alpha, gamma = stages(method)
    phi, one = conditions(method, candidate.order)
    close, (between, wanted) = conditions(method, candidate.embedded)[0], inside(method, candidate.extension)
    misses = {
        "nodes are not those of alpha": alpha.sum(axis=1) - method.nodes,
        "slopes are not those of the coupling": gamma.sum(axis=1) - method.slopes,
        f"weights are not of order {candidate.order}": phi @ method.weights - one,
        f"error weights are not of order {candidate.embedded}": close @ method.error_weights,
        f"continuous extension is not of order {candidate.extension}": between @ method.dense.T - wanted,
        "stability function does not end in 0": [stability(method, -np.inf)],
    }
    for what, by in misses.items():
        if not np.abs(by).max() < ROUND_OFF:
            raise ValueError(
                f"{candidate.name}: its {what}: off by {np.abs(by).max():.1e}, where {ROUND_OFF:g} is allowed; "
                f"compare its table with the source: {' '.join(candidate.source.split())}"
            )


def lower(rows: list[list[float]]) -> np.ndarray:
    """Make a square matrix of what stands below its diagonal."""
    matrix = np.zeros((len(rows) + 1, len(rows) + 1))
    for k, row in enumerate(rows, start=1):
        matrix[k, : len(row)] = row
    return matrix


def make(name: str, table: dict[str, Any]) -> Candidate:
    """Make a method of its table, and check it."""
    vectors = ("nodes", "slopes", "weights", "error_weights")
    numbers: dict[str, Any] = {
        "gamma": float(table["gamma"]),
        "alpha": lower(table["alpha"]),
        "coupling": lower(table["coupling"]),
        **{key: np.array(table[key], dtype=float) for key in vectors},
        "order": float(table["embedded"]),
    }
    none = np.zeros((2, len(numbers["weights"])))
    inner = table.get("extension", 3)
    dense = np.array(table["dense"]) if "dense" in table else extension(_method(**numbers, dense=none), inner)
    orders = (table["order"], table["embedded"], inner)
    candidate = Candidate(name, table["source"], *orders, _method(**numbers, dense=dense))
    check(candidate)
    return candidate


def load() -> dict[str, Candidate]:
    """All candidates by name, the package's own first."""
    own = Candidate(OWN, "Steinebach, G. (2020), as deltasim.solver.method has it", 4, int(RODAS4P2.order), 3, RODAS4P2)
    check(own)
    tables = tomllib.loads(TABLES.read_text(encoding="utf-8"))
    return {OWN: own, **{name: make(name, table) for name, table in tables.items()}}
