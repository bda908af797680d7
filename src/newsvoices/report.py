"""The report of an evaluation: one HTML file with pictures, worst cases and whole pages."""

import json
from itertools import groupby
from pathlib import Path
from typing import Any

from newsvoices import pictures
from newsvoices.errors import ranked_confusions
from newsvoices.evaluation import Evaluation
from newsvoices.intervals import HEADLINES
from newsvoices.labels import LABELS
from newsvoices.rendering import render
from newsvoices.tables import NAMES

REPORT = "report.html"


def write_report(run: Path, name: str, evaluation: Evaluation) -> Path:
    """Write `report.html` beside the metrics of an evaluation; returns its path.

    Args:
        run: the folder of the run, with its learning curve. The other runs beside it that were
            evaluated on the same pages are what its figures are compared with.
        name: of the evaluation, which is the name of its folder.
    """
    curve = (run / "curve.jsonl").read_text(encoding="utf-8").splitlines()
    page = render(
        "report.html",
        title=f"{run.name} on {name}",
        metrics=evaluation.metrics,
        headlines={key: NAMES[key] for key in HEADLINES},
        others=comparable(run, name, evaluation.metrics),
        pictures={
            "confusion": pictures.confusion_picture(evaluation.metrics),
            "labels": pictures.label_picture(evaluation.metrics),
            "reliability": pictures.reliability_picture(evaluation.rows),
            "risk": pictures.risk_picture(evaluation.rows),
            "curve": pictures.curve_picture([json.loads(line) for line in curve]),
        },
        confusions=ranked_confusions(evaluation.rows),
        counts={label: sum(row["label"] == label for row in evaluation.rows) for label in LABELS},
        pages=[
            (page_id, list(rows))
            for page_id, rows in groupby(evaluation.rows, key=lambda row: row["id"])
        ],
    )
    file = run / "evaluation" / name / REPORT
    file.write_text(page, encoding="utf-8")
    return file


def comparable(run: Path, name: str, metrics: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The metrics of the other runs on as many pages and paragraphs of the same name, by run."""
    found = {}
    for file in sorted(run.parent.glob(f"*/evaluation/{name}/metrics.json")):
        other = file.parents[2].name
        theirs = json.loads(file.read_text(encoding="utf-8"))
        keys = ("source", "pages", "paragraphs")
        if (
            other != run.name
            and "intervals" in theirs
            and all(theirs.get(key) == metrics[key] for key in keys)
        ):
            found[other] = theirs
    return dict(sorted(found.items(), key=lambda item: -item[1][HEADLINES[0]]))
