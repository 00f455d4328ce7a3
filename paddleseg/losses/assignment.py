"""The cheapest way to give each thing a partner of its own."""

from __future__ import annotations

import numpy as np


def cheapest_pairs(costs: np.ndarray) -> np.ndarray:
    """A column for each row, no column twice, so that the sum of their costs is the least (Kuhn, 1955).

    Rows come one by one; each takes the cheapest path of exchanges to a free column, by Dijkstra's algorithm on costs
    that prices of rows and columns keep from being negative (Jonker and Volgenant, 1987).

    Args:
        costs: (rows, columns), finite, no more rows than columns.

    Returns:
        (rows,) int64.

    Example:
        >>> cheapest_pairs(np.array([[1.0, 2.0, 9.0], [1.0, 5.0, 9.0]])).tolist()
        [1, 0]
    """
    rows, columns = costs.shape
    of_column = np.full(columns, -1)
    row_price, column_price = np.zeros(rows), np.zeros(columns)
    for start in range(rows):
        distance = np.full(columns, np.inf)
        before = np.full(columns, -1)
        done = np.zeros(columns, bool)
        row, column, reached = start, -1, 0.0
        while row >= 0:
            through = reached + costs[row] - row_price[row] - column_price
            nearer = ~done & (through < distance)
            distance[nearer], before[nearer] = through[nearer], column
            column = int(np.where(done, np.inf, distance).argmin())
            reached = distance[column]
            done[column] = True
            row = int(of_column[column])
        row_price[of_column[done & (of_column >= 0)]] += reached - distance[done & (of_column >= 0)]
        row_price[start] += reached
        column_price[done] -= reached - distance[done]
        while column >= 0:  # each on the path takes the column of the one before it
            earlier = int(before[column])
            of_column[column] = start if earlier < 0 else of_column[earlier]
            column = earlier
    taken = np.flatnonzero(of_column >= 0)
    return taken[np.argsort(of_column[taken])]
