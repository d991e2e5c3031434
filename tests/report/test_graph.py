"""The graph of a night: which edges are drawn."""

from tawny.report.graph import needed_edges, night_graph
from tawny.runner.plan import Task
from tawny.tables.catalog import CATALOG
from tawny.tables.evaluations import EVALUATIONS
from tawny.tables.splits import SPLITS
from tawny.testing.jobs import make_job

from .reader import Reader

FIRST = Task(make_job("build", writes=CATALOG))
SECOND = Task(make_job("split", writes=SPLITS, reads=(CATALOG,)))
LAST = Task(make_job("evaluate", writes=EVALUATIONS, reads=(CATALOG, SPLITS), stage="evaluation"))


def test_an_edge_that_others_imply_is_left_out() -> None:
    assert needed_edges([FIRST, SECOND, LAST]) == [("build", "split"), ("split", "evaluate")]


def test_a_task_stands_below_those_it_waits_for() -> None:
    graph = night_graph([FIRST, SECOND, LAST], {})
    reader = Reader.of(graph)
    places = [float(str(attributes["y"])) for tag, attributes in reader.tags if tag == "rect"]
    assert places == sorted(places)
    assert len(set(places)) == 3
    assert "build: Does build. catalog_v2, not run." in graph
