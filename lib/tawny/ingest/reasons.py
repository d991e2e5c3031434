"""Why a row was refused: a closed set of codes, kept in the `reason` column of the quarantine tables."""

from enum import StrEnum


class Reason(StrEnum):
    """A code and, as `meaning`, what it says in one sentence."""

    meaning: str

    def __new__(cls, code: str, meaning: str) -> "Reason":
        """A member that is its code."""
        member = str.__new__(cls, code)
        member._value_, member.meaning = code, meaning
        return member

    MALFORMED_ROW = "malformed_row", "The line could not be cut into the file's columns."
    WRONG_TYPE = "wrong_type", "A value is not of its column's type: not a number, not a time, a list where text belongs."
    MISSING_VALUE = "missing_value", "A value that every row must have is empty."
    ID_TOO_LONG = "id_too_long", "An id is longer than max_id_length characters."
    UNKNOWN_EVENT_TYPE = "unknown_event_type", "The event type is none of those that Tawny knows."
    OUT_OF_RANGE = "out_of_range", "A number or a period lies outside its range, or is not finite."
    BEFORE_FLOOR = "before_floor", "The event is older than floor_date: a default date, or a wrong unit."
    FUTURE = "future", "The event lies at or after run_date 00:00 UTC: a later run accepts it."
    DUPLICATE = "duplicate", "The same event, in every value, stands earlier in the landing files."
    ROBOT = "robot", "The user has more than max_events_per_user_day events on that UTC day."
    SUPERSEDED = "superseded", "A later row of the landing files describes the same id."
