"""The Android project, by the checks that need no SDK: deploy/android/check.py."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ANDROID = ROOT / "deploy" / "android"
SKIPPED = 77
KOTLIN = "portrait-segmenter/src/main/kotlin/org/paddleseg/portrait"


def check(step: str, android: Path = ANDROID) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(android / "check.py"), step]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def passes(step: str) -> None:
    done = check(step)
    if done.returncode == SKIPPED:
        pytest.skip(done.stdout.strip())
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("step", ["xml", "jni", "resources"])
def test_it_is_right(step: str):
    passes(step)


@pytest.mark.slow  # minutes of a compiler
@pytest.mark.timeout(3600)
def test_sources_compile_and_their_tests_pass():
    passes("tests")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project where it may be broken."""
    made = tmp_path / "deploy" / "android"
    shutil.copytree(ANDROID, made, ignore=shutil.ignore_patterns("__pycache__", "build", "assets"))
    return made


RESOURCES = "app/src/main/res"


@pytest.mark.parametrize(
    ("step", "file", "old", "new", "words"),
    [
        ("jni", f"{KOTLIN}/Native.kt", "strength: Double", "strength: Int", "blur: Native.kt has (jlong, jint)"),
        ("jni", f"{KOTLIN}/Native.kt", "fun reset", "fun begin", "begin: is in Native.kt alone"),
        ("xml", f"{RESOURCES}/values-zh/strings.xml", 'name="saved"', 'name="kept"', "string saved is in one"),
        ("xml", f"{RESOURCES}/values-zh/strings.xml", "%1$d × %2$d", "%1$d", "has other places for values"),
        (
            "xml",
            f"{RESOURCES}/layout/activity_main.xml",
            'android:contentDescription="@string/flip"',
            "",
            "@+id/flip has no",
        ),
        ("xml", f"{RESOURCES}/layout/settings.xml", "@string/threads", "Threads", "text 'Threads' is not in"),
        ("xml", f"{RESOURCES}/layout/settings.xml", "</LinearLayout>", "", "is no XML"),
        (
            "xml",
            "app/src/main/AndroidManifest.xml",
            'NET" tools:node="remove"',
            'NET"',
            "asks for android.permission.INTERNET",
        ),
        ("xml", "app/build.gradle.kts", "libs.camera.core", "libs.camera.view", "libs.camera.view is not in the"),
        ("resources", f"{RESOURCES}/layout/activity_main.xml", "@drawable/ic_flip", "@drawable/ic_gone", "ic_gone"),
        (
            "resources",
            f"{RESOURCES}/values/styles.xml",
            "android:windowBackground",
            "android:windowColour",
            "windowColour",
        ),
    ],
)
def test_what_is_broken_is_named(copy: Path, step: str, file: str, old: str, new: str, words: str):
    text = (copy / file).read_text(encoding="utf-8")
    assert old in text
    (copy / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    done = check(step, copy)
    if done.returncode == SKIPPED:
        pytest.skip(done.stdout.strip())
    assert done.returncode == 1 and words in done.stdout, done.stdout + done.stderr
