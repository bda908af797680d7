"""Every configuration composes and is accepted; bad keys are named."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from hydra.errors import ConfigCompositionException
from omegaconf import OmegaConf
from omegaconf.errors import MissingMandatoryValue

from newsvoices.arguments import ConfigError

ROOT = Path(__file__).resolve().parents[1]
CONFIGS = ROOT / "configs"


def script(name: str) -> ModuleType:
    """A script of the root, loaded under a name that shadows no library."""
    spec = importlib.util.spec_from_file_location(f"{name}_script", ROOT / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def composed(name: str, *overrides: str, folder: Path = CONFIGS) -> Any:
    with initialize_config_dir(str(folder), version_base="1.3"):
        config = compose(name, overrides=list(overrides))
    return OmegaConf.to_container(config, resolve=True, throw_on_missing=True)


def options(group: str) -> list[str]:
    return sorted(file.stem for file in (CONFIGS / group).glob("*.yaml"))


@pytest.mark.parametrize("experiment", options("experiment"))
def test_every_experiment_is_accepted(experiment: str) -> None:
    script("train").check_config(composed("train", f"experiment={experiment}"))


@pytest.mark.parametrize("model", options("model"))
def test_every_model_is_accepted(model: str) -> None:
    script("train").check_config(composed("train", f"model={model}"))


@pytest.mark.parametrize("trainer", options("trainer"))
def test_every_trainer_is_accepted(trainer: str) -> None:
    script("train").check_config(composed("train", f"trainer={trainer}"))


def test_the_defaults_are_accepted() -> None:
    script("train").check_config(composed("train"))
    script("evaluate").check_config(composed("evaluate"))


def test_own_data_must_be_named() -> None:
    with pytest.raises(MissingMandatoryValue, match=r"data\.train"):
        composed("train", "data=own")
    files = [f"data.{split}=[{split}.jsonl]" for split in ("train", "validation", "test")]
    script("train").check_config(composed("train", "data=own", *files))


def test_a_bad_key_on_the_command_line_is_named() -> None:
    with pytest.raises(ConfigCompositionException) as error:
        composed("train", "trainer.lerning_rate=1")
    assert "lerning_rate" in f"{error.value} {error.value.__cause__}"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("trainer: {lerning_rate: 1e-5}", r"trainer\.lerning_rate: .*did you mean 'learning_rate'"),
        ("model: {window: {token: 128}}", r"model\.window\.token: .*did you mean 'tokens'"),
        ("model: {base: {foldr: x}}", r"model\.base\.foldr: .*did you mean 'folder'"),
        ("model: {widnow: 3}", r"model\.widnow: .*did you mean 'window'"),
        ("data: {limits: 3}", r"data\.limits: .*did you mean 'limit'"),
        ("sead: 3", r"sead: .*did you mean 'seed'"),
        ("seed: many", r"seed: expected int, found 'many'"),
        ("trainer: {epochs: yes}", r"trainer\.epochs: expected float, found True"),
    ],
)
def test_a_bad_key_or_value_in_an_experiment_file_is_named(
    tmp_path: Path, line: str, message: str
) -> None:
    (tmp_path / "experiment").mkdir()
    text = f"# @package _global_\n{line}\n"
    (tmp_path / "experiment" / "mine.yaml").write_text(text, encoding="utf-8")
    config = composed("train", f"hydra.searchpath=[file://{tmp_path}]", "experiment=mine")
    with pytest.raises(ConfigError, match=message):
        script("train").check_config(config)


@pytest.mark.parametrize(
    ("model", "line", "message"),
    [
        ("tfidf", "{balancd: true}", r"model\.balancd: .*did you mean 'balanced'"),
        ("tfidf", "{window: {tokens: 128}}", r"model\.window: no such key"),
        ("tfidf", "{balanced: 1}", r"model\.balanced: expected bool, found 1"),
        ("tfidf", "{baseline: bayes}", r"model\.baseline: expected one of majority, .*'bayes'"),
        ("majority", "{balanced: true}", r"model\.balanced: no such key"),
        ("frozen", "{window: {token: 128}}", r"model\.window\.token: .*did you mean 'tokens'"),
        ("frozen", "{base: {foldr: x}}", r"model\.base\.foldr: .*did you mean 'folder'"),
        ("frozen", "{inverse_penlty: 1}", r"model\.inverse_penlty: .*did you mean"),
    ],
)
def test_a_bad_key_or_value_of_a_baseline_is_named(
    tmp_path: Path, model: str, line: str, message: str
) -> None:
    (tmp_path / "experiment").mkdir()
    text = f"# @package _global_\nmodel: {line}\n"
    (tmp_path / "experiment" / "mine.yaml").write_text(text, encoding="utf-8")
    search = f"hydra.searchpath=[file://{tmp_path}]"
    config = composed("train", f"model={model}", search, "experiment=mine")
    with pytest.raises(ConfigError, match=message):
        script("train").check_config(config)


def test_all_faults_are_named_at_once() -> None:
    config = composed("train", "+trainer.one=1", "+trainer.two=2")
    with pytest.raises(ConfigError, match=r"(?s)trainer\.one.*trainer\.two"):
        script("train").check_config(config)


@pytest.mark.parametrize("file", sorted(CONFIGS.rglob("*.yaml")), ids=lambda file: file.stem)
def test_configs_fit_a_screen(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= 40


def test_suspects_of_a_run_with_other_keys_are_refused_by_name(tmp_path: Path) -> None:
    base = "{package: x, hub_id: a, revision: b, sha256: {}}"
    (tmp_path / "config.yaml").write_text(f"model: {{base: {base}}}")
    with pytest.raises(ConfigError, match=r"model\.base\.package: no such key"):
        script("evaluate").write_suspects(tmp_path, [], tmp_path)
