"""Spearman's rank correlation, session by session: the information coefficient."""

import numpy as np
import pandas as pd

from canslim_ratings.arrays import BoolArray, FloatArray, divide, missing


def information_coefficients(values: FloatArray, returns: FloatArray) -> FloatArray:
    """Correlates the ranks of `values` with those of `returns` in each row; ties share their average rank.

    values, returns: sessions x symbols; only pairs without a NaN count. Gives -1 to 1 for each session, NaN where
    one of both does not vary. Source: Grinold and Kahn, "Active Portfolio Management", for the name.
    """
    absent = missing(values) | missing(returns)
    one, other = _centred_ranks(values, absent), _centred_ranks(returns, absent)
    spread = np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1))
    return np.clip(divide((one * other).sum(axis=1), spread), -1.0, 1.0)


def _centred_ranks(values: FloatArray, absent: BoolArray) -> FloatArray:
    """Ranks less their mean, row by row; 0 where absent, which adds nothing to a sum."""
    ranks = pd.DataFrame(np.where(absent, np.nan, values)).rank(axis="columns", method="average")
    return ranks.sub(ranks.mean(axis="columns"), axis="index").fillna(0.0).to_numpy(dtype=np.float64)
