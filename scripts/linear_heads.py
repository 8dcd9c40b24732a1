"""Linear heads fitted on top of what rules say: a softmax over routes, caution, complexity.

Imported by train_weights.py and measure_quality.py. Needs numpy and scipy: `pip install -e
".[train]"`. Each head has a fixed offset, the rules' own score, so that it learns only what rules
leave open. Rows count such that no source counts more than `most` rows. Everything is
deterministic: the same rows give the same numbers.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.optimize import minimize
from scipy.sparse.linalg import lsqr

Array = Any
"""A numpy array or a scipy matrix."""
Vocabulary = dict[str, int]
"""The column of each feature."""


def vocabulary(
    rows: Sequence[Iterable[str]], sources: Sequence[Hashable], least: int, least_sources: int
) -> Vocabulary:
    """The features seen in at least so many rows and so many sources, in alphabetical order."""
    counts: Counter[str] = Counter()
    seen: defaultdict[str, set[Hashable]] = defaultdict(set)
    for features, source in zip(rows, sources, strict=True):
        for feature in features:
            counts[feature] += 1
            seen[feature].add(source)
    kept = (f for f, n in counts.items() if n >= least and len(seen[f]) >= least_sources)
    return {feature: column for column, feature in enumerate(sorted(kept))}


def matrix(rows: Sequence[Iterable[str]], columns: Vocabulary) -> Array:
    """One row each, 1 where it has the feature: repeats count once."""
    indexes: list[int] = []
    ends = [0]
    for features in rows:
        indexes += sorted(columns[f] for f in features if f in columns)
        ends.append(len(indexes))
    data = np.ones(len(indexes))
    return sp.csr_matrix((data, np.array(indexes, dtype=int), ends), (len(rows), len(columns)))


def balanced(sources: Sequence[Hashable], most: int) -> Array:
    """How much each row counts: a source of more than `most` rows counts as that many."""
    sizes = Counter(sources)
    return np.array([min(1.0, most / sizes[source]) for source in sources])


def fit_routes(x: Array, labels: Array, offset: Array, counts: Array, l2: float) -> Array:
    """Weights by feature and class, the bias last: multinomial logistic regression."""
    rows, width = x.shape
    classes = offset.shape[1]
    wanted = np.zeros((rows, classes))
    wanted[np.arange(rows), labels] = 1
    transposed = x.T.tocsr()

    def loss(flat: Array) -> tuple[float, Array]:
        w = flat.reshape(width + 1, classes)
        z = x @ w[:width] + w[width] + offset
        z -= z.max(1, keepdims=True)
        total = np.exp(z).sum(1)
        miss = (np.exp(z) / total[:, None] - wanted) * counts[:, None]
        value = -(counts * (z[wanted == 1] - np.log(total))).sum() + l2 / 2 * (w[:width] ** 2).sum()
        return value, np.vstack([transposed @ miss + l2 * w[:width], miss.sum(0)]).ravel()

    return _minimum(loss, (width + 1) * classes).reshape(width + 1, classes)


def fit_caution(x: Array, truth: Array, counts: Array, l2: float) -> Array:
    """Weights by feature, the bias last: logistic regression."""
    width = x.shape[1]
    transposed = x.T.tocsr()

    def loss(w: Array) -> tuple[float, Array]:
        z = x @ w[:width] + w[width]
        miss = (1 / (1 + np.exp(-z)) - truth) * counts
        value = (counts * (np.logaddexp(0, z) - truth * z)).sum() + l2 / 2 * (w[:width] ** 2).sum()
        return value, np.append(transposed @ miss + l2 * w[:width], miss.sum())

    return _minimum(loss, width + 1)


def fit_complexity(x: Array, wanted: Array, counts: Array, l2: float) -> Array:
    """Weights by feature, without a bias: ridge regression."""
    root = np.sqrt(counts)
    stacked = sp.vstack([sp.diags(root) @ x, np.sqrt(l2) * sp.eye(x.shape[1])]).tocsr()
    return lsqr(stacked, np.concatenate([root * wanted, np.zeros(x.shape[1])]), iter_lim=60)[0]


STEPS = 30
"""Of the optimiser; more change no decision."""


def _minimum(loss: Any, size: int) -> Array:
    found = minimize(loss, np.zeros(size), jac=True, method="L-BFGS-B", options={"maxiter": STEPS})
    return found.x


def strongest(weights: Array, x: Array, columns: Vocabulary, most: int) -> Vocabulary:
    """The features that matter most, renumbered: large weights in many rows."""
    spread = weights - weights.mean(1, keepdims=True) if weights.ndim > 1 else weights[:, None]
    matters = np.abs(spread).max(1) * np.sqrt(np.asarray(x.sum(0)).ravel())
    names = sorted(columns, key=lambda name: columns[name])
    order = np.argsort(-matters, kind="stable")[:most]
    return {names[i]: column for column, i in enumerate(sorted(order))}
