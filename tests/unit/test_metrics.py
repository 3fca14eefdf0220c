"""Metrics: one line of the log each, as CloudWatch reads it, and a catalogue that says what they are."""

from __future__ import annotations

import json
import re

import pytest

from reelqueue import metrics


def test_a_line_holds_all_values_and_the_service(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "shop")
    metrics.record({metrics.ACTIVE_RENDERS: 5, metrics.OLDEST_JOB_AGE: 1.5})
    line = json.loads(capsys.readouterr().out)
    assert line.pop("_aws")["CloudWatchMetrics"] == [
        {
            "Namespace": "Reelqueue",
            "Dimensions": [["service"]],
            "Metrics": [{"Name": "ActiveRenders", "Unit": "Count"}, {"Name": "OldestJobAge", "Unit": "Seconds"}],
        }
    ]
    assert line == {"service": "shop", "ActiveRenders": [5.0], "OldestJobAge": [1.5]}


def test_a_metric_of_several_kinds_is_there_as_a_whole_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "shop")
    metrics.count(metrics.JOBS_FAILED, code="RENDER_LOST")
    line = json.loads(capsys.readouterr().out)
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"], ["service", "code"]]
    assert (line["service"], line["code"], line["JobsFailed"]) == ("shop", "RENDER_LOST", [1.0])


@pytest.mark.parametrize(("metric", "dimensions"), [(metrics.JOBS_FAILED, {}), (metrics.JOBS_ACCEPTED, {"code": "X"})])
def test_a_dimension_too_many_or_too_few_is_refused(metric: metrics.Metric, dimensions: dict[str, str]) -> None:
    with pytest.raises(TypeError, match=metric.name):
        metrics.count(metric, **dimensions)


def test_names_are_as_cloudwatch_has_them_and_none_is_there_twice() -> None:
    names = [metric.name for metric in metrics.CATALOGUE]
    assert len(names) == len(set(names)) > 20
    assert not [name for name in names if not re.fullmatch(r"([A-Z][a-z]+)+", name)]
