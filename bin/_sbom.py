"""
What the product stands on, by the locks: every pinned package of Python and of the pages, with version and hashes.

Made of the lock files alone, so the same locks give the same bill. See `bin/sbom`.
"""

import json
import re
import sys
import uuid
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.dependency import Dependency
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

ROOT = Path(__file__).resolve().parent.parent
_PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)(?: ; (?P<marker>[^\\]+?))? \\$")
_HASH = re.compile(r"^ {4}--hash=sha256:(?P<hash>[0-9a-f]{64})(?: \\)?$")


def of_python(lock: str) -> Iterator[Component]:
    """
    Every requirement of a hashed lock file.

    :raises ValueError: a line is no pin, hash or comment, or a package has no hash.
    """
    found: list[Component] = []
    for number, line in enumerate(lock.splitlines(), start=1):
        if pinned := _PINNED.match(line):
            name, version = pinned["name"], pinned["version"]
            purl = PackageURL("pypi", None, re.sub(r"[-_.]+", "-", name).lower(), version)
            marker = [Property(name="python:marker", value=pinned["marker"])] if pinned["marker"] else []
            found.append(_component(name, version, purl, [], properties=marker))
        elif hashed := _HASH.match(line):
            found[-1].hashes.add(HashType(alg=HashAlgorithm.SHA_256, content=hashed["hash"]))
        elif line.strip() and not line.lstrip().startswith("#"):
            raise ValueError(f"line {number} is no pinned package: {line}")
    for component in found:
        if not component.hashes:
            raise ValueError(f"{component.name} has no hash")
        yield component


def of_pages(lock: str) -> Iterator[Component]:
    """Every package of the pages that is copied into the product; what only the tests use is not."""
    for path, package in json.loads(lock)["packages"].items():
        if not path or package.get("dev"):
            continue
        namespace, _, name = path.rpartition("node_modules/")[2].rpartition("/")
        algorithm, _, content = package["integrity"].partition("-")
        if algorithm != "sha512":
            raise ValueError(f"{path} has no SHA-512")
        hashes = [HashType(alg=HashAlgorithm.SHA_512, content=b64decode(content).hex())]
        purl = PackageURL("npm", namespace or None, name, package["version"])
        yield _component(name, package["version"], purl, hashes, group=namespace or None)


def bill(root: Path) -> Bom:
    """The whole bill: the product, and what it depends on."""
    project = re.search(r'^version = "(.+)"$', (root / "pyproject.toml").read_text(), re.MULTILINE)
    assert project is not None
    product = _component("wacloud", project[1], PackageURL("pypi", None, "wacloud", project[1]), [])
    product.type = ComponentType.APPLICATION
    product.scope = None
    locks = [(root / "requirements/run.lock").read_text(), (root / "package-lock.json").read_text()]
    parts = [*of_python(locks[0]), *of_pages(locks[1])]
    made = Bom(
        components=parts,
        serial_number=uuid.uuid5(uuid.NAMESPACE_OID, "\n".join([project[1], *locks])),
        dependencies=[Dependency(product.bom_ref, [Dependency(part.bom_ref) for part in parts])],
    )
    made.metadata.component = product
    made.metadata.timestamp = datetime(1970, 1, 1, tzinfo=UTC)  # the same locks, the same bill
    return made


def _component(
    name: str,
    version: str,
    purl: PackageURL,
    hashes: list[HashType],
    *,
    group: str | None = None,
    properties: list[Property] | None = None,
) -> Component:
    return Component(
        name=name,
        version=version,
        group=group,
        purl=purl,
        bom_ref=str(purl),
        hashes=hashes,
        properties=properties or [],
        type=ComponentType.LIBRARY,
        scope=ComponentScope.REQUIRED,
    )


def main() -> None:
    text = JsonV1Dot6(bill(ROOT)).output_as_string(indent=2) + "\n"
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(text)
        sys.stderr.write(f"{sys.argv[1]}: written\n")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
