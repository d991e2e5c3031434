"""The data sets of quality.py, how each is landed, split and judged, and what was chosen on it."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from gowalla import land_given
from peers import Metric
from sequences import land_sequences

Land = Callable[[Path, Path, int | None], date]
"""(source, landing, n_users) to the run_date after all landed events; only so many users, for a try."""


@dataclass(frozen=True)
class Protocol:
    """A data set and how a night is judged on it.

    Attributes:
        what: data and split, in words.
        source: what `--source` must name.
        metrics: what is reported; the first decides.
        land: writes the landing folder.
        night: TOML of the env file below `[night]`; without a split the night plans its own.
        chosen: what was chosen on its test users; empty: nothing.
    """

    what: str
    source: str
    metrics: tuple[Metric, ...]
    land: Land
    night: str = ""
    chosen: str = ""

    @property
    def standing(self) -> str:
        """Development set or not, in a sentence."""
        if self.chosen:
            return f"A DEVELOPMENT SET: {self.chosen} were chosen on its test users, so it proves nothing."
        return "No default was chosen on its test users."


def _movielens_100k(source: Path, landing: Path, n_users: int | None) -> date:
    landing.mkdir(parents=True, exist_ok=True)
    for file in (source / f"ml-100k.{kind}" for kind in ("inter", "item", "user")):
        shutil.copy(file, landing / file.name)
    if n_users is not None:
        head, *ratings = (source / "ml-100k.inter").read_text().splitlines(keepends=True)
        kept = [line for line in ratings if int(line.split()[0]) <= n_users]
        (landing / "ml-100k.inter").write_text("".join([head, *kept]))
    return date(1998, 4, 23)


def _movielens_1m(source: Path, landing: Path, n_users: int | None) -> date:
    return land_sequences(source, landing, n_users)


def _gowalla(source: Path, landing: Path, n_users: int | None) -> date:
    return land_given(source / "train.txt.gz", source / "test.txt.gz", landing, n_users=n_users)


_ML_100K = "the folder of MovieLens 100K, as `make night` fetched it: .cache/data/ml-100k"
_CHOSEN = "defaults of the two-tower, its temperature among them,"

PROTOCOLS: dict[str, Protocol] = {
    "ml-100k": Protocol(
        "MovieLens 100K, 0.8 quantile of time", _ML_100K, (("ndcg", 10), ("hit_rate", 10)), _movielens_100k,
        'split = { kind = "global_time", test_share = 0.2 }', _CHOSEN,
    ),
    "ml-100k-last-weeks": Protocol(
        "MovieLens 100K, the windows that the night plans", _ML_100K, (("ndcg", 10), ("hit_rate", 10)), _movielens_100k,
        chosen=_CHOSEN,
    ),
    "ml-1m": Protocol(
        "MovieLens 1M sequences, last item left out", 'the gzipped lines "user item", each user\'s in time order',
        (("ndcg", 10), ("hit_rate", 10)), _movielens_1m, 'split = { kind = "leave_last_out" }',
    ),
    "gowalla": Protocol(
        "Gowalla, given split without times", "the folder of train.txt.gz and test.txt.gz", (("ndcg", 20), ("recall", 20)),
        _gowalla, 'split = { kind = "given" }',
    ),
}  # fmt: skip
