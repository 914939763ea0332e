"""Evaluates the catalogue on the market of 2015 to 2017 from ../shared/data; docs/evaluation.md."""
