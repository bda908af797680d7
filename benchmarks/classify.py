"""Paragraphs a second of a saved model, in float32 and bfloat16, and how far the labels differ.

python benchmarks/classify.py runs/NAME/model data/quoted.jsonl [PAGES]
"""

import sys
import time

import numpy as np

from newsvoices import load
from newsvoices.dataset import read_pages

ROUNDS = 5  # taken in turns, since machines are noisy; the median counts


def main(model: str, file: str, most: str = "40") -> None:
    """Time both kinds of products on the first pages of a file."""
    pages = read_pages([file])[: int(most)]
    paragraphs = sum(len(page.paragraphs) for page in pages)
    kinds = {"float32": False, "bfloat16": True}
    models = {name: load(model, bfloat16=half) for name, half in kinds.items()}
    seconds: dict[str, list[float]] = {name: [] for name in kinds}
    labels: dict[str, list[str | None]] = {}
    for _ in range(ROUNDS):
        for name, classifier in models.items():
            start = time.perf_counter()
            predicted = list(classifier.classify_pages(pages))
            seconds[name].append(time.perf_counter() - start)
            labels[name] = [prediction.label for page in predicted for prediction in page]
    rates = {name: paragraphs / float(np.median(times)) for name, times in seconds.items()}
    for name, rate in rates.items():
        print(f"{name:<10}{rate:8.1f} paragraphs/s {rate / rates['float32']:6.2f}")
    differ = sum(a != b for a, b in zip(*labels.values(), strict=True))
    print(f"{differ} of {paragraphs} labels differ")


if __name__ == "__main__":
    main(*sys.argv[1:])
