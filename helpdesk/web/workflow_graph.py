"""A workflow as a drawing: a column for each status, a lane for each transition.

A dot marks a status that the transition leaves, an arrow the one that it leads to. Positions only;
`settings/graph.html` draws them. The table beside it says the same in words.
"""

from dataclasses import dataclass

from helpdesk.models import Category, Status, Transition, Workflow
from helpdesk.models.configuration import configuration

LABEL, COLUMN, BOX = 176, 132, 116  # widths
TOP, LANE = 58, 36  # heights
ARROW = 10


@dataclass(frozen=True)
class Column:
    status: Status
    x: int  # of its middle
    is_initial: bool

    @property
    def left(self) -> int:
        return self.x - BOX // 2


@dataclass(frozen=True)
class Lane:
    number: int
    transition: Transition
    y: int
    dots: list[int]
    lines: list[tuple[int, int]]  # from, to: an arrow at the end
    words: str


@dataclass(frozen=True)
class Graph:
    columns: list[Column]
    lanes: list[Lane]
    width: int
    height: int
    box: int = BOX


def graph_of(workflow: Workflow) -> Graph:
    """Columns and lanes of the kept transitions, out of the snapshot."""
    known = configuration()
    steps = [
        one
        for one in known.transitions.values()
        if one.workflow_id == workflow.pk and one.deleted_at is None
    ]
    used = {one.target_id for one in steps} | {workflow.initial_id}
    used |= {pk for one in steps for pk in known.transition_sources[one.pk]}
    statuses = sorted((known.statuses[pk] for pk in used if pk in known.statuses), key=_place)
    columns = {
        status.pk: Column(
            status, LABEL + COLUMN // 2 + COLUMN * number, status.pk == workflow.initial_id
        )
        for number, status in enumerate(statuses)
    }
    lanes = [_lane(number, one, columns) for number, one in enumerate(steps)]
    height = TOP + LANE * len(lanes) + 12
    return Graph(list(columns.values()), lanes, LABEL + COLUMN * len(columns), height)


def _place(status: Status) -> tuple[int, int, int]:
    return Category.values.index(status.category), status.position, status.pk


def _lane(number: int, one: Transition, columns: dict[int, Column]) -> Lane:
    sources = configuration().transition_sources[one.pk] or columns.keys() - {one.target_id}
    dots = sorted(columns[pk].x for pk in sources if pk in columns and pk != one.target_id)
    end = columns[one.target_id].x
    before, after = [x for x in dots if x < end], [x for x in dots if x > end]
    lines = [(min(before), end - ARROW)] if before else []
    lines += [(max(after), end + ARROW)] if after else []
    names = ", ".join(columns[pk].status.name for pk in sources if pk in columns)
    words = f"{one.name}: {names} → {columns[one.target_id].status.name}"
    return Lane(number + 1, one, TOP + LANE * number + LANE // 2, dots, lines, words)
