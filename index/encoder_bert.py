"""A BERT sentence encoder as an OpenVINO graph, built straight from `model.safetensors`.

No export step and no torch: the six-layer graph of the default model takes about 0.2 s to build.
Devlin et al. 2019 describe the network (post-layer normalisation, exact GELU, learnt positions);
Reimers and Gurevych 2019 the pooling into one vector.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from .bert_settings import BertSettings
from .errors import EncoderError
from .openvino_offline import openvino, opset13

Node = Any  # openvino.Node
Weights = dict[str, NDArray[np.float32]]

# Weights that are rounded with one scale, as many as `index.openvino_encoder.GROUP` components of a
# token: so the kernels are fastest on AVX-512 with VNNI (docs/speed.md, "8-bit", has the sweep).
TOGETHER = 128


def build_graph(folder: Path, settings: BertSettings, *, eight_bit: bool = False) -> openvino.Model:
    """Return the graph: `(ids, mask)`, both int32 `(n, length)`, to unit float32 vectors `(n, d)`.

    `eight_bit` rounds the matrices of the layers to 255 levels, with a scale for every
    `TOGETHER` weights of a row. Those of the attention's values, one in twelve of all weights,
    stay as they are, and so do the embeddings, biases and normalisations. What the values' matrix
    is multiplied by has one or two components that outweigh all others at [CLS] and [SEP], where
    most heads look most of the time: to round that does more harm than all else together.

    Raises `EncoderError` when the weights do not have the names of a BERT's.
    """
    try:
        weights = load_file(folder / "model.safetensors")
        return _Graph(weights, settings, eight_bit=eight_bit).model()
    except KeyError as error:
        raise EncoderError(
            f"{folder / 'model.safetensors'} has no tensor {error}: not a plain BERT"
        ) from error


class _Graph:
    """One build. Shapes in the comments: n texts, l tokens, h heads, d dimensions, e = d / h."""

    def __init__(self, weights: Weights, settings: BertSettings, *, eight_bit: bool) -> None:
        self.weights = weights
        self.settings = settings
        self.eight_bit = eight_bit

    def model(self) -> openvino.Model:
        ids = opset13.parameter([-1, -1], np.int32, name="ids")
        mask = opset13.parameter([-1, -1], np.int32, name="mask")
        kept = opset13.convert(mask, "f32")
        # Added to the attention scores: 0 at a token and -10000 at padding, whose weight after the
        # softmax is then exactly 0 in float32 and in bfloat16.
        bias = opset13.multiply(opset13.subtract(kept, _real(1)), _real(1e4))
        bias = opset13.unsqueeze(bias, _whole([1, 2]))  # (n, 1, 1, l)
        state = self._embeddings(ids)
        for layer in range(self.settings.layers):
            state = self._layer(state, bias, f"encoder.layer.{layer}")
        result = opset13.result(self._pooled(state, kept))
        return openvino.Model([result], [ids, mask], "bert")

    def _embeddings(self, ids: Node) -> Node:
        words = opset13.gather(self._weight("embeddings.word_embeddings.weight"), ids, _whole(0))
        # One text at a time, never a pair: every token is of type 0.
        places = (
            self._array("embeddings.position_embeddings.weight")
            + self._array("embeddings.token_type_embeddings.weight")[0]
        )
        length = opset13.gather(opset13.shape_of(ids, "i32"), _whole([1]), _whole(0))
        places = opset13.slice(_real(places), _whole([0]), length, _whole([1]), _whole([0]))
        return self._normalised(opset13.add(words, places), "embeddings.LayerNorm")

    def _layer(self, state: Node, bias: Node, name: str) -> Node:
        query, key, value = (
            self._heads(self._dense(state, f"{name}.attention.self.{part}"))
            for part in ("query", "key", "value")
        )
        context = opset13.scaled_dot_product_attention(query, key, value, bias)  # (n, h, l, e)
        context = opset13.transpose(context, _whole([0, 2, 1, 3]))
        context = opset13.reshape(context, _whole([0, 0, self.settings.dimension]), True)
        attended = self._dense(context, f"{name}.attention.output.dense")
        centred = self._centred(opset13.add(state, attended))
        state = self._scaled(centred, f"{name}.attention.output.LayerNorm")
        inner = opset13.gelu(self._inner(centred, state, name), "erf")
        outer = self._dense(inner, f"{name}.output.dense")
        return self._normalised(opset13.add(state, outer), f"{name}.output.LayerNorm")

    def _heads(self, state: Node) -> Node:
        heads = self.settings.heads
        split = [0, 0, heads, self.settings.dimension // heads]
        return opset13.transpose(
            opset13.reshape(state, _whole(split), True), _whole([0, 2, 1, 3])
        )  # (n, h, l, e)

    def _pooled(self, state: Node, kept: Node) -> Node:
        if self.settings.pooling == "cls":
            pooled = opset13.gather(state, _whole(0), _whole(1))
        else:
            # The mean's divisor, one number for a text, goes with the normalisation.
            kept = opset13.unsqueeze(kept, _whole([2]))
            pooled = opset13.reduce_sum(opset13.multiply(state, kept), _whole([1]), False)
        return opset13.normalize_l2(pooled, _whole([1]), 1e-12, "max")

    def _inner(self, centred: Node, state: Node, name: str) -> Node:
        """Return the product that widens a layer's `state`, which is `centred` after scaling."""
        if not self.eight_bit:
            return self._dense(state, f"{name}.intermediate.dense")
        # The scaling goes with the matrix instead: before it the components are more alike, and
        # rounding them costs half as much (1 - mean cosine .00014 for .00031, docs/speed.md).
        normalisation = f"{name}.attention.output.LayerNorm"
        matrix = self._array(f"{name}.intermediate.dense.weight")
        bias = matrix @ self._array(f"{normalisation}.bias")
        bias += self._array(f"{name}.intermediate.dense.bias")
        matrix = matrix * self._array(f"{normalisation}.weight")
        return opset13.add(opset13.matmul(centred, _rounded(matrix), False, True), _real(bias))

    def _dense(self, state: Node, name: str) -> Node:
        matrix = self._array(f"{name}.weight")
        exact = not self.eight_bit or name.endswith(".self.value")
        product = opset13.matmul(state, _real(matrix) if exact else _rounded(matrix), False, True)
        return opset13.add(product, self._weight(f"{name}.bias"))

    def _normalised(self, state: Node, name: str) -> Node:
        return self._scaled(self._centred(state), name)

    def _centred(self, state: Node) -> Node:
        return opset13.mvn(state, _whole([-1]), True, self.settings.epsilon, "inside_sqrt")

    def _scaled(self, centred: Node, name: str) -> Node:
        scaled = opset13.multiply(centred, self._weight(f"{name}.weight"))
        return opset13.add(scaled, self._weight(f"{name}.bias"))

    def _weight(self, name: str) -> Node:
        return _real(self._array(name))

    def _array(self, name: str) -> NDArray[np.float32]:
        return self.weights[name].astype(np.float32, copy=False)


def _rounded(matrix: NDArray[np.float32]) -> Node:
    """Return `matrix`, `(out, in)`, in 8 bits."""
    # Symmetric: no zero point, so that products are sums of bytes times two scales.
    width = matrix.shape[1]
    groups = matrix.reshape(len(matrix), -1, width if width % TOGETHER else TOGETHER)
    scales = np.maximum(np.abs(groups).max(axis=2, keepdims=True) / 127, 1e-12)
    levels = opset13.constant(np.rint(groups / scales).astype(np.int8))
    rounded = opset13.multiply(opset13.convert(levels, "f32"), _real(scales))
    return opset13.reshape(rounded, _whole([*matrix.shape]), False)


def _real(value: float | NDArray[np.float32]) -> Node:
    return opset13.constant(np.asarray(value, dtype=np.float32))


def _whole(value: int | list[int]) -> Node:
    return opset13.constant(np.asarray(value, dtype=np.int32))
