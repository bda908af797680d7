"""Where a base checkpoint comes from: a given folder, installed packages, or the hub."""

import hashlib
import importlib.util
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from huggingface_hub import constants, snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

MODEL_FILES = ("*.json", "*.safetensors", "*.txt", "*.model")


class ModelError(ValueError):
    """A model or base checkpoint that cannot be used; the message says why and what to do."""


def base_folder(
    *,
    hub_id: str,
    revision: str,
    sha256: Mapping[str, str],
    packages: Sequence[str] = (),
    package_folder: str = ".",
    folder: str | None = None,
) -> Path:
    """Find the base checkpoint: a given folder, else packages' files, else the hub.

    Packages are only located, their code never runs. Files of packages and of the hub must have
    the pinned checksums; a folder that the user gives is the user's word.

    Args:
        packages: names to import: one that holds the folder, or several that each hold a part of
            a ZIP archive of it, in order.
        package_folder: the checkpoint's folder in the package or in the archive.

    Raises:
        ModelError: not found, or a file with another checksum.
    """
    if folder is not None:
        if not (Path(folder) / "config.json").is_file():
            raise ModelError(f"{folder}: expected a checkpoint folder, found no config.json in it")
        return Path(folder)
    places = [_package_place(name) for name in packages]
    installed = [place for place in places if place is not None]
    if packages and len(installed) == len(packages):
        whole = installed[0] if len(packages) == 1 else _unpacked(installed, package_folder)
        found = whole / package_folder
    else:
        try:
            found = hub_folder(hub_id, revision)
        except ModelError as error:
            missing = [n for n, place in zip(packages, places, strict=True) if place is None]
            hint = f"; it also comes with packages: not installed are {', '.join(missing)}"
            raise ModelError(f"{error}{hint if missing else ''}") from error
    for name, expected in sha256.items():
        actual = file_sha256(found / name) if (found / name).is_file() else "no such file"
        if actual != expected:
            raise ModelError(
                f"{found / name}: expected SHA-256 {expected}, found {actual}; these are not the "
                f"files of {hub_id}@{revision}. Remove {found} and install or download it again, "
                "or give a folder of your own"
            )
    return found


def hub_folder(hub_id: str, revision: str | None = None) -> Path:
    """Fetch the files of a hub repository (or take them from the local cache)."""
    try:
        return Path(snapshot_download(hub_id, revision=revision, allow_patterns=list(MODEL_FILES)))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise ModelError(
            f"{hub_id!r}: expected a local folder or a hub id, found no such folder, and the hub "
            f"gave nothing ({type(error).__name__}); check the path, or the network"
        ) from error


def file_sha256(file: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _package_place(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    places = spec.submodule_search_locations if spec is not None else None
    return Path(places[0]) if places else None


def _unpacked(places: Sequence[Path], name: str) -> Path:
    """Join the parts of an archive, and unpack it once, beside what comes from the hub."""
    cache = Path(constants.HF_HOME) / "newsvoices"
    if (cache / name).is_dir():
        return cache
    parts = [sorted(place.rglob("*.zip.*")) for place in places]
    for place, found in zip(places, parts, strict=True):
        if len(found) != 1:
            raise ModelError(f"{place}: expected one part of an archive, found {len(found)}")
    what = f"{places[0]} and the other parts"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as work:
            joined = Path(work) / "joined.zip"
            with joined.open("wb") as target:
                for (part,) in parts:
                    with part.open("rb") as source:
                        shutil.copyfileobj(source, target)
            with zipfile.ZipFile(joined) as archive:
                archive.extractall(Path(work) / "files")
            if not (Path(work) / "files" / name).is_dir():
                raise ModelError(f"{what}: expected a folder {name} in them, found none")
            os.replace(Path(work) / "files" / name, cache / name)
    except (OSError, zipfile.BadZipFile, zlib.error) as error:
        if not (cache / name).is_dir():  # else another process was here first
            raise ModelError(
                f"{what}: cannot be joined and unpacked into {cache} ({error}); make room there, "
                "or reinstall them"
            ) from error
    return cache
