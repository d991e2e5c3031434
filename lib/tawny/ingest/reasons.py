"""Why a row is refused. This file needs no Spark: the check before a night gives the same reasons."""

from enum import StrEnum


class Reason(StrEnum):
    """A code and, as `meaning`, one sentence that explains it."""

    meaning: str

    def __new__(cls, code: str, meaning: str) -> "Reason":
        """A member that is its code."""
        member = str.__new__(cls, code)
        member._value_, member.meaning = code, meaning
        return member

    MALFORMED_ROW = "malformed_row", "The line could not be split into the file's columns."
    UNTERMINATED_ROW = (
        "unterminated_row", "The last line has no line end: the file may have been cut or is still being written."
    )  # fmt: skip
    WRONG_TYPE = "wrong_type", "A value is not of its column's type: not a number, not a time, a list where text belongs."
    MISSING_VALUE = "missing_value", "A value that every row must have is empty."
    ID_TOO_LONG = "id_too_long", "An id is longer than max_id_length characters."
    UNKNOWN_EVENT_TYPE = "unknown_event_type", "The event type is none of those that Tawny knows."
    NEGATIVE_PURCHASE = "negative_purchase", "A purchase has a value below 0: it is a refund, and no purchase."
    OUT_OF_RANGE = "out_of_range", "A number or a period lies outside its range, or is not finite."
    BEFORE_FLOOR = "before_floor", "The event is older than floor_date: a default date, or a wrong unit."
    DUPLICATE = "duplicate", "The same event, in every value, was delivered earlier."
    CORRECTED = "corrected", "A later row of the source has the same id (event_id) and says something else."
    ROBOT = "robot", "The user has more than max_events_per_user_day events on that UTC day."
    TAKEN_BACK = "taken_back", "The file was corrected or retracted: a run is about to remove the row."
    SUPERSEDED = "superseded", "A later row describes the same id as known from the same day."


ABOUT_A_COLUMN = (
    Reason.WRONG_TYPE.value, Reason.MISSING_VALUE.value, Reason.ID_TOO_LONG.value, Reason.UNKNOWN_EVENT_TYPE.value,
    Reason.NEGATIVE_PURCHASE.value, Reason.OUT_OF_RANGE.value, Reason.BEFORE_FLOOR.value,
)  # fmt: skip
"""The reasons whose detail begins with the column that it is about."""
