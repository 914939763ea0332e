"""What a criterion is, and what it says of each symbol."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from canslim_ratings.arrays import BoolArray, DateArray, FloatArray, TextArray
from canslim_ratings.facts import Facts

#: A measured input: numbers, dates, codes, or flags.
Input = FloatArray | DateArray | TextArray | BoolArray


@dataclass(frozen=True)
class Verdicts:
    """What one criterion says, one element a symbol in the order of the universe.

    points: earned; NaN where not available. available: the most that could be earned from the inputs that
        exist; 0 exactly where `points` is NaN.
    passed: 1, 0, or NaN where the inputs cannot tell.
    value: the measured figure in the criterion's unit; NaN where there is none.
    reason: why it is not available, or a remark on how it was judged; None if there is nothing to say.
    inputs: what the value was computed from, with dates, by name.
    """

    points: FloatArray
    available: FloatArray
    passed: FloatArray
    value: FloatArray
    reason: TextArray
    inputs: Mapping[str, Input] = field(default_factory=dict)

    def frame(self, symbols: pd.Index) -> pd.DataFrame:
        """The verdicts as a table by symbol, the inputs behind them."""
        columns = {name: getattr(self, name) for name in ("points", "available", "passed", "value")}
        reason = pd.Series(self.reason, index=symbols, dtype=object)
        return pd.DataFrame({**columns, "reason": reason, **self.inputs}, index=symbols)


@dataclass(frozen=True)
class Criterion:
    """One row of the rubric: a pure function from facts to verdicts, and what to print beside it.

    points: the most it can give. threshold: when it passes, in words. Changing `judge` raises `version`.
    worked: the finding in a sentence, with names of inputs and of the verdict in braces; those that name nothing there
        is are left out, sentence by sentence. remarks: the codes of reasons, and what each means.
    """

    id: str
    letter: str
    title: str
    points: float
    unit: str
    threshold: str
    version: str
    worked: str
    remarks: Mapping[str, str]
    judge: Callable[[Facts], Verdicts]


def verdicts(
    points: FloatArray,
    *,
    most: float | FloatArray,
    passed: FloatArray,
    value: FloatArray,
    reason: TextArray,
    inputs: Mapping[str, Input],
) -> Verdicts:
    """Puts verdicts together so that what has no points has nothing available and neither passed nor failed."""
    absent = np.isnan(points)
    return Verdicts(
        points=points,
        available=np.where(absent, 0.0, most),
        passed=np.where(absent, np.nan, passed),
        value=value,
        reason=reason,
        inputs=inputs,
    )
