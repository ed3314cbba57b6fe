"""The bot's database rows, its models and its search."""

import os

# Vectors of single texts are a handful of tiny products: BLAS threads only get in each other's way (measured
# on two busy cores: 3 ms for a text with one thread, 140 ms with two). Read once, when numpy is loaded: here,
# because this runs before any file of the folder does.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
