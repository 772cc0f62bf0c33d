"""AutoAWQ's GEMM layout: four-bit weights, eight to an int32, with a scale and a zero point for each group.

For a weight of shape (out, in): `qweight` (in, out / 8), `qzeros` (in / group, out / 8), `scales` (in / group, out).
A weight is `(q - zero) * scale`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

BITS, GROUP = 4, 128
LEVELS = 2**BITS - 1
NIBBLE_ORDER = (0, 2, 4, 6, 1, 3, 5, 7)
"""Which of eight neighbours lies in the first nibble, the second, …: what AutoAWQ's GPU kernel reads fastest."""

CONFIG: dict[str, Any] = {
    "quant_method": "awq",
    "bits": BITS,
    "group_size": GROUP,
    "zero_point": True,
    "version": "gemm",
}


def pack(weight: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    """Rounds to nearest, as if no activation mattered more than another."""
    rows, columns = weight.shape
    groups = weight.T.reshape(columns // GROUP, GROUP, rows)
    low, high = groups.min(axis=1), groups.max(axis=1)
    scales = ((high - low) / LEVELS).astype(np.float16)
    wide = scales.astype(np.float32)
    zeros = np.clip(np.rint(-low / wide), 0, LEVELS)
    quantised = np.clip(np.rint(groups / wide[:, None, :]) + zeros[:, None, :], 0, LEVELS)
    return {
        "qweight": _eight_to_one(quantised.reshape(columns, rows)),
        "qzeros": _eight_to_one(zeros),
        "scales": scales,
    }


def _eight_to_one(values: NDArray[Any]) -> NDArray[np.int32]:
    """(n, m) of 0 to 15 → (n, m / 8)."""
    nibbles = values.astype(np.uint32).reshape(values.shape[0], -1, 8)
    packed = np.zeros(nibbles.shape[:2], np.uint32)
    for position, neighbour in enumerate(NIBBLE_ORDER):
        packed |= nibbles[:, :, neighbour] << np.uint32(BITS * position)
    return packed.view(np.int32)
