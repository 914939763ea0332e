from inspect import getmembers, isclass

import canslim_core.errors
from canslim_core.errors import CanslimError, Malformed, Unavailable
from canslim_core.use_cases.run_task import describe


def test_every_error_is_in_the_tree_of_the_docstring() -> None:
    errors = [name for name, error in getmembers(canslim_core.errors, isclass) if issubclass(error, CanslimError)]
    tree = (canslim_core.errors.__doc__ or "").split()
    assert [name for name in errors if name not in tree] == []


def test_an_error_that_people_may_read_is_described_by_its_message() -> None:
    assert describe(Malformed("bars.csv: no column close")) == "bars.csv: no column close"


def test_another_error_is_described_with_its_kind() -> None:
    assert describe(Unavailable("no answer")) == "Unavailable: no answer"
    assert describe(TimeoutError()) == "TimeoutError: no details"
