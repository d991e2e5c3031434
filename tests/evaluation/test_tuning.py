"""The race and the climb, on judges whose answers are known; and the service, on models that give one list."""

import json
import logging
from collections.abc import Callable
from zlib import crc32

import numpy as np
import pytest

from tawny.core.arrays import Doubles, Floats, Histories, Ragged
from tawny.core.settings import Settings
from tawny.evaluation.settings import TuningSettings
from tawny.evaluation.tuning import Budget, Tuned, climb, enough_candidates, race, simplest_of_the_best, standard_error, tune
from tawny.evaluation.validate import ValidationSample

NOISE = np.random.default_rng(0).normal(size=400)


class Point(Settings):
    """Settings of a made source."""

    x: int = 0
    y: int = 0


class Favours(Point):
    """Scores item x highest."""

    def score(self, users: Histories, /) -> Floats:
        scores = np.zeros((users.n_users, 6), np.float32)
        scores[:, self.x] = 1
        return scores


class Judge:
    """Gives every option its quality on all rows, and remembers what it was asked."""

    def __init__(self, quality: Callable[..., float], noise: float = 0.0) -> None:
        self.asked: list[tuple[object, float]] = []
        self._quality, self._noise = quality, noise

    def __call__(self, option: object, share: float) -> Doubles:
        self.asked.append((option, share))
        n_rows = int(400 * share)
        own = np.random.default_rng(crc32(repr(option).encode())).normal(size=n_rows)
        return self._quality(option) + NOISE[:n_rows] + self._noise * own  # the rows differ far more than the options


def spent_after(n_looks: int) -> Budget:
    """A budget whose end comes after it was looked at so often."""
    ticks = iter(range(10_000))
    return Budget((n_looks + 1) / 60, clock=lambda: float(next(ticks)))


def forever() -> Budget:
    return Budget(1.0, clock=lambda: 0.0)


def test_the_worse_half_is_dropped_each_round() -> None:
    judge = Judge(lambda option: -abs(option - 5))
    left = race(range(8), judge, forever(), shares=(0.25, 0.5, 1.0))
    by_round = [[option for option, share in judge.asked if share == each] for each in (0.25, 0.5, 1.0)]
    assert by_round == [[0, 1, 2, 3, 4, 5, 6, 7], [3, 4, 5, 6], [4, 5]]
    assert list(left) == [4, 5]
    assert simplest_of_the_best(left) == 5


def test_sources_and_their_settings_race_in_one_list() -> None:
    options = [("als", 1), ("als", 2), ("neighbours", 1), ("neighbours", 2)]
    judge = Judge({("als", 1): 0.1, ("als", 2): 0.2, ("neighbours", 1): 0.4, ("neighbours", 2): 0.3}.__getitem__)
    assert simplest_of_the_best(race(options, judge, forever())) == ("neighbours", 1)


def test_options_are_compared_on_the_same_rows_so_their_spread_does_not_hide_a_small_difference() -> None:
    judge = Judge(lambda option: 0.01 * option)
    assert standard_error(judge(0, 1.0)) > 0.01  # alone, the two could not be told apart
    assert simplest_of_the_best(race([0, 1], judge, forever())) == 1


def test_the_simplest_within_one_standard_error_of_the_best_wins() -> None:
    # The differences 0.3, -0.1 have mean 0.1 and standard error 0.2; 0.3, 0.1 have mean 0.2 and standard error 0.1.
    best = np.array([0.5, 0.5])
    assert simplest_of_the_best({"simple": np.array([0.2, 0.6]), "best": best}) == "simple"
    assert simplest_of_the_best({"simple": np.array([0.2, 0.4]), "best": best}) == "best"


def test_a_simple_option_close_to_the_best_stays_though_it_is_of_the_worse_half() -> None:
    def judge(option: int, share: float) -> Doubles:
        return np.tile([0.9, -1.0], 20) if option == 0 else np.zeros(40)  # of mean -0.05 and standard error 0.15

    assert list(race(range(4), judge, forever(), shares=(0.5, 1.0))) == [0, 1, 2]


def test_equal_options_end_with_the_simplest() -> None:
    assert simplest_of_the_best(race("abcd", Judge(lambda option: 0.0), forever())) == "a"


def test_a_race_without_time_gives_its_last_complete_round() -> None:
    judge = Judge(lambda option: option)
    left = race(range(4), judge, spent_after(5), shares=(0.5, 1.0))
    assert list(left) == [0, 1, 2, 3]  # four looks for the first round; the fifth was the last before the end
    assert len(judge.asked) in (4, 5)
    assert list(race(range(4), judge, spent_after(0))) == [0]


def test_a_climb_finds_a_peak_that_lies_off_the_axes() -> None:
    judge = Judge(lambda p: -((p.x - 2) ** 2) - (p.y - 2) ** 2 - 0.5 * (p.x - 2) * (p.y - 2))
    axes = (tuple({"x": x} for x in (1, 2, 3)), tuple({"y": y} for y in (1, 2, 3)))
    assert climb(Point(), axes, judge, forever()) == Point(x=2, y=2)


def test_a_climb_stays_at_the_start_where_nothing_is_better_by_more_than_chance() -> None:
    judge = Judge(lambda p: 0.0, noise=0.5)
    start = Point(x=1)
    found = climb(start, (tuple({"x": x} for x in range(4)),), judge, forever())
    first, best = judge(start, 1.0), judge(found, 1.0)
    assert found == start or np.mean(best - first) > standard_error(best - first)


def test_a_climb_without_time_gives_the_best_so_far() -> None:
    axes = (({"x": 1},), ({"x": 2},))
    judge = Judge(lambda p: p.x)
    assert climb(Point(), axes, judge, spent_after(0)) == Point()
    assert climb(Point(), axes, judge, spent_after(7)) == Point(x=1)


def asking_for(item: int, n_rows: int = 40) -> ValidationSample:
    items = Ragged.from_rows([[5]] * n_rows)
    ones = np.ones(n_rows, np.float32)
    return ValidationSample(Histories(items.indptr, items.values, ones, ones), items, Ragged.from_rows([[item]] * n_rows))


def tuned(sample: ValidationSample, **more: object) -> Tuned[Favours]:
    settings = TuningSettings.model_validate({"axes": [[{"x": 1}, {"x": 2}, {"x": 3}]], "k": 1, **more})
    return tune("favours", Favours(), settings, lambda option, share: option, sample)


def test_the_service_finds_what_the_rows_ask_for_and_keeps_every_trial(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        found = tuned(asking_for(3))
    assert found.settings == Favours(x=3)
    assert found.is_complete
    kept = [(trial.settings, trial.n_rows, trial.value, trial.standard_error) for trial in found.trials]
    assert kept[0] == ({}, 40, 0.0, 0.0)
    assert ({"x": 3}, 10, 1.0, 0.0) in kept
    assert ({"x": 3}, 40, 1.0, 0.0) in kept
    assert len(found.seconds) == len(kept)
    lines = [record.message for record in caplog.records]
    assert lines[0].startswith("tune model=favours ndcg_1=0.0000 standard_error=0.0000 rows=40 seconds=")
    assert lines[0].endswith("settings=as given")
    assert lines[-1] == f"tuned model=favours trials={len(kept)} search=complete settings=x=3 y=0"


def test_the_kept_text_is_the_same_for_the_same_search() -> None:
    first, second = tuned(asking_for(2)), tuned(asking_for(2))
    assert first.text() == second.text()
    kept = json.loads(first.text())
    assert kept["source"] == "favours"
    assert kept["chosen"] == {"x": 2, "y": 0}
    assert kept["is_complete"] is True
    assert kept["untried"] == ""
    assert {"settings": {"x": 2}, "n_rows": 40, "value": 1.0, "standard_error": 0.0} in kept["trials"]


def test_a_search_that_its_budget_ended_says_so() -> None:
    found = tuned(asking_for(2), budget_minutes=1e-9)
    assert found.settings == Favours()
    assert not found.is_complete
    assert not json.loads(found.text())["is_complete"]


def test_no_more_rows_are_judged_than_the_settings_allow() -> None:
    assert {trial.n_rows for trial in tuned(asking_for(1), n_rows=8).trials} == {2, 4, 8}


def test_without_an_answer_or_anything_to_try_the_start_stays_and_log_and_text_say_why(
    caplog: pytest.LogCaptureFixture,
) -> None:
    nobody = ValidationSample(asking_for(1).users, asking_for(1).seen, Ragged.from_rows([[]] * 40))
    with caplog.at_level(logging.INFO):
        without_answers, without_axes = tuned(nobody), tuned(asking_for(1), axes=[])
    assert without_answers == Tuned("favours", Favours(), untried="no validation row has an answer")
    assert without_axes == Tuned("favours", Favours(), untried="there are no axes")
    assert json.loads(without_axes.text())["untried"] == "there are no axes"
    assert [record.message for record in caplog.records] == [
        "untuned model=favours reason=no validation row has an answer settings=x=0 y=0",
        "untuned model=favours reason=there are no axes settings=x=0 y=0",
    ]


def test_a_source_lists_as_many_items_as_find_nearly_all_that_the_longest_lists_find() -> None:
    # Items are ranked by their numbers: of 100 answers 98 have rank 41, and 2 rank 190.
    n_items = 600
    line = np.arange(n_items, 0, -1, dtype=np.float32)
    items = Ragged.from_rows([[n_items - 1]] * 100)
    ones = np.ones(100, np.float32)
    answers = Ragged.from_rows([[40 if row < 98 else 189] for row in range(100)])
    rows = ValidationSample(Histories(items.indptr, items.values, ones, ones), items, answers)
    assert enough_candidates(lambda users: np.tile(line, (users.n_users, 1)), rows) == 50
    without = ValidationSample(rows.users, rows.seen, Ragged.from_rows([[]] * 100))
    assert enough_candidates(lambda users: np.tile(line, (users.n_users, 1)), without) is None
