"""`tawny export`: the published lists as one file, without a JVM."""

from pathlib import Path

from tawny.cli.console import console
from tawny.core.words import words_of
from tawny.runner.local import LocalRunner

_NAMED = 5


def export_lists(
    runner: LocalRunner,
    out: Path,
    file_format: str | None,
    user_file: Path | None,
    language: str | None,
    *,
    with_titles: bool,
    per_user: bool,
) -> None:
    """Write the published lists, and say which they are.

    Raises:
        StaleInputError: nothing is published.
        ConfigError: a file, the format or the language is wrong.
    """
    from tawny.publish.export import ExportSettings, export, format_of, users_in

    words = words_of(language, runner.env.words) if language else runner.words
    users = users_in(user_file) if user_file else None
    done = export(runner.arrow, ExportSettings(out, format_of(out, file_format), words, users, with_titles, per_user))
    now = done.published
    lines = [f"Wrote {done.n_rows:,} items of {done.n_users:,} users to {out}: list {now.list_id} of {now.run_date}."]
    if done.missing:
        more = ", ..." if len(done.missing) > _NAMED else ""
        lines += [f"Without a list: {len(done.missing):,} of {user_file}: {', '.join(done.missing[:_NAMED])}{more}."]
    console().print("\n".join(lines), soft_wrap=True)
