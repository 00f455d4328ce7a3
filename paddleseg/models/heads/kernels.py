"""Kernels that learn from the pixels they found (K-Net, Zhang et al., NeurIPS 2021, section 3.2)."""

from __future__ import annotations

from typing import Any

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.layers import matmul, sigmoid, spatial_size
from paddleseg.models.layers.vit import CrossAttention


class KernelUpdate(nn.Layer):
    """One stage: pixels are gathered by the masks, kernels are made anew of them, and find new masks (figure 2 b).

    Args:
        in_channels: Of the features and kernels.
        out_channels: Of the new kernels; as many.
        num_heads: Heads of attention.
        num_mask_fcs: Linear layers before the kernels.
        feedforward_channels: Channels between the linear layers after the attention.
        dropout: Share of values dropped there.
        conv_kernel_size: Side of a kernel: 1.
        with_ffn: Whether there are such linear layers.
        num_ffn_fcs: PaddleSeg's, without effect, as `kernel_init` and `feat_transform`.
        kernel_updator_cfg: Arguments of `_Gates`. Its default looks at kernels of 512 channels as at two of 256, as the
            paper's own code does.
        kernel_attention: Let the kernels of a picture attend to each other and add that to what they were.

    Shape:
        x (N, in_channels, H, W), kernels (N, K, in_channels), masks (N, K, H, W); returns new masks and kernels.

    Raises:
        ValueError: `conv_kernel_size` is not 1.
    """

    def __init__(
        self,
        in_channels: int = 256,
        out_channels: int = 256,
        num_heads: int = 8,
        num_mask_fcs: int = 3,
        feedforward_channels: int = 2048,
        dropout: float = 0.0,
        conv_kernel_size: int = 1,
        with_ffn: bool = True,
        num_ffn_fcs: int = 2,
        kernel_init: bool = False,
        feat_transform: bool | None = False,
        kernel_updator_cfg: dict[str, Any] | None = None,
        kernel_attention: bool = False,
    ):
        super().__init__()
        if conv_kernel_size != 1:
            raise ValueError(f"conv_kernel_size is {conv_kernel_size}; it should be 1, as that of the first kernels")
        self.kernel_attention = kernel_attention
        self.transform = nn.Conv2D(in_channels, in_channels, 1)
        self.gates = _Gates(**(kernel_updator_cfg or {}))
        self.attention, self.attention_norm = CrossAttention(in_channels, num_heads, dropout), nn.LayerNorm(in_channels)
        self.with_ffn = with_ffn
        if with_ffn:
            self.fc1 = nn.Linear(in_channels, feedforward_channels)
            self.fc2 = nn.Linear(feedforward_channels, in_channels)
            self.ffn_norm, self.dropout = nn.LayerNorm(in_channels), nn.Dropout(dropout)
        fcs = [
            layer
            for _ in range(num_mask_fcs)
            for layer in (nn.Linear(in_channels, in_channels, bias_attr=False), nn.LayerNorm(in_channels), nn.ReLU())
        ]
        self.fcs, self.to_kernel = nn.Sequential(*fcs), nn.Linear(in_channels, out_channels)

    def forward(
        self, x: paddle.Tensor, kernels: paddle.Tensor, masks: paddle.Tensor
    ) -> tuple[paddle.Tensor, paddle.Tensor]:
        x = self.transform(x)
        pixels = x.flatten(2)
        gathered = matmul(F.softmax(masks, axis=1).flatten(2), pixels, transpose_y=True)  # (N, K, C)
        kernels = self.attention_norm(self._attended(self.gates(gathered, kernels)))
        if self.with_ffn:
            hidden = self.dropout(F.relu(self.fc1(kernels)))
            kernels = self.ffn_norm(kernels + self.dropout(self.fc2(hidden)))
        found = matmul(self.to_kernel(self.fcs(kernels)), pixels)
        return found.reshape([0, masks.shape[1], *spatial_size(x)]), kernels

    def _attended(self, kernels: paddle.Tensor) -> paddle.Tensor:
        if self.kernel_attention:
            return kernels + self.attention(kernels, kernels, kernels)
        if not self.training:  # each by itself
            return self.attention.proj(self.attention.v(kernels))
        across = kernels.transpose([1, 0, 2])
        return self.attention(across, across, across).transpose([1, 0, 2])


class _Gates(nn.Layer):
    """New kernels from what was gathered and the old ones, each let in by a gate (section 3.2, equations 4 to 6).

    Args:
        in_channels: Of a kernel, as `feat_channels`; `out_channels` of a new one, None for as many.
        input_feat_shape: PaddleSeg's, without effect.
        gate_sigmoid: Whether gates end in a sigmoid.
        gate_norm_act: Whether what they see goes through a norm and ReLU.
        activate_out: Whether what they let in goes through a ReLU.
    """

    def __init__(
        self,
        in_channels: int = 256,
        feat_channels: int = 256,
        out_channels: int | None = None,
        input_feat_shape: Any = None,
        gate_sigmoid: bool = True,
        gate_norm_act: bool = False,
        activate_out: bool = False,
    ):
        super().__init__()
        inner, out = feat_channels, out_channels or in_channels
        self.channels, self.gate_sigmoid, self.activate_out = in_channels, gate_sigmoid, activate_out
        self.dynamic_layer, self.input_layer = (nn.Linear(in_channels, 2 * inner) for _ in range(2))
        self.input_gate, self.update_gate = (nn.Linear(in_channels, inner) for _ in range(2))
        self.gate_norm = nn.LayerNorm(inner) if gate_norm_act else None
        self.norm_in, self.norm_out, self.input_norm_in, self.input_norm_out = (nn.LayerNorm(inner) for _ in range(4))
        self.fc_layer, self.fc_norm = nn.Linear(inner, out), nn.LayerNorm(out)

    def forward(self, gathered: paddle.Tensor, kernels: paddle.Tensor) -> paddle.Tensor:
        count, channels = kernels.shape[1:]
        update_in, update_out = _halves(self.dynamic_layer(gathered.reshape([-1, self.channels])))
        input_in, input_out = _halves(self.input_layer(kernels.reshape([-1, self.channels])))
        both = input_in * update_in
        if self.gate_norm is not None:
            both = F.relu(self.gate_norm(both))
        input_gate, update_gate = self.input_norm_in(self.input_gate(both)), self.norm_in(self.update_gate(both))
        if self.gate_sigmoid:
            input_gate, update_gate = sigmoid(input_gate), sigmoid(update_gate)
        update_out, input_out = self.norm_out(update_out), self.input_norm_out(input_out)
        if self.activate_out:
            update_out, input_out = F.relu(update_out), F.relu(input_out)
        new = F.relu(self.fc_norm(self.fc_layer(update_gate * update_out + input_gate * input_out)))
        return new.reshape([-1, count, channels])


def _halves(x: paddle.Tensor) -> tuple[paddle.Tensor, paddle.Tensor]:
    half = x.shape[1] // 2
    return x[:, :half], x[:, half:]
