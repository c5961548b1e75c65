"""How the demo's Prometheus answers its range API from the files of ``telemetry``.

It understands what a reader of series asks: a selector of names and labels, the last sample of a
day's range, a count of series, and a comparison with zero. A sample is in force until the next.
"""

import json
import re
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from orchestration.demo.telemetry import STEP_SECONDS
from orchestration.demo.vendor_api import Answer, ApiError, Query

PATH = "/api/v1/query_range"
_DAY_SECONDS = 86_400
# Who asks for a day asks for the samples of the month before it as well.
_HELD_DAYS = 64
_MOST_POINTS = 11_000
_LAST_OF_A_DAY = re.compile(r"last_over_time\((.*)\[1d\]\)", re.DOTALL)
_COUNT = re.compile(r"count\((.*)\)", re.DOTALL)
_IS_ZERO = re.compile(r"(.*) == 0", re.DOTALL)
_SELECTOR = re.compile(r"([A-Za-z_:][\w:]*)?(?:\{(.*)\})?", re.DOTALL)
_MATCHER = re.compile(r'([A-Za-z_]\w*)(=~|=)("(?:[^"\\]|\\.)*")(?:,|$)')

_Labels = frozenset[tuple[str, str]]
# The series of a point in time: the number of each with its value.
_Vector = dict[int, str]
_Instant = Callable[[int], _Vector]


class PrometheusApi:
    """The range API over the files of a folder, a file a day."""

    path = PATH

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read = lru_cache(maxsize=_HELD_DAYS)(self._read_day)
        # Labels take long to compare; a series goes by its number. That of a count has none.
        self._labels: list[_Labels] = [frozenset()]
        self._numbers: dict[_Labels, int] = {}
        self._lock = threading.Lock()

    def check_headers(self, headers: Mapping[str, str], key: str) -> None:
        """Let everybody in, as a Prometheus inside a cluster does."""

    def too_many_requests(self) -> Answer:
        """Return the answer of the proxy before it to a caller that is too fast."""
        return Answer(429, {"status": "error", "error": "too many requests"}, {"Retry-After": "1"})

    def refusal(self, error: ApiError) -> Answer:
        """Return Prometheus' body for an error."""
        return Answer(
            error.status,
            {"status": "error", "errorType": "bad_data", "error": error.message},
        )

    def answer(self, query: Query, headers: Mapping[str, str]) -> Answer:
        """Answer a range of points.

        Raises:
            ApiError: Prometheus would refuse the query, or it asks what is not understood here.
        """
        asked = dict(query)
        try:
            start, end, step = (int(asked[name]) for name in ("start", "end", "step"))
        except (KeyError, ValueError):
            raise ApiError(400, "start, end and step are whole seconds") from None
        if step <= 0 or (end - start) // step > _MOST_POINTS:
            raise ApiError(400, "exceeded maximum resolution of 11,000 points per timeseries")
        instant = self._parsed(asked.get("query", ""))
        series: dict[int, list[list[Any]]] = {}
        for moment in range(start, end + 1, step):
            for number, value in instant(moment).items():
                series.setdefault(number, []).append([moment, value])
        result = [
            {"metric": dict(sorted(self._labels[number])), "values": values}
            for number, values in series.items()
        ]
        return Answer(
            200, {"status": "success", "data": {"resultType": "matrix", "result": result}}
        )

    def _parsed(self, query: str) -> _Instant:
        if (count := _COUNT.fullmatch(query)) is not None:
            counted = self._parsed(count[1])
            return lambda moment: _counted(counted(moment))
        if (compared := _IS_ZERO.fullmatch(query)) is not None:
            selected = self._parsed(compared[1])
            return lambda moment: {
                number: value for number, value in selected(moment).items() if float(value) == 0
            }
        if (last := _LAST_OF_A_DAY.fullmatch(query)) is not None:
            chosen = self._selected(_selector(last[1]))
            return lambda moment: self._last_of_a_day(chosen, moment)
        chosen = self._selected(_selector(query))
        return lambda moment: {
            number: value for number, value in self._at(moment).items() if chosen[number]
        }

    def _selected(self, is_selected: Callable[[_Labels], bool]) -> Mapping[int, bool]:
        """Return whether a series is selected, by its number; each is asked about once."""
        labels = self._labels

        class Chosen(dict[int, bool]):
            def __missing__(self, number: int) -> bool:
                self[number] = is_selected(labels[number])
                return self[number]

        return Chosen()

    def _at(self, moment: int) -> _Vector:
        """Return the samples in force: the last of the step."""
        on_step = moment - moment % STEP_SECONDS
        day = datetime.fromtimestamp(on_step, UTC).date()
        # the first sample of a day stands in both files; of the last day in that before it only
        for each in (day, day - timedelta(days=1)):
            found = self._read(str(each)).get(on_step)
            if found is not None:
                return found
        return {}

    def _last_of_a_day(self, chosen: Mapping[int, bool], moment: int) -> _Vector:
        found: _Vector = {}
        for each in range(moment - _DAY_SECONDS + STEP_SECONDS, moment + 1, STEP_SECONDS):
            found |= self._at(each)
        return {number: value for number, value in found.items() if chosen[number]}

    def _read_day(self, day: str) -> dict[int, _Vector]:
        """Return the samples of a day by their time."""
        path = self._folder / f"{day}.json"
        if not path.exists():
            return {}
        moments: dict[int, _Vector] = {}
        for series in json.loads(path.read_bytes())["data"]["result"]:
            number = self._number(frozenset(series["metric"].items()))
            for moment, value in series["values"]:
                moments.setdefault(moment, {})[number] = value
        return moments

    def _number(self, labels: _Labels) -> int:
        with self._lock:
            number = self._numbers.setdefault(labels, len(self._labels))
            if number == len(self._labels):
                self._labels.append(labels)
            return number


def _counted(vector: _Vector) -> _Vector:
    return {0: str(len(vector))} if vector else {}


def _selector(text: str) -> Callable[[_Labels], bool]:
    """Return whether labels are selected, as a selector of names and labels says."""
    found = _SELECTOR.fullmatch(text)
    if found is None or not text:
        raise ApiError(400, f"parse error: {text!r} is not understood")
    name, matchers = found[1], found[2] or ""
    wanted: list[tuple[str, re.Pattern[str]]] = []
    if name:
        wanted.append(("__name__", re.compile(re.escape(name))))
    place = 0
    while place < len(matchers):
        matcher = _MATCHER.match(matchers, place)
        if matcher is None:
            raise ApiError(400, f"parse error: {text!r} is not understood")
        said = json.loads(matcher[3])
        wanted.append((matcher[1], re.compile(said if matcher[2] == "=~" else re.escape(said))))
        place = matcher.end()

    def is_selected(labels: _Labels) -> bool:
        of_name = dict(labels)
        return all(pattern.fullmatch(of_name.get(label, "")) for label, pattern in wanted)

    return is_selected
