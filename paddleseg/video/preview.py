"""A small window that shows frames, by pygame."""

from __future__ import annotations

import os
from collections import deque

import cv2
import numpy as np

from paddleseg.errors import DeviceError
from paddleseg.geometry import Size

_LONGEST = 960
_BOARD = 12
"""Side of the squares that show through where a frame is transparent."""
_FONT, _MARGIN, _SHADE = 22, 6, 150
"""Height of letters and space around them, in pixels, and how dark what is behind them gets, up to 255."""


class Preview:
    """A window. Closing it, q and Escape give the key "q"; any other key gives its name, such as "b" or "space".

    Args:
        size: (h, w) of the frames; large ones are shown smaller.
        title: Of the window.

    Raises:
        DeviceError: There is no screen.

    Example:
        >>> preview = Preview((720, 1280), "camera")
        >>> key = preview.show(rgb, "30 fps")
    """

    def __init__(self, size: Size, title: str):
        os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
        import pygame

        self._pygame = pygame
        h, w = size
        scale = min(1.0, _LONGEST / max(h, w))
        self._size = (max(round(w * scale), 1), max(round(h * scale), 1))
        # Means over areas cost many times as much, and are only seen where much is left out.
        self._interpolation = cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR
        try:
            pygame.display.init()
            pygame.font.init()
            if pygame.display.get_driver() == "offscreen" and "SDL_VIDEODRIVER" not in os.environ:
                raise pygame.error("there is no screen")  # SDL would draw where nobody sees it
            self._window = pygame.display.set_mode(self._size)
        except pygame.error as error:
            pygame.display.quit()
            hint = "leave out --preview, or give `paddleseg camera` --no_window"
            raise DeviceError("window", f"cannot be opened: {error}", hint) from error
        pygame.display.set_caption(title)
        self._font = pygame.font.Font(None, _FONT)
        self._pressed: deque[str] = deque()

    def show(self, picture: np.ndarray, text: str = "") -> str | None:
        """Show a frame, RGB or RGBA uint8 (H, W, C), with lines of text.

        Returns:
            A key that was pressed, each one once and in their order, or None.
        """
        pygame = self._pygame
        small = cv2.resize(picture, self._size, interpolation=self._interpolation)
        if small.shape[2] == 4:
            small = _on_board(small)
        self._window.blit(pygame.image.frombuffer(np.ascontiguousarray(small), self._size, "RGB"), (0, 0))
        if text:
            self._write(text.splitlines())
        pygame.display.flip()
        for event in pygame.event.get():
            if event.type == pygame.QUIT:
                return "q"
            if event.type == pygame.KEYDOWN:
                self._pressed.append("q" if event.key == pygame.K_ESCAPE else pygame.key.name(event.key))
        return self._pressed.popleft() if self._pressed else None

    def _write(self, lines: list[str]) -> None:
        """White on a darkened part of the picture, to be read before any."""
        letters = [self._font.render(line, True, (255, 255, 255)) for line in lines]
        step = self._font.get_linesize()
        size = (max(each.get_width() for each in letters) + 2 * _MARGIN, step * len(lines) + 2 * _MARGIN)
        shade = self._pygame.Surface(size, self._pygame.SRCALPHA)
        shade.fill((0, 0, 0, _SHADE))
        self._window.blit(shade, (0, 0))
        for number, each in enumerate(letters):
            self._window.blit(each, (_MARGIN, _MARGIN + step * number))

    def close(self) -> None:
        """Close the window."""
        self._pygame.display.quit()


def _on_board(picture: np.ndarray) -> np.ndarray:
    h, w = picture.shape[:2]
    dark = (np.indices((h, w)) // _BOARD).sum(axis=0) % 2
    board = np.where(dark[..., None], np.uint8(150), np.uint8(200))
    weight = picture[..., 3:].astype(np.float32) / 255
    return np.rint(picture[..., :3] * weight + board * (1 - weight)).astype(np.uint8)
