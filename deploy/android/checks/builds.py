"""What is built: resources with aapt2, Kotlin against signatures, the JNI library for this computer, and its tests."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

from checks import stubs, tools
from checks.tools import ANDROID, CACHE, JARS, JUNIT, ROOT, MissingError, kotlin, need, need_files, run

_PACKAGE = "org.paddleseg.portrait.app"
_FETCH = "python deploy/android/check.py --fetch"
_LIBRARY, _APP = ANDROID / "portrait-segmenter/src", ANDROID / "app/src"
_ONNXRUNTIME = Path(os.environ.get("ONNXRUNTIME_ROOT", ROOT / "deploy/cpp/onnxruntime"))


def resources(work: Path) -> list[str]:
    """Compiles and links resources and manifest; leaves `R.java` in `work`/r."""
    aapt2 = need("aapt2", "apt-get install -y aapt android-framework-res")
    need_files(tools.FRAMEWORK, cure="apt-get install -y android-framework-res")
    text = (_APP / "main/AndroidManifest.xml").read_text(encoding="utf-8").replace("${applicationId}", _PACKAGE)
    manifest = work / "AndroidManifest.xml"  # as Gradle merges it: of its package, without what is removed
    text = re.sub(r"<uses-permission [^>]*tools:node=\"remove\"[^>]*/>", "", text)
    manifest.write_text(re.sub(r"<manifest\b", f'<manifest package="{_PACKAGE}"', text, count=1), encoding="utf-8")
    compiled, linked = work / "resources.zip", work / "linked.apk"
    code, said = run([aapt2, "compile", "--dir", _APP / "main/res", "-o", compiled])
    if code == 0:
        sdk = ["--min-sdk-version", "24", "--target-sdk-version", "36"]
        flags = ["-I", tools.FRAMEWORK, "--manifest", manifest, "--java", work / "r", *sdk]
        code, said = run([aapt2, "link", *flags, "-o", linked, compiled])
    if code:
        return said.strip().splitlines()
    _, badging = run([aapt2, "dump", "permissions", linked])
    asked = re.findall(r"uses-permission: name='([^']+)'", badging)
    return [] if asked == ["android.permission.CAMERA"] else [f"the APK asks for {asked}"]


def sources(work: Path) -> list[str]:
    """Compiles library, app and all tests; leaves their classes in `work`."""
    signatures = _signatures()
    need_files(*JUNIT, cure="apt-get install -y junit4")
    library, app = work / "library", work / "app"
    if not (work / "r").exists() and (found := resources(work)):
        return found
    javac = need("javac", "apt-get install -y default-jdk-headless")
    code, said = run([javac, "-proc:none", "-nowarn", "-d", work / "rclasses", *(work / "r").rglob("*.java")])
    if code:
        return [said]
    base = [work / "rclasses", *signatures]
    flags = ("-Xexplicit-api=strict", "-module-name", "library")
    found = kotlin(library, base, [_LIBRARY / "main/kotlin"], *flags)
    found = found or kotlin(app, [library, *base], [_APP / "main/kotlin"], "-module-name", "app")
    if found:
        return found
    friends = f"-Xfriend-paths={library},{app}"
    for name, places in (
        ("tests", [_LIBRARY / "test", _LIBRARY / "jvmTest", _APP / "test"]),
        ("instrumented", [_LIBRARY / "androidTest", _APP / "androidTest"]),
    ):
        found += kotlin(work / name, [library, app, *base, *JUNIT], places, friends, "-module-name", "library")
    return found


def _signatures() -> list[Path]:
    """Jars of Android's and AndroidX's signatures, made once."""
    need_files(tools.SIGNATURES, tools.TYPES, JARS, cure=_FETCH)
    javac = need("javac", "apt-get install -y default-jdk-headless")
    need_files(*JUNIT, cure="apt-get install -y junit4")
    jar, extra, ours = CACHE / "android.jar", CACHE / "handwritten", Path(__file__).parent
    made_of = [ours / name for name in ("facts.py", "classfile.py", "stubs.py")]
    made_of += [file for file in (ours / "handwritten").rglob("*") if file.is_file()]
    if extra.exists() and extra.stat().st_mtime >= max(file.stat().st_mtime for file in made_of):
        return [extra, jar]
    shutil.rmtree(extra, ignore_errors=True)
    partial = CACHE / "handwritten.partial"
    shutil.rmtree(partial, ignore_errors=True)
    stubs.write(tools.SIGNATURES, tools.TYPES, jar)
    classpath = ":".join(map(str, [jar, *JUNIT]))
    files = (ours / "handwritten").rglob("*.java")
    code, said = run([javac, "-proc:none", "-nowarn", "-cp", classpath, "-d", partial, *files])
    found = [said] if code else kotlin(partial, [partial, jar], list((ours / "handwritten").rglob("*.kt")))
    if found:
        raise RuntimeError("\n".join(found))
    partial.rename(extra)
    extra.touch()
    return [extra, jar]


def tests(work: Path) -> list[str]:
    """Runs the JVM's tests, with the real library and the photos and masks of the browser's tests."""
    need("cmake", "apt-get install -y cmake g++")
    need_files(_ONNXRUNTIME / "include", cure="deploy/cpp/get_onnxruntime.sh")
    if not (work / "tests").exists() and (found := sources(work)):
        return found
    java = need("java", "apt-get install -y default-jdk-headless")
    if found := _native(Path(java).resolve().parents[1]):
        return found
    masks = ROOT / "deploy/web/tests/golden"
    model = work / "model"
    code, said = _prepare(model, masks, work / "photos")
    if code:
        return [said]
    classpath = [work / "tests", work / "library", work / "app", work / "rclasses", *_signatures(), *JUNIT]
    classpath += [JARS / "kotlin-stdlib-2.3.10-RC.jar"]
    places = {"java.library.path": CACHE / "native", "portrait.model": model, "portrait.masks": masks}
    places |= {"portrait.photos": work / "photos"}
    command = [java, "-Djava.awt.headless=true", *(f"-D{name}={place}" for name, place in places.items())]
    command += ["-cp", ":".join(map(str, classpath))]
    files = [*ANDROID.glob("*/src/test/**/*Test.kt"), *ANDROID.glob("*/src/jvmTest/**/*Test.kt")]
    names = [".".join(file.parts[file.parts.index("kotlin") + 1 :]).removesuffix(".kt") for file in files]
    code, said = run([*command, "org.junit.runner.JUnitCore", *names])
    if code or f"OK ({_count(files)} tests)" not in said:
        return [said[-3000:]]
    print(f"  {_count(files)} tests of the JVM pass")
    return []


def _count(files: list[Path]) -> int:
    return sum(file.read_text(encoding="utf-8").count("@Test\n") for file in files)


def _native(java_home: Path) -> list[str]:
    source = _LIBRARY / "main/cpp"
    settings = {"env": {**os.environ, "JAVA_HOME": str(java_home)}}
    flags = [f"-DONNXRUNTIME_ROOT={_ONNXRUNTIME}", "-DLITE_STRICT=ON"]
    made = CACHE / "native"
    for command in (["cmake", "-S", source, "-B", made, *flags], ["cmake", "--build", made, "-j2"]):
        code, said = run(command, **settings)
        if code:
            return [said[-3000:]]
    return []


def _prepare(model: Path, masks: Path, photos: Path) -> tuple[int, str]:
    """A model for phones, and the photos as PNG, so that all see the same pixels."""
    shutil.rmtree(model, ignore_errors=True)
    pack = [sys.executable, "deploy/lite/pack.py", "--model_path", "zoo://portrait", "--save_dir", model]
    code, said = run(pack, cwd=ROOT)
    if code:
        raise MissingError(f"paddleseg and its packages are needed for the model: {said.strip()}")
    import cv2

    photos.mkdir(exist_ok=True)
    for mask in masks.glob("*.png"):
        cv2.imwrite(str(photos / mask.name), cv2.imread(str(ROOT / f"data/portrait_mini/images/{mask.stem}.jpg")))
    return code, said
