"""What a figure, a lesson and a page of the report are made of."""

from dataclasses import dataclass
from typing import Literal

# months   columns over months, stacked by series        days     lines over days, one a series
# bars     the largest rows, with a mark where they stood a month before
# changes  the largest changes, down to the left and up to the right
# parts    one bar a label, divided into series that add up to the whole
ChartKind = Literal["months", "days", "bars", "changes", "parts"]


@dataclass(frozen=True)
class Chart:
    """How the rows of a figure are drawn; all but `kind` are columns of its SQL.

    Attributes:
        kind: The shape.
        value: What is drawn, a number.
        label: What each bar is; the month or the day for `months` and `days`.
        series: What the bars or lines are told apart by; None draws one. Where `value` is a price,
            which does not add up, each label and series is a bar of its own.
        before: The value a month before, marked on each bar; None marks nothing.
        apart: What is drawn in charts of its own, because rows of two kinds are not to be ranked
            together; the table keeps the kinds together. None draws one chart.
    """

    kind: ChartKind
    value: str
    label: str
    series: str | None = None
    before: str | None = None
    apart: str | None = None


@dataclass(frozen=True)
class Figure:
    """One question and its answer.

    Attributes:
        key: Name of the SQL file, and of the figure's place in the page.
        question: What a reader wants to know, in the reader's words.
        answer: The answer in a sentence; ``{column}`` is a value. It speaks of the same sums as the
            chart: of the group of rows whose sum is largest (of `changes`, whichever way; of
            `months`, this month's). Without a chart of sums it is of the first row that knows all
            its values. Where there is none the reason is said instead.
        formula: How the number is made, in words.
        empty: What it means that there is no row, and what to do about it.
        chart: How it is drawn; None shows the table alone.
        note: What a reader must know so as not to be misled; None where nothing.
        preset: A column and the value that the table shows at first; None shows all.
        adds_up: Whether the rows tell different money; the table shows no sum where they tell the
            same money twice.
        speaks_of: The column that makes the groups the sentence speaks of, where that is not the
            chart's label.
        of_first_row: Whether the sentence is of the first row though the chart draws sums: it
            then says what that row is and never that it is the most of anything.
    """

    key: str
    question: str
    answer: str
    formula: str
    empty: str
    chart: Chart | None = None
    note: str | None = None
    preset: tuple[str, str] | None = None
    adds_up: bool = True
    speaks_of: str | None = None
    of_first_row: bool = False

    def groups(self, adds_up: bool) -> str | None:
        """Return the column whose groups the sentence speaks of; None for single rows.

        Args:
            adds_up: Whether the column that the chart draws adds up.
        """
        if self.of_first_row:
            return None
        if self.speaks_of:
            return self.speaks_of
        return self.chart.label if self.chart and adds_up else None


@dataclass(frozen=True)
class Cards:
    """The few numbers at the head of a page: one row a currency, one card a column.

    A column ``x`` beside a column ``x_before`` is compared with the month before.

    Attributes:
        key: Name of the SQL file.
        formula: How the numbers are made, in words.
    """

    key: str
    formula: str


@dataclass(frozen=True)
class Lesson:
    """One step of a short course, told with the reader's own numbers.

    Attributes:
        key: Name of the SQL file, whose first row has the numbers.
        heading: What is learned.
        words: Two or three sentences; ``{column}`` is the value of the first row.
        without: What is said instead where a number is unknown.
    """

    key: str
    heading: str
    words: str
    without: str


@dataclass(frozen=True)
class Page:
    """One persona's page.

    Attributes:
        key: Short name, the page's place in the address.
        name: Who it is for.
        lead: What it answers, in one sentence.
        cards: The numbers at its head.
        figures: The questions, the most important first.
        course: The lessons, in the order in which they build on one another.
        terms: Words of the glossary that this page uses.
    """

    key: str
    name: str
    lead: str
    cards: Cards
    figures: tuple[Figure, ...]
    course: tuple[Lesson, ...]
    terms: tuple[str, ...]
