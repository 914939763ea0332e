import numpy as np
import pandas as pd

from canslim_ratings.evaluation import suspect_moves
from tests.ratings.builders import panel


def test_a_move_above_forty_percent_is_suspect_at_the_close_it_leads_to() -> None:
    close = panel({"A": [10.0, 14.1, 14.1], "B": [10.0, 14.0, 8.3], "C": [10.0, np.nan, 30.0]})
    assert suspect_moves(close).to_numpy().tolist() == [
        [False, False, False],
        [True, False, False],
        [False, True, True],
    ]


def test_a_known_action_explains_it() -> None:
    close = panel({"A": [10.0, 2.0, 9.0]})
    actions = pd.DataFrame({"symbol": ["A", "X", "A"], "session": [close.index[1], close.index[1], "1999-01-04"]})
    actions["session"] = pd.to_datetime(actions["session"])
    assert suspect_moves(close, actions)["A"].tolist() == [False, False, True]
