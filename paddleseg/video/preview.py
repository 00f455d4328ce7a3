"""A small window that shows frames, by pygame."""

from __future__ import annotations

import os

import cv2
import numpy as np

from paddleseg.errors import DeviceError
from paddleseg.geometry import Size

_LONGEST = 960
_BOARD = 12
"""Side of the squares that show through where a frame is transparent."""


class Preview:
    """A window. Closing it, q and Escape give the key "q"; any other key gives its name.

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
        try:
            pygame.display.init()
            pygame.font.init()
            self._window = pygame.display.set_mode(self._size)
        except pygame.error as error:
            raise DeviceError("preview", f"no window can be opened: {error}", "leave out --preview") from error
        pygame.display.set_caption(title)
        self._font = pygame.font.Font(None, 22)

    def show(self, picture: np.ndarray, text: str = "") -> str | None:
        """Show a frame, RGB or RGBA uint8 (H, W, C), with a line of text.

        Returns:
            The key that was pressed since the last frame, or None.
        """
        pygame = self._pygame
        small = cv2.resize(picture, self._size, interpolation=cv2.INTER_AREA)
        if small.shape[2] == 4:
            small = _on_board(small)
        self._window.blit(pygame.image.frombuffer(np.ascontiguousarray(small), self._size, "RGB"), (0, 0))
        if text:
            for shift, colour in (((7, 7), (0, 0, 0)), ((6, 6), (255, 255, 255))):
                self._window.blit(self._font.render(text, True, colour), shift)
        pygame.display.flip()
        pressed = None
        for event in pygame.event.get():
            if event.type == pygame.QUIT:
                return "q"
            if event.type == pygame.KEYDOWN:
                pressed = "q" if event.key == pygame.K_ESCAPE else pygame.key.name(event.key)
        return pressed

    def close(self) -> None:
        """Close the window."""
        self._pygame.display.quit()


def _on_board(picture: np.ndarray) -> np.ndarray:
    h, w = picture.shape[:2]
    dark = (np.indices((h, w)) // _BOARD).sum(axis=0) % 2
    board = np.where(dark[..., None], np.uint8(150), np.uint8(200))
    weight = picture[..., 3:].astype(np.float32) / 255
    return np.rint(picture[..., :3] * weight + board * (1 - weight)).astype(np.uint8)
