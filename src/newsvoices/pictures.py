"""Pictures of results, drawn with matplotlib, as data URIs that need no file beside the page."""

import base64
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from newsvoices.calibration import reliability, risk_coverage
from newsvoices.labels import LABEL2ID, LABELS, SCHEME

SHORT = [label.replace("_", "\n") for label in LABELS]
INK, LINE = "#333333", "#2166ac"
Rows = Sequence[Mapping[str, Any]]


def confusion_picture(metrics: Mapping[str, Any]) -> str:
    """Counts by gold and predicted label; the shade is the share of the gold label."""
    counts = np.array(metrics["confusion"])
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, axes = _figure(6.4, 5.2)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        colour = "white" if shares[row, column] > 0.5 else INK
        axes.text(column, row, str(count), ha="center", va="center", color=colour)
    axes.set_xticks(range(len(LABELS)), SHORT, fontsize=8)
    axes.set_yticks(range(len(LABELS)), SHORT, fontsize=8)
    axes.set_xlabel("predicted")
    axes.set_ylabel("gold")
    return _uri(figure)


def label_picture(metrics: Mapping[str, Any]) -> str:
    """F1 of each label with its 95 % interval."""
    figure, axes = _figure(6.4, 3.2)
    values = [metrics["per_label"][label]["f1"] for label in LABELS]
    intervals = [metrics["intervals"][f"f1 {label}"] for label in LABELS]
    whiskers = [
        [max(0.0, value - low) for value, (low, _) in zip(values, intervals, strict=True)],
        [max(0.0, high - value) for value, (_, high) in zip(values, intervals, strict=True)],
    ]
    colours = [label.colour for label in SCHEME]
    axes.bar(SHORT, values, color=colours, yerr=whiskers, capsize=4, ecolor=INK)
    axes.tick_params(axis="x", labelsize=8)
    axes.set_ylim(0, 1)
    axes.set_ylabel("F1")
    return _uri(figure)


def reliability_picture(rows: Rows) -> str:
    """How often labels are right against how sure the model is; on the diagonal both agree."""
    scores = np.array([list(row["scores"].values()) for row in rows])
    bins = reliability(scores, np.array([LABEL2ID[row["gold"]] for row in rows]))
    figure, axes = _figure(4.2, 4.0)
    axes.plot([0, 1], [0, 1], color="#999999", linestyle="--", linewidth=1)
    axes.scatter(bins.confidence, bins.accuracy, s=400 * bins.count / bins.count.max(), color=LINE)
    for x, y, count in zip(bins.confidence, bins.accuracy, bins.count, strict=True):
        axes.annotate(str(count), (x, y), fontsize=7, xytext=(0, 9), textcoords="offset points")
    axes.set(xlim=(0, 1), ylim=(0, 1.05), xlabel="mean score", ylabel="share right")
    return _uri(figure)


def risk_picture(rows: Rows) -> str:
    """Share of wrong labels as more paragraphs, surest first, are given one."""
    confidence = np.array([row["score"] for row in rows])
    right = np.array([row["gold"] == row["label"] for row in rows])
    coverage, risk = risk_coverage(confidence, right)
    figure, axes = _figure(4.2, 4.0)
    axes.plot(coverage, risk, color=LINE)
    axes.set(xlim=(0, 1), ylim=(0, None), xlabel="share labelled", ylabel="share wrong of these")
    return _uri(figure)


def curve_picture(curve: Sequence[Mapping[str, Any]]) -> str | None:
    """Training loss and validation loss over epochs; None where nothing was trained in steps."""
    if not any("loss" in point for point in curve):
        return None
    figure, axes = _figure(6.4, 3.2)
    for key, name, marker in (("loss", "training", ""), ("eval_loss", "validation", "o")):
        points = [(float(p["epoch"]), float(p[key])) for p in curve if key in p]
        axes.plot(*zip(*points, strict=True), marker=marker, label=name)
    axes.set(xlabel="epoch", ylabel="loss")
    axes.legend()
    return _uri(figure)


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _uri(figure: Figure) -> str:
    stream = BytesIO()
    # The same results give the same file: no date, no random names.
    with matplotlib.rc_context({"svg.hashsalt": "newsvoices"}):
        figure.savefig(stream, format="svg", metadata={"Date": None})
    return "data:image/svg+xml;base64," + base64.b64encode(stream.getvalue()).decode()
