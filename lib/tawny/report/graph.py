"""The graph of a night: its tasks in the order of the stages, the edges that the jobs declare, and what each wrote."""

from collections.abc import Mapping, Sequence

from tawny.core.job import STAGES
from tawny.core.table import spec_of
from tawny.report import words
from tawny.report.history import TaskRun
from tawny.report.markup import Markup, tag
from tawny.runner.plan import Task

_BOX_WIDTH, _BOX_HEIGHT = 150.0, 60.0
_GAP, _BETWEEN_ROWS, _LEFT = 12.0, 40.0, 92.0
_PER_ROW = 6

Box = tuple[float, float]


def night_graph(tasks: Sequence[Task], runs: Mapping[str, TaskRun]) -> Markup:
    """The graph as SVG, from top to bottom; edges that others imply are left out.

    Args:
        tasks: of the night, in order.
        runs: the last run of each, by task_id.
    """
    rows = _rows(tasks)
    boxes = {task.task_id: _box(line, place) for line, row in enumerate(rows) for place, task in enumerate(row)}
    width = _LEFT + max((len(row) for row in rows), default=0) * (_BOX_WIDTH + _GAP)
    height = len(rows) * (_BOX_HEIGHT + _BETWEEN_ROWS)
    parts = [_edge(boxes[one], boxes[other]) for one, other in needed_edges(tasks)]
    for line, row in enumerate(rows):
        is_first = line == 0 or rows[line - 1][0].job.stage != row[0].job.stage
        y = _box(line, 0)[1] + _BOX_HEIGHT / 2
        parts += [tag("text", row[0].job.stage, x=0, y=y, dy="0.32em", class_="stage")] if is_first else []
        parts += [_node(task, boxes[task.task_id], runs.get(task.task_id)) for task in row]
    title = tag("title", "The tasks of the night, the edges that they declare, and the versions that they wrote")
    size = {"viewBox": f"0 0 {width:g} {height:g}", "width": f"{width:g}", "height": f"{height:g}"}
    return tag("svg", title, *parts, role="img", class_="graph", **size)


def needed_edges(tasks: Sequence[Task]) -> list[tuple[str, str]]:
    """Who waits for whom, without the edges that follow from others (transitive reduction), as task_ids.

    Args:
        tasks: in an order in which each stands after those that it needs.
    """
    before: dict[str, set[str]] = {}
    edges = []
    for task in tasks:
        needs = [other.task_id for other in tasks if other != task and task.needs(other)]
        implied = set[str]().union(*(before[one] for one in needs if one in before))
        edges += [(one, task.task_id) for one in needs if one not in implied]
        before[task.task_id] = implied | set(needs)
    return edges


def _rows(tasks: Sequence[Task]) -> list[list[Task]]:
    """The tasks of a stage side by side, those that wait for others of their stage on a further line."""
    rows: list[list[Task]] = []
    for stage in STAGES:
        waiting = [task for task in tasks if task.job.stage == stage]
        while waiting:
            ready = [task for task in waiting if not any(task.needs(one) for one in waiting if one != task)]
            rows += [ready[start : start + _PER_ROW] for start in range(0, len(ready), _PER_ROW)]
            waiting = [task for task in waiting if task not in ready]
    return rows


def _box(line: int, place: int) -> Box:
    return _LEFT + place * (_BOX_WIDTH + _GAP), line * (_BOX_HEIGHT + _BETWEEN_ROWS) + 4.0


def _edge(one: Box, other: Box) -> Markup:
    x1, y1 = one[0] + _BOX_WIDTH / 2, one[1] + _BOX_HEIGHT
    x2, y2 = other[0] + _BOX_WIDTH / 2, other[1]
    bend = max(18.0, (y2 - y1) / 2)
    return tag("path", d=f"M{x1:g},{y1:g} C{x1:g},{y1 + bend:g} {x2:g},{y2 - bend:g} {x2:g},{y2:g}", class_="edge")


def _node(task: Task, box: Box, run: TaskRun | None) -> Markup:
    x, y = box
    lines = [task.job.name, _wrote(task, run), " · ".join(filter(None, (task.variant, _how(run))))]
    texts = [
        tag("text", line, x=f"{x + 8:g}", y=f"{y + 18 + 16 * n:g}", class_="wrote" if n else "name")
        for n, line in enumerate(lines)
    ]
    title = tag("title", f"{task.task_id}: {task.job.purpose} {_wrote(task, run)}, {_how(run)}.")
    rect = tag("rect", x=f"{x:g}", y=f"{y:g}", width=_BOX_WIDTH, height=_BOX_HEIGHT, rx=6)
    return tag("g", title, rect, *texts, class_=f"node {run.status if run else 'none'}")


def _wrote(task: Task, run: TaskRun | None) -> str:
    name = spec_of(task.writes).name
    version = run.versions_written.get(name) if run else None
    return name if version is None else f"{name}@{version}"


def _how(run: TaskRun | None) -> str:
    if run is None:
        return "not run"
    said = {"succeeded": words.seconds(run.seconds), "failed": "failed", "started": "did not end"}
    return said[run.status]
