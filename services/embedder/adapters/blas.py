"""One core for each matrix product; who wants more cores runs more products at once.

numpy's OpenBLAS spreads a product over all cores, and its threads wait for each other by spinning. On a machine
that has other work, a product then waits for the scheduler: with 6 processes on 2 cores, 8 texts took 10 to 20 s
of which 4 s were spun away, against 2 s this way (and no less on an idle machine, with a thread a core).
"""

import ctypes
from pathlib import Path

import numpy as np

LIBRARY = "libscipy_openblas*"
"""In numpy's wheels. A numpy that was built on another BLAS keeps that one's settings."""
SETTERS = ("scipy_openblas_set_num_threads64_", "scipy_openblas_set_num_threads")


def use_one_core_a_product() -> bool:
    """For the whole process. False: this numpy has another BLAS."""
    package = Path(np.__file__).parent
    for file in sorted([*package.parent.glob(f"numpy.libs/{LIBRARY}"), *package.glob(f".dylibs/{LIBRARY}")]):
        library = ctypes.CDLL(str(file))
        for name in SETTERS:
            if hasattr(library, name):
                getattr(library, name)(1)
                return True
    return False
