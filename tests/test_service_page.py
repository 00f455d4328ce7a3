"""The page of `paddleseg serve` in a real browser."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from chromium import Tab, chromium
from service_parts import Service, serving

from paddleseg.images.io import read_image
from paddleseg.inference.predictor import Predictor
from paddleseg.service.settings import Settings

TOKEN = "0123456789abcdef0123"
DONE = "!$('stage').classList.contains('busy') && !$('save').hidden && $('after').complete"
# What the browser shows, and not what was sent: the picture is drawn and read back.
SHOWN = """(() => {
  const image = $('after'), canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const {data} = context.getImageData(0, 0, canvas.width, canvas.height);
  let text = '';
  for (let k = 0; k < data.length; k += 4096) text += String.fromCharCode(...data.subarray(k, k + 4096));
  return [canvas.height, canvas.width, btoa(text)];
})()"""


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with chromium(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return Predictor.from_zoo("portrait", "onnx", threads=1)


@pytest.fixture(scope="module")
def service(predictor: Predictor) -> Iterator[Service]:
    with serving(predictor) as running:
        yield running


@pytest.fixture
def page(tab: Tab, service: Service) -> Iterator[Tab]:
    visit(tab, service)
    yield tab
    assert tab.complaints == []


@pytest.fixture(scope="module")
def photo(mini: Path) -> Path:
    return mini / "images" / "000000000785.jpg"


def visit(tab: Tab, service: Service) -> None:
    tab.complaints.clear()
    tab.call("Page.navigate", url=str(service.base_url))
    tab.until("document.readyState === 'complete' && typeof state === 'object'")


def shown(tab: Tab) -> np.ndarray:
    h, w, content = tab.run(SHOWN)
    return np.frombuffer(base64.b64decode(content), np.uint8).reshape(h, w, 4)


def choose_view(tab: Tab, name: str) -> None:
    tab.run(f"$('save').hidden = true; document.querySelector('input[value={name}]').click()")


def test_a_photo_and_its_backgrounds(page: Tab, photo: Path, predictor: Predictor):
    page.until("$('model').textContent === 'portrait: portrait segmentation'")
    page.choose("#file", photo)
    page.until(DONE)
    image = read_image(photo)
    result = predictor(image)
    assert np.array_equal(shown(page)[..., 3], result.opacity)
    choose_view(page, "mask")
    page.until(DONE)
    assert np.array_equal(shown(page)[..., 0], result.mask * 255)  # the mask of the command line, pixel for pixel
    assert page.run("$('save').download") == "mask.png"
    choose_view(page, "colour")
    page.until(DONE)
    assert shown(page)[2, 2] == pytest.approx([0, 0xB1, 0x40, 255], abs=8)
    page.choose("#picture", photo.parent / "000000000165.jpg")
    choose_view(page, "picture")
    page.until(DONE)
    assert page.run("$('save').download") == "composite.jpg"


def test_the_slider_follows_the_pointer_and_the_keys(page: Tab, photo: Path):
    page.choose("#file", photo)
    page.until(DONE)
    box = page.run("(({left, top, width}) => ({left, top, width}))($('pair').getBoundingClientRect())")
    x, y = box["left"] + box["width"] / 4, box["top"] + 40
    for kind in ("mousePressed", "mouseReleased"):
        page.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
    assert page.run("parseFloat($('stage').style.getPropertyValue('--at'))") == pytest.approx(25, abs=1)
    page.run("$('slide').focus()")
    for kind in ("keyDown", "keyUp"):
        page.call("Input.dispatchKeyEvent", type=kind, key="ArrowRight", code="ArrowRight", windowsVirtualKeyCode=39)
    assert page.run("parseFloat($('stage').style.getPropertyValue('--at'))") == pytest.approx(26, abs=1)


def test_a_dropped_photo(page: Tab, photo: Path):
    data = {"items": [], "files": [str(photo)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        page.call("Input.dispatchDragEvent", type=kind, x=200, y=200, data=data)
    page.until(DONE)
    assert shown(page).shape[:2] == read_image(photo).shape[:2]


def test_a_problem_is_told_in_the_service_s_words(page: Tab, tmp_path: Path):
    from PIL import Image

    file = tmp_path / "animation.gif"
    Image.new("RGB", (9, 9)).save(file)
    page.choose("#file", file)
    page.until("$('say').textContent.includes('image 1: is no JPEG, PNG or WebP')")
    assert page.complaints and "415" in page.complaints.pop()


def test_the_camera(page: Tab, service: Service):
    page.run("$('camera').click()")
    page.until("$('say').textContent.includes('frames a second')")
    choose_view(page, "mask")
    page.until("state.camera.answered > 0 && $('after').naturalWidth === 640")
    page.run("$('camera').click()")
    service.eventually("paddleseg_streams", 0)
    assert page.run("!$('drop').hidden && $('video').srcObject === null")


def test_it_asks_for_the_token(tab: Tab, predictor: Predictor, photo: Path):
    with serving(predictor, Settings(token=TOKEN)) as closed:
        visit(tab, closed)
        tab.until("!$('token-row').hidden")
        tab.run(f"$('token').value = '{TOKEN}'; $('use-token').click()")
        tab.until("$('model').textContent.startsWith('portrait')")
        tab.choose("#file", photo)
        tab.until(DONE)


@pytest.mark.parametrize("size", [(360, 640), (390, 844), (1200, 900)], ids=str)
def test_it_fits(page: Tab, photo: Path, size: tuple[int, int]):
    w, h = size
    page.call("Emulation.setDeviceMetricsOverride", width=w, height=h, deviceScaleFactor=1, mobile=w < 500)
    page.choose("#file", photo)
    page.until(DONE)
    assert page.run("document.documentElement.scrollWidth <= innerWidth")
    small = "[...document.querySelectorAll('button, .button, .swatch')].filter(each => each.offsetParent)"
    assert page.run(f"{small}.every(each => each.getBoundingClientRect().height >= 44)")  # for fingers
