"""Writes the dashboards of ``ops/panels.py``: ``cloudwatch.json`` for the template, ``grafana.json`` to be imported.

CloudFormation includes the first at deployment (AWS::Include; ``sam deploy`` uploads it), as the one string that it
wants a dashboard in. All names in it are those of the template (Fn::Sub).

    python -m ops.dashboards
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from local.overlay import load_template
from ops.panels import QUESTIONS, STACK, Line, Panel
from reelqueue.metrics import NAMESPACE, Metric

HERE = Path(__file__).parent
CLOUDWATCH, GRAFANA = HERE / "cloudwatch.json", HERE / "grafana.json"
TEMPLATE = HERE.parent / "template.yaml"

_PERIOD = 300
_REGION = "${AWS::Region}"
_CLOUDWATCH_WIDTH = _GRAFANA_WIDTH = 24
_ACROSS = 4
_HEIGHT = 6

Json = dict[str, Any]


def main() -> None:
    CLOUDWATCH.write_text(cloudwatch(alarms()), encoding="utf-8")
    GRAFANA.write_text(grafana(), encoding="utf-8")


def alarms() -> list[str]:
    """The logical ids of the template's alarms."""
    resources = load_template(TEMPLATE)["Resources"]
    return [name for name, resource in resources.items() if resource["Type"] == "AWS::CloudWatch::Alarm"]


def cloudwatch(alarm_ids: list[str]) -> str:
    """The file that the template includes: ``Fn::Sub`` of the dashboard as a string."""
    states = {
        "type": "alarm",
        "x": 0,
        "y": 0,
        "width": _CLOUDWATCH_WIDTH,
        "height": 4,
        "properties": {"title": "Alarms", "alarms": [f"${{{name}.Arn}}" for name in alarm_ids]},
    }
    body = json.dumps({"widgets": [states, *_widgets(top=4)]}, separators=(",", ":"))
    return json.dumps({"Fn::Sub": body}) + "\n"


def _widgets(top: int) -> Iterator[Json]:
    width = _CLOUDWATCH_WIDTH // _ACROSS
    for question, panels in QUESTIONS.items():
        heading = {"markdown": f"## {question}", "background": "transparent"}
        yield {"type": "text", "x": 0, "y": top, "width": _CLOUDWATCH_WIDTH, "height": 1, "properties": heading}
        top += 1
        for number, panel in enumerate(panels):
            x, y = number % _ACROSS * width, top + number // _ACROSS * _HEIGHT
            graph = _graph(panel)
            yield {"type": "metric", "x": x, "y": y, "width": width, "height": _HEIGHT, "properties": graph}
        top += -(-len(panels) // _ACROSS) * _HEIGHT


def _graph(panel: Panel) -> Json:
    axis: Json = {"min": 0, "showUnits": False}
    if panel.unit:
        axis["label"] = panel.unit
    lines = [_line(line) for line in panel.lines] if panel.by is None else [[_each(panel.by)]]
    return {
        "title": panel.title,
        "region": _REGION,
        "view": "timeSeries",
        "period": _PERIOD,
        "yAxis": {"left": axis},
        "metrics": lines,
    }


def _line(line: Line) -> list[Any]:
    of = (NAMESPACE, line.metric.name, "service", STACK) if isinstance(line.metric, Metric) else line.metric
    return [*of, {"stat": line.stat, "label": line.label}]


def _each(metric: Metric) -> Json:
    """One line for each value of the metric's dimension, whichever there are."""
    found = f'{{{NAMESPACE},service,{metric.by}}} MetricName="{metric.name}" service="{STACK}"'
    return {"expression": f"SEARCH('{found}', 'Sum', {_PERIOD})", "label": f"${{!PROP('Dim.{metric.by}')}}"}


def grafana() -> str:
    """A dashboard of the gauges of ``GET /api/metrics``; its Prometheus is chosen in it."""
    panels: list[Json] = []
    top = 0
    for question, all_panels in QUESTIONS.items():
        shown = [panel for panel in all_panels if panel.gauges]
        where = {"x": 0, "y": top, "w": _GRAFANA_WIDTH, "h": 1}
        panels.append({"type": "row", "title": question, "collapsed": False, "panels": [], "gridPos": where})
        width = _GRAFANA_WIDTH // len(shown)
        for number, panel in enumerate(shown):
            where = {"x": number * width, "y": top + 1, "w": width, "h": 8}
            panels.append(_grafana_panel(panel) | {"gridPos": where})
        top += 9
    for number, each in enumerate(panels, start=1):
        each["id"] = number
    choice = {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"}
    dashboard = {
        "uid": "reelqueue",
        "title": "Reelqueue",
        "schemaVersion": 39,
        "editable": True,
        "refresh": "1m",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [choice]},
        "panels": panels,
    }
    return json.dumps(dashboard, indent=2) + "\n"


def _grafana_panel(panel: Panel) -> Json:
    source = {"type": "prometheus", "uid": "${datasource}"}
    return {
        "type": "timeseries",
        "title": panel.title,
        "datasource": source,
        "fieldConfig": {"defaults": {"min": 0, "unit": panel.unit or "short"}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + number), "datasource": source, "expr": line.gauge, "legendFormat": line.label}
            for number, line in enumerate(panel.gauges)
        ],
    }


if __name__ == "__main__":
    main()
