"""Relative strength over three months."""

from typing import Final

from canslim_ratings.catalogue.window_rating import window_rating

RATING: Final = window_rating("rs_3m", months=3, look_back=63)
