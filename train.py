"""Fine-tune a token classifier on labelled pages: `python train.py [key=value ...]`."""

import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

# The folder of this script holds evaluate.py, which would shadow the library `evaluate`.
_HERE = Path(__file__).resolve().parent
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != _HERE]

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from transformers import set_seed

from newsvoices import processes
from newsvoices.arguments import ConfigError, Section, check_arguments
from newsvoices.baselines import Frozen, fit_frozen, fit_majority, fit_tfidf
from newsvoices.card import write_card
from newsvoices.checkpoints import ModelError, base_folder
from newsvoices.classifier import load
from newsvoices.dataset import DataError, load_splits, shares, to_pages
from newsvoices.evaluation import evaluate_pages
from newsvoices.labels import LABELS
from newsvoices.modeling import build_model, save_model
from newsvoices.ngrams import Linear
from newsvoices.pages import Page
from newsvoices.report import write_report
from newsvoices.runs import RunError, checksums, finish_run, git_state, start_run, write_curve
from newsvoices.settings import save_settings
from newsvoices.tables import label_table
from newsvoices.training import check_ranges, fit, fit_decoding_on
from newsvoices.windows import WindowSize

# What `fit` gets from this script and not from the configuration.
FIT_SUPPLIED = (
    *("network", "tokenizer", "train_pages", "validation_pages"),
    *("size", "folder", "seed"),
)


def train(
    *,
    data: Mapping[str, Any],
    model: Mapping[str, Any],
    trainer: Mapping[str, Any],
    run: str | None,
    runs: str,
    seed: int,
    overrides: list[str],
) -> Path:
    """Train one run and evaluate it on its validation pages; returns its folder."""
    started = time.time()
    splits = load_splits(**data)
    train_pages, validation_pages = to_pages(splits["train"]), to_pages(splits["validation"])
    check_ranges(size=WindowSize(**model["window"]), seed=seed, **trainer)
    set_seed(seed)
    network, tokenizer, size, base = build(**model)
    facts = provenance(data, base, seed=seed, overrides=overrides)

    device = trainer["device"]
    made = start_run(Path(runs), run) if processes.is_main() else None
    folder = processes.from_main(made, device=device)
    if processes.is_main():
        config = {"data": data, "model": model, "trainer": trainer, "seed": seed}
        OmegaConf.save(config, folder / "config.yaml")
        print(f"{shares(splits)}\n\nTraining into {folder}", flush=True)
    curve = fit(
        network,
        tokenizer,
        train_pages,
        validation_pages,
        size=size,
        folder=folder / "checkpoints",
        seed=seed,
        **trainer,
    )
    processes.wait(device=device)  # all have read the best checkpoint
    if not processes.is_main():
        return folder
    write_curve(folder, curve)
    shutil.rmtree(folder / "checkpoints")
    decoding = fit_decoding_on(network, tokenizer, train_pages, validation_pages, size)
    save_model(network, tokenizer, folder / "model")
    save_settings(folder / "model", size, decoding, LABELS)
    conclude(folder, validation_pages, started, facts, device=device)
    return folder


def train_baseline(
    *,
    data: Mapping[str, Any],
    model: Mapping[str, Any],
    trainer: Mapping[str, Any],
    run: str | None,
    runs: str,
    seed: int,
    overrides: list[str],
) -> Path:
    """Fit a baseline and evaluate it as `train` does a network; returns the folder of the run."""
    started = time.time()
    if processes.count() > 1:
        raise ConfigError("model: expected one process for a baseline, found several")
    check_ranges(size=None, seed=seed, **trainer)
    splits = load_splits(**data)
    print(f"{shares(splits)}\n\nFitting the baseline", flush=True)
    kind, settings = model["baseline"], {key: model[key] for key in model if key != "baseline"}
    fitted = BASELINES[kind](to_pages(splits["train"]), **settings)
    base = base_folder(**model["base"]) if "base" in model else None
    facts = provenance(data, base, seed=seed, overrides=overrides)
    folder = start_run(Path(runs), run)
    config = {"data": data, "model": model, "trainer": trainer, "seed": seed}
    OmegaConf.save(config, folder / "config.yaml")
    write_curve(folder, [])
    fitted.save(folder / "model", kind)
    conclude(folder, to_pages(splits["validation"]), started, facts, device=trainer["device"])
    return folder


def provenance(
    data: Mapping[str, Any], base: Path | None, *, seed: int, overrides: list[str]
) -> dict[str, Any]:
    """What a run's record says of where it comes from."""
    data_files = [file for files in data.values() if isinstance(files, list) for file in files]
    return {
        "seed": seed,
        "overrides": overrides,
        "data_sha256": checksums(map(Path, data_files)),
        "base_sha256": checksums(sorted(base.glob("*.safetensors")) if base else []),
        "git": git_state(_HERE),
    }


def conclude(
    folder: Path,
    pages: Sequence[Page],
    started: float,
    facts: dict[str, Any],
    *,
    device: str | None,
) -> None:
    """Evaluate a run's saved model on its validation pages, make the run complete, print."""
    classifier = load(folder / "model", device=device)
    evaluation = evaluate_pages(classifier, pages, source="validation")
    evaluation.write(folder / "evaluation" / "validation")
    finish_run(folder, started, facts)
    write_report(folder, "validation", evaluation)
    write_card(folder)
    print(f"\nValidation pages, with the model saved in {folder / 'model'}\n")
    print(label_table(evaluation.metrics))
    elsewhere = "" if folder.parent == Path("runs") else f" runs={folder.parent}"
    print(f"\nEverything is in {folder}; next: python evaluate.py run={folder.name}{elsewhere}")


def build(
    *, base: Mapping[str, Any], config: Mapping[str, Any], window: Mapping[str, Any]
) -> tuple[Any, Any, WindowSize, Path]:
    """The network, its tokenizer, the window size and the folder of the base checkpoint."""
    size, folder = WindowSize(**window), base_folder(**base)
    network, tokenizer = build_model(folder, window=size.tokens, config=config)
    return network, tokenizer, size, folder


def frozen(
    pages: Sequence[Page],
    *,
    base: Mapping[str, Any],
    config: Mapping[str, Any],
    window: Mapping[str, Any],
    inverse_penalty: float,
    balanced: bool,
) -> Frozen:
    """Build a network as for training, and fit its head only."""
    network, tokenizer, size, _ = build(base=base, config=config, window=window)
    regression: dict[str, Any] = {"inverse_penalty": inverse_penalty, "balanced": balanced}
    return fit_frozen(network, tokenizer, pages, size=size, **regression)


# What the rest of the model section goes to where it names a baseline.
BASELINES: dict[str, Callable[..., Linear | Frozen]] = {
    "majority": fit_majority,
    "tfidf": fit_tfidf,
    "frozen": frozen,
}


def check_config(config: Mapping[str, Any]) -> None:
    """Refuse keys and values that the functions they go to would not take."""
    check_arguments(Section("", config, train, supplied=("overrides",)))
    check_arguments(
        Section("data", config["data"], load_splits),
        *model_sections(config["model"]),
        Section("trainer", config["trainer"], fit, supplied=FIT_SUPPLIED),
    )


def model_sections(model: Mapping[str, Any]) -> list[Section]:
    """The model section and its parts, each with the function that takes it."""
    whole = Section("model", model, build)
    if "baseline" in model:
        kind = model["baseline"]
        if kind not in list(BASELINES):
            expected = ", ".join(BASELINES)
            raise ConfigError(f"model.baseline: expected one of {expected}, found {kind!r}")
        rest = {key: value for key, value in model.items() if key != "baseline"}
        whole = Section("model", rest, BASELINES[kind], supplied=("pages",))
        if kind != "frozen":
            return [whole]
    parts: dict[str, Callable[..., Any]] = {"base": base_folder, "window": WindowSize}
    return [whole, *(Section(f"model.{key}", model.get(key), parts[key]) for key in parts)]


@hydra.main(version_base="1.3", config_path="configs", config_name="train")
def main(config: DictConfig) -> None:
    """Compose the configuration, check it, train."""
    try:
        plain: Any = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
        check_config(plain)
        plain["run"] = run_name(plain["run"])
        start = train_baseline if "baseline" in plain["model"] else train
        start(**plain, overrides=list(HydraConfig.get().overrides.task))
    except (ConfigError, DataError, ModelError, OmegaConfBaseException, RunError) as error:
        sys.exit(f"train.py: {error}")


def run_name(given: str | None) -> str | None:
    """The name to give the run; each run of a sweep (`-m`) has the sweep's name and a number."""
    config = HydraConfig.get()
    if config.mode != RunMode.MULTIRUN:
        return given
    if processes.count() > 1:
        raise ConfigError("-m: expected one process, found several; start the runs one by one")
    return f"{Path(config.sweep.dir).name}.{config.job.num}"


# The folder of a sweep: all its runs must agree on it, so the time is taken once.
OmegaConf.register_new_resolver(
    "sweep_name",
    lambda run: run or time.strftime("%Y-%m-%d_%H-%M-%S"),
    use_cache=True,
    replace=True,
)


if __name__ == "__main__":
    main()
