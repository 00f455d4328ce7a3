"""Transforms, each under its registry name: `import paddleseg.transforms as T; T.Resize([192, 192])`."""

from paddleseg.registry import TRANSFORMS

__getattr__, __dir__ = TRANSFORMS.as_module(__name__)
