"""What the checks need besides Python: programs of Debian, and packages that `check.py --fetch` brings."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

ANDROID = Path(__file__).resolve().parents[1]
ROOT = ANDROID.parents[1]
CACHE = ROOT / ".cache" / "android"
SIGNATURES, TYPES, COMPILER = CACHE / "signatures", CACHE / "types", CACHE / "compiler"
JARS = COMPILER / "run_kotlin_kernel" / "jars"
FRAMEWORK = Path("/usr/share/android-framework-res/framework-res.apk")
JUNIT = (Path("/usr/share/java/junit4.jar"), Path("/usr/share/java/hamcrest-core.jar"))

_KOTLIN = {"kotlin-jupyter-kernel==0.19.0.944": "dc654a426a28e6621aeb0bd7772d268a9a877aabae4a17b73383752a416281a3"}
_STUBS = "chaquopy-stubs-android"
_FACTS = {
    f"{_STUBS}==36.20260406": "5e18511ccb7ae519d8c4643408cf16262fa5f20eb1d1a7e97cfe28de16e12008",
    f"{_STUBS}x-activity-activity==1.13.0.20260401": "4d8158d1969d7bcd2f5aeb95b69dc32a517d173a481d40e31d5d1a941e0c3882",
    f"{_STUBS}x-core-core==1.18.0.20260401": "dd214f36ee292910287eefaf8283986f6498a724ad28dc0a79674b352f8651a0",
}
_TYPES = ("@nativescript/types-android@9.1.1", "16193ea9c70286d5b0d3e2dc559abb483ad61fb599219c59d1a4146fe370b25a")


class MissingError(Exception):
    """A tool is not here: which, and what brings it."""


def need(program: str, cure: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise MissingError(f"{program} is not installed: {cure}")
    return found


def need_files(*paths: Path, cure: str) -> None:
    for path in paths:
        if not path.exists():
            raise MissingError(f"{path} is not there: {cure}")


def run(command: Sequence[object], **settings: object) -> tuple[int, str]:
    """The exit code of a program, and all that it said."""
    words = [str(each) for each in command]
    done = subprocess.run(words, capture_output=True, text=True, check=False, **settings)  # type: ignore[call-overload]
    return done.returncode, done.stdout + done.stderr


def kotlin(output: Path, classpath: Sequence[Path], sources: Sequence[Path], *flags: str) -> list[str]:
    """What the compiler complains of."""
    jars = [JARS / "kotlin-stdlib-2.3.10-RC.jar", JARS / "annotations-13.0.jar"]
    command = [need("java", "apt-get install -y default-jdk-headless"), "-Xmx2g", "-XX:TieredStopAtLevel=1"]
    command += ["-cp", f"{JARS}/*", "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler", "-no-stdlib", "-no-reflect"]
    command += ["-jvm-target", "1.8", "-Xsuppress-version-warnings", *flags, "-d", str(output)]
    code, said = run([*command, "-cp", ":".join(map(str, [*classpath, *jars])), *sources])
    problems = [line for line in said.splitlines() if ": error: " in line or ": warning: " in line]
    return problems or ([said[-2000:]] if code else [])


def fetch() -> None:
    """Downloads the packages; what is there stays.

    Raises:
        subprocess.CalledProcessError: A package cannot be had, or is another one than was checked.
    """
    for folder, packages in ((COMPILER, _KOTLIN), (SIGNATURES, _FACTS)):
        if not folder.exists():
            _wheels(folder, packages)
    if not TYPES.exists():
        _npm(TYPES, *_TYPES)


def _wheels(folder: Path, packages: dict[str, str]) -> None:
    work = folder.with_suffix(".partial")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    listed = work / "requirements.txt"
    lines = [f"{name} --hash=sha256:{digest}\n" for name, digest in packages.items()]
    listed.write_text("".join(lines), encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    command += ["--require-hashes", "--dest", str(work), "--requirement", str(listed)]
    subprocess.run(command, check=True)
    for wheel in work.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(work)
        wheel.unlink()
    work.rename(folder)


def _npm(folder: Path, package: str, digest: str) -> None:
    work = folder.with_suffix(".partial")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    npm = need("npm", "apt-get install -y npm")
    said = subprocess.run([npm, "pack", "--silent", package], cwd=work, check=True, capture_output=True, text=True)
    archive = work / said.stdout.strip()
    if hashlib.sha256(archive.read_bytes()).hexdigest() != digest:
        raise MissingError(f"{package} is another one than was checked")
    shutil.unpack_archive(archive, work)
    (work / "package").rename(folder)
    shutil.rmtree(work)
