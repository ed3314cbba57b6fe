"""The store of files: a folder and S3 behave the same."""

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import uuid4

import pytest
from s3_twin import KEY_ID, REGION, SECRET, S3Twin, serving_s3

from wacloud.modules.whatsapp.application.media_ports import FileGone, StoreOfFilesAway
from wacloud.modules.whatsapp.infra.media_files import ObjectFiles, open_files
from wacloud.shared.domain.ids import BusinessId

Opened = tuple[ObjectFiles, S3Twin | None]


@pytest.fixture(params=["file", "s3"])
async def files(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Opened]:
    if request.param == "file":
        yield open_files((tmp_path / "a folder").as_uri(), {}), None
        return
    async with serving_s3() as (twin, address):
        yield open_files("s3://shelf/some/prefix", keys(address)), twin


def keys(address: str, secret: str = SECRET) -> dict[str, str]:
    return {"access_key_id": KEY_ID, "secret_access_key": secret, "region": REGION, "endpoint": address}


@pytest.fixture
def a_file(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(content: bytes) -> Path:
        path = tmp_path / uuid4().hex
        path.write_bytes(content)
        return path

    return write


async def read(files: ObjectFiles, key: str, start: int, end: int) -> bytes:
    return b"".join([chunk async for chunk in files.read(key, start, end)])


@pytest.mark.parametrize("size", [1, 1000, 6 * 1024 * 1024])
async def test_what_was_put_is_read_whole_and_in_part(files: Opened, a_file: Callable[[bytes], Path], size: int):
    store, _ = files
    content = os.urandom(size)
    await store.put("b/x/2026/11/one", a_file(content))
    assert await store.size("b/x/2026/11/one") == size
    assert await read(store, "b/x/2026/11/one", 0, size) == content
    assert await read(store, "b/x/2026/11/one", size // 3, size // 2) == content[size // 3 : size // 2]
    other = os.urandom(size)
    await store.put("b/x/2026/11/one", a_file(other))
    assert await read(store, "b/x/2026/11/one", 0, size) == other


async def test_what_is_not_there_is_told_so_and_deleted_without_complaint(files: Opened):
    store, _ = files
    with pytest.raises(FileGone):
        await read(store, "b/x/none", 0, 10)
    with pytest.raises(FileGone):
        await store.size("b/x/none")
    await store.delete(["b/x/none"])


async def test_a_business_is_taken_out_whole_and_alone(files: Opened, a_file: Callable[[bytes], Path]):
    store, _ = files
    one, other = BusinessId(uuid4()), BusinessId(uuid4())
    for number in range(3):
        await store.put(f"b/{one}/2026/11/{number}", a_file(b"x"))
    await store.put(f"b/{other}/2026/11/0", a_file(b"y"))
    assert await store.delete_all(one) == 3
    assert await store.delete_all(one) == 0
    assert await read(store, f"b/{other}/2026/11/0", 0, 1) == b"y"


async def test_s3_is_signed_and_a_wrong_key_opens_nothing(a_file: Callable[[bytes], Path]):
    async with serving_s3() as (twin, address):
        store = open_files("s3://shelf/some/prefix", keys(address))
        await store.put("b/x/one", a_file(b"x"))
        assert list(twin.objects) == ["shelf/some/prefix/b/x/one"]
        assert twin.refused == 0
        with pytest.raises(StoreOfFilesAway):
            await open_files("s3://shelf/some/prefix", keys(address, "another secret")).put("b/x/two", a_file(b"x"))
        assert twin.refused


async def test_a_store_that_is_away_is_told_so(a_file: Callable[[bytes], Path]):
    async with serving_s3() as (_, address):
        store = open_files("s3://shelf", keys(address))
    with pytest.raises(StoreOfFilesAway):
        await store.put("b/x/one", a_file(b"x"))


@pytest.mark.parametrize("url", ["", "http://example.test/x", "file://host/x", "s3:///x", "/var/files"])
def test_an_address_that_names_no_store_is_refused(url: str):
    with pytest.raises(ValueError, match=r"file:///folder or s3://bucket/prefix"):
        open_files(url, {})
