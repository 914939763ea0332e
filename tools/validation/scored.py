"""What the API says of the whole market after a refresh."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from canslim_cli.api_client import Json
from canslim_ratings import CRITERIA, Criterion
from tools.validation.pipeline_folder import write_folder
from tools.validation.pipeline_run import canslim_up, read_stocks, refresh


@dataclass(frozen=True)
class Scored:
    """What the API says after a refresh. left_out: symbols of filings that were."""

    job: Json
    stocks: list[Json]
    left_out: list[str]

    def criteria(self, criterion: Criterion) -> list[dict[str, Any]]:
        """The verdict of each stock, in order."""
        at = [one.id for one in CRITERIA if one.letter == criterion.letter].index(criterion.id)
        return [stock["details"][criterion.letter]["criteria"][at] for stock in self.stocks]


def run_pipeline(data: Path) -> Scored:
    with TemporaryDirectory(prefix="canslim-validate-") as scratch:
        folder = Path(scratch)
        (folder / "files").mkdir()
        left_out = write_folder(data, folder / "files")
        with canslim_up(folder / "files", folder / "data") as client:
            return Scored(refresh(client), read_stocks(client), left_out)
