"""What bench/ lands and computes; its nights are run by hand."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy import sparse

from tawny.core.arrays import Ragged
from tawny.evaluation.metrics.hit_rate import hit_rate
from tawny.evaluation.metrics.hits import hits
from tawny.evaluation.metrics.ndcg import ndcg
from tawny.evaluation.metrics.recall import recall

BENCH = Path(__file__).parents[2] / "bench"


@pytest.fixture(autouse=True)
def _bench_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCH))


def _gzipped(file: Path, text: str) -> Path:
    with gzip.open(file, "wt") as out:
        out.write(text)
    return file


def test_a_split_without_times_holds_out_a_tenth_of_what_is_known_by_user(tmp_path: Path) -> None:
    from gowalla import land_given

    known = {0: range(20), 1: [3, 4], 2: [7], 3: range(30)}
    train = "".join(f"{user} {' '.join(map(str, items))}\n" for user, items in known.items())
    files = _gzipped(tmp_path / "train.gz", train), _gzipped(tmp_path / "test.gz", "0 99\n1\n3 98 97\n")
    land_given(*files, tmp_path / "landing", n_users=3)
    rows = pq.read_table(tmp_path / "landing" / "events.parquet").to_pylist()
    found: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        found.setdefault((row["user_id"], dict(row["context"])["split"]), set()).add(row["item_id"])
    assert {key: len(items) for key, items in found.items()} == {
        ("u0", "fit"): 18, ("u0", "validation"): 2, ("u0", "test"): 1,
        ("u1", "fit"): 1, ("u1", "validation"): 1, ("u2", "fit"): 1,
    }  # fmt: skip
    assert found["u0", "fit"] | found["u0", "validation"] == {f"i{item}" for item in range(20)}
    assert found["u0", "test"] == {"i99"}
    assert len({row["event_time"] for row in rows}) == 1


def test_means_over_seeds_have_students_interval_and_say_nothing_for_one_seed() -> None:
    from quality import mean_interval, means_over_seeds

    def row(value: float, subject: str = "final", versus: str = "") -> dict[str, Any]:
        of = {"metric": "ndcg", "k": 10, "segment": "all", "subject": subject, "versus": versus, "n_judged": 9}
        return {**of, "value": value, "ci_low": value - 0.1, "ci_high": value + 0.2}

    seeds = [[row(0.1), row(0.05, "als")], [row(0.2), row(0.01, "final", "als")], [row(0.6), row(0.04, "als")]]
    (only,) = means_over_seeds(seeds)  # the others lack a seed
    assert (only.subject, only.versus, only.by_seed) == ("final", "", (0.1, 0.2, 0.6))
    # Of 3 values the mean is 0.3, the deviation 0.26458, and Student's t with 2 degrees of freedom 4.30265.
    half = 4.30265 * 0.2645751 / np.sqrt(3)
    assert (only.value, only.low, only.high) == pytest.approx((0.3, 0.3 - half, 0.3 + half), abs=1e-5)
    assert (only.user_low, only.user_high) == pytest.approx((0.2, 0.5))
    assert mean_interval(np.array([0.3])) == (None, None)


def test_the_peers_are_judged_as_the_librarys_lists_are() -> None:
    from peers import Fold, judged

    rng = np.random.default_rng(1)
    taken = sparse.csr_array((rng.random((30, 25)) < 0.2).astype(np.float32))
    answers = [rng.choice(25, rng.integers(1, 6), replace=False).tolist() for _ in range(30)]
    seen = [rng.choice(25, 4, replace=False).tolist() for _ in range(30)]
    fold = Fold(taken, np.arange(taken.shape[0]), np.ones(25, np.int64), np.arange(30), seen, answers)
    scores = rng.random((30, 25))
    metrics = (("ndcg", 10), ("recall", 5), ("hit_rate", 10))
    found = judged(lambda _, rows: scores[rows], fold, metrics)

    for user, items in enumerate(seen):
        scores[user, items] = -1
    relevant = Ragged.from_rows(answers)
    is_hit = hits(np.argsort(-scores, axis=1).astype(np.int32)[:, :10], relevant)
    library = {"ndcg": ndcg, "recall": recall, "hit_rate": hit_rate}
    for name, k in metrics:
        np.testing.assert_allclose(found[name, k], library[name](is_hit, relevant.n_distinct, k))


def test_every_protocol_says_whether_it_is_a_development_set() -> None:
    from protocols import PROTOCOLS

    assert {name for name, protocol in PROTOCOLS.items() if "DEVELOPMENT" in protocol.standing} == {
        "ml-100k",
        "ml-100k-last-weeks",
    }


@pytest.mark.parametrize("protocol", ["ml-100k", "ml-100k-last-weeks"])
def test_movielens_100k_lands_as_it_was_fetched_and_another_folder_is_refused(protocol: str, tmp_path: Path) -> None:
    from protocols import PROTOCOLS

    source, landing = tmp_path / "source", tmp_path / "landing"
    source.mkdir()
    with pytest.raises(FileNotFoundError, match=r"ml-100k\.inter"):
        PROTOCOLS[protocol].land(source, landing, None)
    for kind, text in {
        "inter": "user_id:token\titem_id:token\n2\t7\n10\t8\n",
        "item": "item_id:token\n",
        "user": "",
    }.items():
        (source / f"ml-100k.{kind}").write_text(text)
    PROTOCOLS[protocol].land(source, landing, None)
    assert {file.name: file.read_text() for file in landing.iterdir()} == {f.name: f.read_text() for f in source.iterdir()}
    PROTOCOLS[protocol].land(source, landing, 5)
    assert (landing / "ml-100k.inter").read_text() == "user_id:token\titem_id:token\n2\t7\n"


@pytest.mark.parametrize("name", ["EASE"])
def test_a_peer_learns_nothing_from_later_mornings_and_scores_by_the_history_of_its_own(name: str) -> None:
    from peers import PEERS, Fold

    fit, (option, *_) = PEERS[name]
    rng = np.random.default_rng(3)
    first = rng.random((20, 8)) < 0.4
    later = np.where(np.arange(8) == 7, True, first)  # the answer to the first morning

    def scores(*mornings: Any) -> Any:
        taken = sparse.csr_array(np.concatenate(mornings).astype(np.float32))
        fold = Fold(taken, np.arange(20), np.ones(8, np.int64), np.arange(taken.shape[0]), [], [])
        return fit(fold, option)(fold, fold.evaluated)

    alone, both = scores(first), scores(first, later)
    np.testing.assert_allclose(both[:20], alone)
    assert not np.allclose(both[20:], alone)
