"""PaddleSeg's folders, below this package's own (`$PADDLESEG_HOME`); made when something is written."""

from pathlib import Path

from paddleseg.fetch import home

USER_HOME = str(Path.home())
SEG_HOME = str(home())
DATA_HOME = str(home() / "dataset")
TMP_HOME = str(home() / "tmp")
PRETRAINED_MODEL_HOME = str(home() / "pretrained_model")
