"""What LambdaMART sees of a row and an item, worked out by hand."""

import numpy as np
import pyarrow as pa

from tawny.core.arrays import Counts, Floats
from tawny.ranking.features import ItemFacts, feature_names, feature_sources, pair_features
from tawny.ranking.shortlists import Shortlists
from tawny.testing.worlds import histories

NAN = np.nan
SOURCES = ("als", "popularity")


def _facts() -> ItemFacts:
    columns = {
        "item_index": [1, 0, 2],
        "n_events_7d": [1, 0, 0],
        "n_events_30d": [3, 1, 0],
        "n_events_90d": [7, 1, 0],
        "n_events": [9, 5, 0],
        "age_days": [20.0, 400.0, None],
        "price": [6.0, 2.0, None],
        "categories": [["a", "b"], ["b"], []],
    }
    return ItemFacts.from_features(pa.table(columns))


def _features(rows: list[int], columns: list[int]) -> dict[str, list[float]]:
    """Of a user with the history 0, 0, 1 (prices 2, 2 and 6), and one without."""
    scores = np.array([[[1.0, 9.0], [3.0, NAN]], [[5.0, 2.0], [NAN, NAN]]], np.float32)
    ranks = np.array([[[0, 4], [2, 0]], [[1, 1], [0, 0]]], np.int32)
    shortlists = Shortlists(np.array([[1, 2], [0, -1]], np.int32), scores, ranks)
    at: tuple[Counts, Counts] = np.array(rows), np.array(columns)
    found: Floats = pair_features(shortlists, histories([[0, 0, 1], []]), _facts(), *at)
    assert found.dtype == np.float32
    return {name: found[:, column].round(5).tolist() for column, name in enumerate(feature_names(SOURCES))}


def test_each_source_gives_its_score_and_rank_in_the_row_and_the_rank_in_its_list() -> None:
    found = _features([0, 0], [0, 1])
    assert found["als.score"] == [-1.0, 1.0]
    assert found["als.rank"] == [2.0, 1.0]
    np.testing.assert_array_equal(found["als.own_rank"], [NAN, 2.0])
    np.testing.assert_array_equal(found["popularity.score"], [0.0, NAN])
    np.testing.assert_array_equal(found["popularity.own_rank"], [4.0, NAN])
    assert found["n_lists"] == [1.0, 1.0]


def test_an_item_gives_its_counts_their_trend_its_age_and_its_price() -> None:
    found = _features([0, 0, 1], [0, 1, 0])
    assert found["n_events_30d"] == [3.0, 0.0, 1.0]
    assert found["trend_7d"] == [0.5, 1.0, 0.5]  # (1 + 1) / (3 + 1), 1 / 1, 1 / (1 + 1)
    assert found["trend_30d"] == [0.5, 1.0, 1.0]
    np.testing.assert_array_equal(found["age_days"], [20.0, NAN, 400.0])
    np.testing.assert_array_equal(found["price"], [6.0, NAN, 2.0])


def test_the_history_gives_its_length_and_how_the_item_fits_it() -> None:
    found = _features([0, 0, 1], [0, 1, 0])
    assert found["history_length"] == [3.0, 3.0, 0.0]
    np.testing.assert_array_equal(found["idle_days"], [1.0, 1.0, NAN])
    np.testing.assert_allclose(found["price_ratio"], [1.8, NAN, NAN], rtol=1e-5)  # 6 over (2 + 2 + 6) / 3
    # Item 1 has the categories a, in 1 of 3 entries, and b, in all; the newest entry has both.
    np.testing.assert_allclose(found["category_share"], [2 / 3, 0.0, 0.0], rtol=1e-4)
    np.testing.assert_allclose(found["last_category"], [1.0, 0.0, 0.0], rtol=1e-4)


def test_every_feature_speaks_for_its_source_and_counts_for_popularity() -> None:
    owner = dict(zip(feature_names(SOURCES), feature_sources(SOURCES).tolist(), strict=True))
    assert (owner["als.own_rank"], owner["popularity.score"], owner["trend_7d"], owner["price"]) == (0, 1, 1, -1)
    assert dict(zip(feature_names(["als"]), feature_sources(["als"]).tolist(), strict=True))["n_events"] == -1
