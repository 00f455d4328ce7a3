"""Files of other people's scripts, fetched and unpacked; weights come through `paddleseg.fetch`."""

from __future__ import annotations

import shutil
import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from paddleseg.errors import DataError
from paddleseg.fetch import fetch
from paddleseg.files import atomic_dir

_ENDINGS = (".tar.gz", ".tgz", ".tar", ".zip", ".gz")
_MOST = 200 << 30
"""Bytes that an archive may unpack to: more than any public data set of pictures."""


def download_file_and_uncompress(
    url: str,
    savepath: str | Path | None = None,
    extrapath: str | Path | None = None,
    extraname: str | None = None,
    print_progress: bool = True,
    cover: bool = False,
    delete_file: bool = True,
    filename: str | None = None,
) -> str:
    """Fetch `url`, unpack it, and return the folder it was unpacked to; nothing is done where that is there already.

    Args:
        savepath: Folder of the fetched file, the working directory by default.
        extrapath: Folder to unpack into, the working directory by default.
        extraname: Name of the unpacked folder, by default that of the archive without its ending.
        print_progress: PaddleSeg's; a bar is shown on a terminal only.
        cover: Fetch and unpack anew.
        delete_file: Remove the archive afterwards.
        filename: Name of the fetched file, by default the address's.

    Raises:
        WeightsError: It cannot be fetched; the message says where to put it by hand.
        DataError: It is no archive, or one that would write outside its folder.
    """
    name = filename or url.split("?")[0].rsplit("/", 1)[-1]
    archive = Path(savepath or ".") / name
    ending = next((ending for ending in _ENDINGS if name.endswith(ending)), "")
    target = Path(extrapath or ".") / (extraname or name.removesuffix(ending))
    if cover:
        archive.unlink(missing_ok=True)
    elif target.exists():
        return str(target)
    archive.parent.mkdir(parents=True, exist_ok=True)
    fetch(url, archive)
    if ending in ("", ".gz"):
        return str(archive)
    if cover and target.exists():
        shutil.rmtree(target)
    _unpack(archive, target)
    if delete_file:
        archive.unlink()
    return str(target)


def _unpack(archive: Path, target: Path) -> None:
    """The content of `archive` as the folder `target`; one folder that holds everything becomes that folder."""
    hint = f"delete {archive} and fetch it again"
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with atomic_dir(target) as new:
            if archive.suffix == ".zip":
                with zipfile.ZipFile(archive) as packed:
                    _check(archive, sum(entry.file_size for entry in packed.infolist()), packed.namelist())
                    packed.extractall(new)
            else:
                with tarfile.open(archive) as tar:
                    _check(archive, sum(entry.size for entry in tar), tar.getnames())
                    tar.extractall(new, filter="data")
            inside = list(new.iterdir())
            if len(inside) == 1 and inside[0].is_dir():
                only = inside[0].rename(new / ".whole")
                for path in list(only.iterdir()):
                    path.rename(new / path.name)
                only.rmdir()
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
        raise DataError(str(archive), f"cannot be unpacked: {error}", hint) from error


def _check(archive: Path, size: int, names: list[str]) -> None:
    if size > _MOST:
        raise DataError(str(archive), f"unpacks to {size:,} bytes", "unpack it by hand if you trust it")
    outside = [name for name in names if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts]
    if outside:
        raise DataError(str(archive), f"would write outside its folder: {outside[0]}", "get it from another source")
