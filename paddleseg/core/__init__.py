"""PaddleSeg's entry points over objects: `from paddleseg.core import train, evaluate, predict`.

New code that has a configuration uses `paddleseg.engine.run.train`; these keep scripts written for PaddleSeg running.
"""

# PaddleSeg's `train`, `predict` and so on are functions in modules of their own name; here the functions are meant.
from paddleseg.core import infer
from paddleseg.core.analyse import analyse
from paddleseg.core.export import export
from paddleseg.core.predict import predict
from paddleseg.core.train import train
from paddleseg.core.val import evaluate

__all__ = ["analyse", "evaluate", "export", "infer", "predict", "train"]
