"""As much of CloudWatch as the alarms need: points of metrics, and the state of an alarm over them.

The emulator's own CloudWatch looks neither at dimensions nor at missing data nor at the number of periods, so what an
alarm of the template does is worked out here, by the rules of CloudWatch's documentation.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

STACK = "reelqueue"


@dataclass(frozen=True)
class Point:
    """One value of one metric; ``at`` in epoch seconds."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    at: float
    value: float


def points_of(log: str, at: float) -> list[Point]:
    """What a log says in CloudWatch's embedded metric format, as if it had been written at this time."""
    found = []
    for line in filter(lambda text: text.startswith('{"_aws"'), log.splitlines()):
        record = json.loads(line)
        for part in record["_aws"]["CloudWatchMetrics"]:
            for names in part["Dimensions"]:
                dimensions = {name: record[name] for name in names}
                for metric in part["Metrics"]:
                    [value] = record[metric["Name"]]
                    found.append(Point(part["Namespace"], metric["Name"], dimensions, at, value))
    return found


@dataclass(frozen=True)
class Alarm:
    """An alarm of the template, its references replaced by names."""

    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    statistic: str
    period: int
    periods: int
    datapoints: int
    comparison: str
    threshold: float
    missing: str

    @classmethod
    def of(cls, template: Mapping[str, Any], logical_id: str) -> Alarm:
        """``AWS::StackName`` is ``STACK``, a parameter its default, a resource its logical id."""
        properties = template["Resources"][logical_id]["Properties"]

        def plain(value: Any) -> Any:
            if not isinstance(value, dict):
                return value
            name = value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0]
            if name in template["Parameters"]:
                return template["Parameters"][name]["Default"]
            return STACK if name == "AWS::StackName" else name

        return cls(
            namespace=properties["Namespace"],
            metric=properties["MetricName"],
            dimensions={each["Name"]: plain(each["Value"]) for each in properties["Dimensions"]},
            statistic=properties["Statistic"],
            period=properties["Period"],
            periods=properties["EvaluationPeriods"],
            datapoints=properties.get("DatapointsToAlarm", properties["EvaluationPeriods"]),
            comparison=properties["ComparisonOperator"],
            threshold=plain(properties["Threshold"]),
            missing=properties["TreatMissingData"],
        )

    def goes_off(self, points: Iterable[Point], now: float) -> bool:
        """Whether it is in the state ALARM at this time (epoch seconds)."""
        mine = [
            point
            for point in points
            if (point.namespace, point.name) == (self.namespace, self.metric) and point.dimensions == self.dimensions
        ]
        breaching = 0
        for number in range(self.periods):
            end = now - number * self.period
            values = [point.value for point in mine if end - self.period < point.at <= end]
            breaching += self._breaches(values)
        return breaching >= self.datapoints

    def _breaches(self, values: list[float]) -> bool:
        if not values:
            return {"breaching": True, "notBreaching": False}[self.missing]
        value = _STATISTICS[self.statistic](values)
        return {
            "GreaterThanThreshold": value > self.threshold,
            "LessThanThreshold": value < self.threshold,
        }[self.comparison]


_STATISTICS: dict[str, Callable[[list[float]], float]] = {"Minimum": min, "Maximum": max, "Sum": sum}
