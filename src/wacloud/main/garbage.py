"""When Python looks for garbage in a process of ours that nobody wants to stand still."""

import gc


def let_garbage_wait() -> None:
    """
    Look through everything for garbage rarely, and never through what is loaded by now, which stays.

    It holds everything up: for 130 ms with nothing but the program itself, for 200 ms with a thousand pages open.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(700, 10, 1_000)
