"""The names of the columns that more than one table or stage uses; C9 of the conventions says how they are formed."""

from datetime import date
from typing import Final, Literal, get_args

USER_ID: Final = "user_id"
ITEM_ID: Final = "item_id"
ITEM_INDEX: Final = "item_index"
EVENT_ID: Final = "event_id"
EVENT_TYPE: Final = "event_type"
EVENT_TS: Final = "event_ts"
EVENT_DATE: Final = "event_date"
VALUE: Final = "value"
CONTEXT: Final = "context"

RUN_DATE: Final = "run_date"
FOLD: Final = "fold"
LABEL: Final = "label"
CUTOFF_TS: Final = "cutoff_ts"
MODEL: Final = "model"
AS_OF_TS: Final = "as_of_ts"

WEIGHT: Final = "weight"
ITEMS: Final = "items"
ITEM_INDICES: Final = "item_indices"
WEIGHTS: Final = "weights"
AGES_DAYS: Final = "ages_days"
TYPES: Final = "types"
SEEN_INDICES: Final = "seen_indices"
IS_SEEN: Final = "is_seen"
IS_TARGET: Final = "is_target"
IS_TRAINING: Final = "is_training"
IS_WARM: Final = "is_warm"
HISTORY_LENGTH: Final = "history_length"
VALUES: Final = "values"
FEATURES: Final = "features"

REASON: Final = "reason"
DETAIL: Final = "detail"
RAW: Final = "raw"
SOURCE_FILE: Final = "source_file"
SOURCE_LINE: Final = "source_line"
SOURCE_DIGEST: Final = "source_digest"
KNOWN_FROM: Final = "known_from"

LIST_KEY: Final = [USER_ID, AS_OF_TS]
"""What names a list, a history or answers within a fold, and joins them."""

ROW_KEY: Final = [FOLD, *LIST_KEY]
"""The same in a frame of several folds."""

HISTORY: Final = [ITEM_INDICES, WEIGHTS, AGES_DAYS, TYPES]
"""The columns of a history, as core.arrays.Histories reads them."""

ALWAYS: Final = date(1900, 1, 1)
"""`known_from` of what the first load of a lake describes: nothing says since when it was known."""

EventType = Literal["impression", "view", "click", "cart", "purchase", "rating", "play", "like", "dislike", "hide"]
EVENT_TYPES: Final[tuple[EventType, ...]] = get_args(EventType)

Fold = Literal["validation", "test", "serve"]
FOLDS: Final[tuple[Fold, ...]] = get_args(Fold)

SplitLabel = Literal["fit", "validation", "test"]
LEARNS_FROM: Final[dict[Fold, tuple[SplitLabel, ...]]] = {
    "validation": ("fit",),
    "test": ("fit", "validation"),
    "serve": ("fit", "validation", "test"),
}
