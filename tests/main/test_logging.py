"""What the log may never tell, whoever reads it."""

import subprocess
import sys

import pytest

FAILING = """
import structlog
from wacloud.shared.infra.logging import set_up_logging

set_up_logging("INFO", pretty={pretty})

def sign_in(password, access_token):
    said = "mi clave es " + "1234-de-Rosa"
    raise RuntimeError("boom")

try:
    sign_in("hunter2" + "-password", "EAAB" + "-access-token")
except RuntimeError:
    structlog.get_logger().exception("request_failed", path="/login", password="hunter2" + "-password")
"""


@pytest.mark.parametrize("pretty", [True, False], ids=["at a terminal", "in a file"])
def test_a_failure_is_logged_with_its_place_and_without_the_values_it_had_in_hand(pretty: bool):
    told = subprocess.run(
        [sys.executable, "-c", FAILING.format(pretty=pretty)], capture_output=True, text=True, check=True, timeout=60
    ).stderr
    assert "request_failed" in told
    assert "in sign_in" in told
    assert "RuntimeError: boom" in told
    for secret in ("hunter2-password", "EAAB-access-token", "1234-de-Rosa"):
        assert secret not in told
