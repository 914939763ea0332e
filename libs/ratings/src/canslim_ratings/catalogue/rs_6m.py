"""Relative strength over six months."""

from typing import Final

from canslim_ratings.catalogue.window_rating import window_rating

RATING: Final = window_rating("rs_6m", months=6, look_back=126)
