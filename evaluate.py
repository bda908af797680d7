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
from omegaconf.errors import OmegaConfBaseException

from newsvoices.arguments import ConfigError, Section, check_arguments
from newsvoices.classifier import load
from newsvoices.dataset import SPLITS, DataError, load_splits, read_pages, to_pages
from newsvoices.evaluation import confusion_table, evaluate_pages, label_table
from newsvoices.modeling import ModelError
from newsvoices.pages import Page
from newsvoices.runs import RunError, changed_files, evaluation_name, find_run


def evaluate(
    *, run: str | None, runs: str, pages: str, transitions: bool, device: str | None
) -> Path:
    """Score one run on one set of pages; returns the folder of the results."""
    folder = find_run(Path(runs), run)
    labelled = labelled_pages(folder, pages)
    name = evaluation_name(pages, SPLITS)
    classifier = load(folder / "model", device=device)
    if not transitions:
        name += "-without-transitions"
        classifier.decoding = replace(classifier.decoding, weight=0.0)
    evaluation = evaluate_pages(classifier, labelled, source=pages)
    results = folder / "evaluation" / name
    evaluation.write(results)
    print(f"Run {folder.name} on {pages} pages\n\n{label_table(evaluation.metrics)}\n")
    print(f"{confusion_table(evaluation.metrics)}\n\nWritten to {results}")
    return results


def labelled_pages(run: Path, pages: str) -> list[Page]:
    """The pages of a split of the run's own data, or of a file."""
    if pages not in SPLITS:
        return read_pages([pages])
    for file in changed_files(run):
        print(f"warning: {file} is not what the run was trained on", file=sys.stderr)
    data: Any = OmegaConf.to_container(OmegaConf.load(run / "config.yaml").data)
    if data["limit"] is not None:
        print(f"The run saw at most {data['limit']} pages of each split, and so does this.\n")
    return to_pages(load_splits(**data)[pages])


@hydra.main(version_base="1.3", config_path="configs", config_name="evaluate")
def main(config: DictConfig) -> None:
    """Compose the configuration, check it, evaluate."""
    try:
        plain: Any = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
        check_config(plain)
        evaluate(**plain)
    except (ConfigError, DataError, ModelError, OmegaConfBaseException, RunError) as error:
        sys.exit(f"evaluate.py: {error}")


def check_config(config: Mapping[str, Any]) -> None:
    """Refuse keys and values that `evaluate` would not take."""
    check_arguments(Section("", config, evaluate))


if __name__ == "__main__":
    main()
