"""Hypothesis strategies for events."""

from typing import Any

from hypothesis import strategies as st

from tawny.core.columns import EVENT_TYPES
from tawny.testing.frames import event

USERS = ("u", "v", "w")
ITEMS = ("a", "b", "c", "d")


def events(min_days: float, max_days: float) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Lists of events between `min_days` (inclusive) and `max_days` before RUN_DAY, by a few users on a few items."""
    one_event = st.builds(
        event,
        st.sampled_from(USERS),
        st.sampled_from(ITEMS),
        st.sampled_from(EVENT_TYPES),
        st.one_of(st.just(min_days), st.floats(min_days, max_days)),
        value=st.one_of(st.none(), st.floats(0, 5)),
    )
    return st.lists(one_event, max_size=25)
