"""`wacloud doctor` looks at the store of files: an S3 store that is well, that refuses our keys, that is down."""

import pytest
from s3_twin import KEY_ID, REGION, SECRET, serving_s3

from rig import Rig
from wacloud.main import doctor
from wacloud.main.doctor import exit_code, look_at_everything
from wacloud.main.doctor_outside import look_at_files
from wacloud.main.settings import Settings


def with_store(rig: Rig, address: str, **more: str) -> Settings:
    told = {
        "media_url": "s3://shelf/files",
        "aws_access_key_id": KEY_ID,
        "aws_secret_access_key": SECRET,
        "aws_region": REGION,
        "aws_endpoint_url": address,
    }
    return rig.house.settings.model_copy(update=told | more)


async def test_a_store_that_takes_and_gives_is_well_and_nothing_is_left_in_it(rig: Rig):
    async with serving_s3() as (twin, address):
        lines = await look_at_everything(with_store(rig, address), [("files", look_at_files)])
    assert (lines[0].check, lines[0].state) == ("files", "ok")
    assert "shelf" in lines[0].text
    assert (twin.objects, exit_code(lines)) == ({}, 0)


async def test_keys_the_store_does_not_know_are_broken_and_told_nowhere(rig: Rig):
    async with serving_s3() as (twin, address):
        wrong = with_store(rig, address, aws_secret_access_key="hunter2-is-no-key")
        lines = await look_at_everything(wrong, [("files", look_at_files)])
    assert (lines[0].state, exit_code(lines)) == ("broken", 1)
    assert "MEDIA_URL" in lines[0].fix
    assert twin.refused > 0
    assert "hunter2" not in str(lines)


async def test_a_store_that_is_down_ends_the_question_in_time(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(doctor, "ONE_S", 1.5)
    async with serving_s3() as (twin, address):
        twin.is_down = True
        lines = await look_at_everything(with_store(rig, address), [("files", look_at_files)])
    assert (lines[0].check, lines[0].state, exit_code(lines)) == ("files", "broken", 1)


async def test_a_store_of_no_known_kind_is_told_without_its_password(rig: Rig):
    settings = rig.house.settings.model_copy(update={"media_url": "ftp://me:hunter2@files.example"})
    lines = await look_at_everything(settings, [("files", look_at_files)])
    assert lines[0].state == "broken"
    assert "hunter2" not in str(lines)
