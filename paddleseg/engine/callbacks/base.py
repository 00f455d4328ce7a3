"""The call points of a training run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paddleseg.engine.trainer import Trainer


class Callback:
    """Something that happens around training steps. A callback keeps its own state and hands it to checkpoints."""

    def on_start(self, trainer: Trainer) -> None:
        """Before the first step, after a checkpoint was restored."""

    def on_step_start(self, trainer: Trainer) -> None:
        """Before every update."""

    def on_step_end(self, trainer: Trainer, logs: dict[str, Any]) -> None:
        """After every update, with loss, lr, reader_cost, batch_cost (seconds) and samples."""

    def on_eval_start(self, trainer: Trainer) -> None:
        """Before the validation set is run."""

    def on_eval(self, trainer: Trainer, metrics: dict[str, Any]) -> None:
        """After the validation set was run."""

    def on_exception(self, trainer: Trainer, error: BaseException) -> None:
        """When anything is raised; the error goes on afterwards."""

    def on_end(self, trainer: Trainer) -> None:
        """After the last step of a run that ended well, or was asked to end."""

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take back what `state_dict` gave."""

    def weights(self) -> dict[str, Any] | None:
        """Weights that evaluation and deployment should use instead of the model's, or None."""
        return None

    def load_weights(self, weights: dict[str, Any]) -> None:
        """Take back what `weights` gave."""
