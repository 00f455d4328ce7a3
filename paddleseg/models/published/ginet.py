"""PaddleSeg's names of GINet."""

from __future__ import annotations

from paddleseg.models.published.name_map import AUXILIARY, CONV_BN, JOINT_PYRAMID, SEPARABLE, NameMap

NAMES = {
    "GINet": NameMap(
        rename=(
            *AUXILIARY,
            *JOINT_PYRAMID,
            (r"^head\.inp$", "words"),
            (r"^head\.fc(\d)\.0\.", lambda match: f"embed.{int(match[1]) - 1}.conv."),
            (r"^head\.fc(\d)\.1\.", lambda match: f"embed.{int(match[1]) - 1}.bn."),
            (r"^head\.conv5\.", "reduce."),
            (r"^head\.conv6\.1\.", "classify."),
            (r"^head\.gloru\.conv_theta\.", "interaction.project."),
            (r"^head\.gloru\.conv_phi\.", "interaction.reduce."),
            (r"^head\.gloru\.extend_dim\.", "interaction.extend."),
            (r"^head\.gloru\.bn\.", "interaction.norm."),
            (r"^head\.gloru\.graph\.vis_gcn\.", "interaction.seen."),
            (r"^head\.gloru\.graph\.word_gcn\.", "interaction.named."),
            # There the names ask, and what is seen takes their answer's transpose.
            (r"^head\.gloru\.graph\.transfer\.key_conv\.", "interaction.query."),
            (r"^head\.gloru\.graph\.transfer\.query_conv\.", "interaction.key."),
            (r"^head\.gloru\.graph\.transfer\.value_conv_word\.", "interaction.value."),
            (r"^head\.gloru\.graph\.gamma_vis$", "interaction.gamma"),
            (r"\.conv1\.", ".between."),
            (r"\.conv2\.", ".within."),
            *SEPARABLE,
            *CONV_BN,
        ),
        # What tells the names what is seen has no effect on any output.
        unused=(r"\.transfer\.value_conv_vis\.", r"\.gamma_word$", r"\.transfer\.query_conv\.bias$"),
    ),
}
