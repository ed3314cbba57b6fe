"""`python -m wacloud` is `wacloud`."""

from wacloud.main.cli import app

app()
