"""Score a run on labelled pages: `python evaluate.py [run=NAME] [pages=FILE.jsonl]`."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

# The folder of this script holds this file, which would shadow the library `evaluate`.
_HERE = Path(__file__).resolve().parent
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != _HERE]

import hydra
from omegaconf import DictConfig, OmegaConf

from newsvoices.arguments import ConfigError, Section, check_arguments
from newsvoices.classifier import load
from newsvoices.dataset import SPLITS, DataError, load_splits, read_pages, to_pages
from newsvoices.evaluation import confusion_table, evaluate_pages, label_table
from newsvoices.modeling import ModelError
from newsvoices.pages import Page
from newsvoices.runs import RunError, changed_files, check_name, find_run


def evaluate(
    *, run: str | None, runs: str, pages: str, transitions: bool, device: str | None
) -> Path:
    """Score one run on one set of pages; returns the folder of the results."""
    folder = find_run(Path(runs), run)
    name, labelled = labelled_pages(folder, pages)
    classifier = load(folder / "model", device=device)
    if not transitions:
        name += "-without-transitions"
        classifier.decoding = replace(classifier.decoding, weight=0.0)
    evaluation = evaluate_pages(classifier, labelled)
    results = folder / "evaluation" / name
    evaluation.write(results)
    print(f"Run {folder.name} on {pages} pages\n\n{label_table(evaluation.metrics)}\n")
    print(f"{confusion_table(evaluation.metrics)}\n\nWritten to {results}")
    return results


def labelled_pages(run: Path, pages: str) -> tuple[str, list[Page]]:
    """A name for the results, and the pages: a split of the run's own data, or of a file."""
    if pages not in SPLITS:
        return check_name(Path(pages).stem), read_pages([pages])
    for file in changed_files(run):
        print(f"warning: {file} is not what the run was trained on", file=sys.stderr)
    config: Any = OmegaConf.to_container(OmegaConf.load(run / "config.yaml"))
    return pages, to_pages(load_splits(**config["data"])[pages])


@hydra.main(version_base="1.3", config_path="configs", config_name="evaluate")
def main(config: DictConfig) -> None:
    """Compose the configuration, check it, evaluate."""
    try:
        plain: Any = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
        check_config(plain)
        evaluate(**plain)
    except (ConfigError, DataError, ModelError, RunError) as error:
        sys.exit(f"evaluate.py: {error}")


def check_config(config: Mapping[str, Any]) -> None:
    """Refuse keys and values that `evaluate` would not take."""
    check_arguments(Section("", config, evaluate))


if __name__ == "__main__":
    main()
