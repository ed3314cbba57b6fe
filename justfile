# Short names for the usual commands; all of them work without `just` too.

# What CI runs
check:
    .ci/run

# The tests; arguments go to pytest
test *args:
    bin/test {{args}}

# The whole product on this machine
demo *args:
    bin/demo {{args}}

# Format, and mend what can be mended mechanically
fmt:
    bin/setup dev
    .venv/bin/ruff check --fix .
    .venv/bin/ruff format .

# Pin the packages anew; `just lock --upgrade` takes the newest
lock *args:
    bin/lock {{args}}

# Measure
bench *args:
    bin/setup run
    .venv/bin/python -m wacloud bench {{args}}
