"""A worker whose clock is wrong: `python skewed_worker.py SECONDS`, negative for one that is slow."""

import sys
from datetime import datetime, timedelta

import uvloop

from wacloud.main.settings import load_settings
from wacloud.main.wiring import Swaps
from wacloud.main.worker import work
from wacloud.shared.application.clock import system_clock
from wacloud.shared.infra.logging import set_up_logging


def main(seconds: float) -> None:
    wrong = timedelta(seconds=seconds)

    def clock() -> datetime:
        return system_clock() + wrong

    set_up_logging("INFO")
    uvloop.run(work(load_settings(), Swaps(clock=clock)))


if __name__ == "__main__":
    main(float(sys.argv[1]))
