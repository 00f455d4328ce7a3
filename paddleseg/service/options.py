"""What a client may ask for, in the address of a request or in the first message of a stream."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["mask", "alpha", "cutout", "composite"]
_GREY = r"(25[0-5]|2[0-4]\d|1\d\d|\d?\d)"


class _Looks(BaseModel):
    model_config = ConfigDict(extra="forbid")

    background: Annotated[
        str | None,
        Field(
            # Never a path: nothing that a client says names a file of the server.
            pattern=r"^(blur(:(0\.\d{0,3}[1-9]|1))?|#[0-9A-Fa-f]{6})$",
            description="What composite shows behind people: blur, blur:STRENGTH up to 1, or a colour as #rrggbb (in "
            "an address %23rrggbb).",
            examples=["blur", "blur:0.3", "#00b140"],
        ),
    ] = None
    format: Annotated[
        Literal["jpeg", "png", "webp"], Field(description="Of composite; the others are PNG.", examples=["jpeg"])
    ] = "jpeg"


class Options(_Looks):
    """What to make of the photos of a request."""

    output: Annotated[
        list[Kind],
        Field(
            max_length=4,
            description="What to make, once for each. mask: classes as grey values. alpha: grey, 0 to 255. cutout: the "
            "people with transparency. composite: the people before another background. Left out: composite where a "
            "background is given, else cutout.",
            examples=[["cutout"], ["mask", "alpha"]],
        ),
    ] = []
    mask_values: Annotated[
        str | None,
        Field(
            pattern=rf"^{_GREY}(,{_GREY}){{1,255}}$",
            description="The grey of each class in mask; the class itself where left out.",
            examples=["0,255"],
        ),
    ] = None

    def kinds(self, has_background: bool) -> list[Kind]:
        """The outputs, each once; a background that was given is shown."""
        shown = has_background or self.background is not None
        kinds: list[Kind] = list(self.output) or (["composite"] if shown else ["cutout"])
        return list(dict.fromkeys([*kinds, "composite"] if shown else kinds))

    def greys(self) -> list[int]:
        return [int(grey) for grey in self.mask_values.split(",")] if self.mask_values else []


class StreamOptions(_Looks):
    """The first message of a stream."""

    output: Annotated[Literal["alpha", "cutout", "composite"], Field(examples=["composite"])] = "composite"
    temporal: Annotated[
        Literal["adaptive", "flow", "ema"] | None, Field(description="How masks are made steady; null: not at all.")
    ] = "adaptive"
    token: Annotated[
        str | None, Field(max_length=256, description="For browsers, which cannot send it as a header.")
    ] = None
