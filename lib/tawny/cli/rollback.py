"""`tawny rollback`: readers follow a list that they saw before, without a JVM."""

from typing import Any

from tawny.core.errors import ConfigError
from tawny.publish.pointer import lists_of, published_now, published_rows
from tawny.runner.local import LocalRunner


def roll_back(runner: LocalRunner, to: str | None) -> str:
    """Withdraw the published list, or follow the list `to`, by the job `roll_back`; what is published then, in words.

    Raises:
        StaleInputError: nothing is published, or readers saw no list before.
        ConfigError: readers have not seen the list `to`.
    """
    rows = published_rows(runner.arrow)
    before = published_now(rows)
    settings: dict[str, Any] = {"withdraw": before.list_id} if to is None else {"list_id": to}
    days = [before.run_date] if to is None else [one.run_date for one in lists_of(rows) if one.list_id == to]
    if not days:
        seen = ", ".join(f"{one.list_id} ({one.run_date})" for one in lists_of(rows)[-5:])
        rule, do = "it must be a list that readers have seen.", f"The newest are {seen}."
        raise ConfigError(where="--to", rule=rule, came=str(to), do=do)
    runner.env = runner.env.model_copy(update={"jobs": {**runner.env.jobs, "roll_back": settings}})
    runner.run(runner.task("roll_back"), days[-1])
    now = published_now(published_rows(runner.arrow))
    if now.is_list(before.run_date, before.list_id):
        return f"Published: {now.run_date} (list {now.list_id}), as before."
    return (
        f"Published: {now.run_date} (list {now.list_id}). Before: {before.run_date} (list {before.list_id}).\n"
        f"`tawny rollback --to {before.list_id}` undoes this; `tawny rollback` goes one further back."
    )
