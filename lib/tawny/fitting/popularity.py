"""Popularity from the counts that item_features_v1 keeps."""

import numpy as np
import pyarrow as pa

from tawny.models.popularity import Popularity, PopularityConfig

WINDOW_COLUMNS: dict[int | None, str] = {30: "n_events_30d", 7: "n_events_7d", 90: "n_events_90d", None: "n_events"}


def fit_popularity(features: pa.Table, n_items: int, window_days: int | None) -> Popularity:
    """The model of one window.

    Args:
        features: rows of item_features_v1 of one fold.
        n_items: of the catalogue.
        window_days: a key of WINDOW_COLUMNS; None counts all time.
    """
    counts = {}
    for column in {WINDOW_COLUMNS[window_days], "n_events"}:
        counts[column] = np.zeros(n_items, np.float32)
        counts[column][features["item_index"].to_numpy()] = features[column].to_numpy()
    settings = PopularityConfig(window_days=window_days)
    return Popularity.from_counts(counts[WINDOW_COLUMNS[window_days]], counts["n_events"], settings)
