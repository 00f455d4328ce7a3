"""What happens around training steps."""

from paddleseg.engine.callback import Callback
from paddleseg.engine.callbacks.checkpoint import Checkpoint
from paddleseg.engine.callbacks.early_stop import EarlyStop
from paddleseg.engine.callbacks.ema import EMA
from paddleseg.engine.callbacks.finite import Finite
from paddleseg.engine.callbacks.profiler import Profiler
from paddleseg.engine.callbacks.progress import ProgressLog
from paddleseg.engine.callbacks.visualdl import VisualDL

__all__ = ["EMA", "Callback", "Checkpoint", "EarlyStop", "Finite", "Profiler", "ProgressLog", "VisualDL"]
