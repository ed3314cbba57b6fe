"""Contacts from files and into files: whatever program wrote them, and whatever happens half-way."""

import csv
import io
from typing import Any
from uuid import UUID

import pytest

from builders.people import Desk, eventually
from rig import Rig
from wacloud.modules.whatsapp.application import import_contacts
from wacloud.modules.whatsapp.domain.contact_csv import (
    FileNotReadable,
    FileTooLarge,
    MappingNotPossible,
    check_mapping,
    guess_mapping,
    harmless,
    read_entry,
    read_table,
)

ROSA = "34600111222"


@pytest.fixture
async def desk(rig: Rig) -> Desk:
    return Desk(rig, await rig.shop(enabled=False))


# Understanding files.

TEXT = "Nombre;Teléfono\r\nPeñarroya, Ángel;600111222\r\nNúñez;600333444\r\n"


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8-sig"),
        (TEXT.encode("cp1252"), "windows-1252"),
        (TEXT.encode("utf-16"), "utf-16"),
        (TEXT.replace("\r\n", "\n").encode(), "utf-8"),
        (TEXT.replace(";", "\t").encode(), "utf-8"),
        (TEXT.replace(";", "|").encode(), "utf-8"),
        ('"Nombre","Teléfono"\n"Peñarroya, Ángel","600111222"\n"Núñez","600333444"\n'.encode(), "utf-8"),
        (
            b"\xef\xbb\xbf" + 'Nombre,Teléfono\n"Peñarroya, Ángel",600111222\nNúñez,600333444\n\n,\n'.encode(),
            "utf-8-sig",
        ),
    ],
)
def test_letters_and_separators_are_found_out(raw: bytes, encoding: str):
    table = read_table(raw)
    assert table.encoding == encoding
    assert list(table.header) == ["Nombre", "Teléfono"]
    assert [list(row) for _, row in table.rows] == [["Peñarroya, Ángel", "600111222"], ["Núñez", "600333444"]]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n\n",
        b"Nombre;Telefono\n",
        b"PK\x03\x04 a spreadsheet",
        b"%PDF-1.7",
        b"a\x00b;c\n1;2\n",
        b"\xff\xfea",
        b"\xd0\xcf\x11\xe0x",
    ],
)
def test_what_is_no_table_is_refused(raw: bytes):
    with pytest.raises(FileNotReadable):
        read_table(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"x" * (5 * 1024 * 1024 + 1),
        b"Telefono\n" + b"600111222\n" * 20_001,
        ";".join(map(str, range(61))).encode() + b"\n1",
    ],
    ids=["bytes", "rows", "columns"],
)
def test_what_is_too_much_is_refused(raw: bytes):
    with pytest.raises(FileTooLarge):
        read_table(raw)


@pytest.mark.parametrize(
    ("header", "guessed"),
    [
        (["Nombre y apellidos", "Teléfono móvil", "Etiquetas"], ["name", "phone", "tags"]),
        (["Full Name", "Phone Number", "Opt-in", "Opt-out"], ["name", "phone", "opted_in", "opted_out"]),
        (["CELULAR", "Acepta promociones", "Notas"], ["phone", "opted_in", None]),
        (["WhatsApp", "Teléfono"], ["phone", None]),
    ],
)
def test_columns_are_guessed_by_their_names(header: list[str], guessed: list[str | None]):
    assert guess_mapping(header, []) == guessed


@pytest.mark.parametrize(
    "mapping", [[], ["name", None], ["phone", "phone"], ["phone", "field:x"], ["phone", "x"], ["phone"]]
)
def test_a_mapping_needs_one_phone_and_no_meaning_twice(mapping: list[str | None]):
    with pytest.raises(MappingNotPossible):
        check_mapping(mapping, 2, [])


@pytest.mark.parametrize(
    ("typed", "region", "digits"),
    [
        ("600 11 12 22", "ES", "34600111222"), ("+34 600-111-222", "MX", "34600111222"),
        ("0034600111222", None, "34600111222"), ("34600111222", "ES", "34600111222"),
        ("34600111222", None, "34600111222"),
        ("55 1234 5678", "MX", "525512345678"), ("5215512345678", None, "525512345678"),
        ("11 8765-4321", "BR", "5511987654321"), ("11 15-2345-6789", "AR", "5491123456789"),
        ("600111222.0", "ES", "34600111222"), ("3.46E+10", "ES", None), ("12", "ES", None), ("hola", "ES", None),
    ],
)  # fmt: skip
def test_numbers_are_read_as_the_country_writes_them(typed: str, region: str | None, digits: str | None):
    entry = read_entry([typed], ["phone"], [], region)
    assert (entry.phone or None, entry.problem) == (digits, None if digits else "phone_wrong")


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\u00a0=1", "\uff1d1+1"],
)
def test_no_cell_is_a_formula_to_a_spreadsheet(cell: str):
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["Rosa", "+34600111222", "a=b", "", "3-4"])
def test_other_cells_stay_as_they_are(cell: str):
    assert harmless(cell) == cell
    assert harmless(-3) == "-3"


# Importing.


async def sent(desk: Desk, text: str, **upload: Any) -> UUID:
    answer = await desk.upload(text.encode(), **upload)
    assert answer.status == 303, answer.text
    return UUID(answer.text.rpartition("/")[2])


async def start(desk: Desk, import_id: UUID, *mapping: str, region: str = "ES", **form: str) -> None:
    told = {f"c{n}": target for n, target in enumerate(mapping)} | {"region": region, "does": "start"} | form
    answer = await desk.page("POST", f"/contacts/import/{import_id}", told)
    assert answer.status == 303, answer.text


async def finished(desk: Desk, import_id: UUID) -> Any:
    async def look() -> Any:
        found = await desk.rig.house.people.reader.an_import(desk.shop.user_id, desk.shop.business_id, import_id)
        return found if found is not None and found.state == "done" else None

    return await eventually(look)


FILE = """Nombre;Teléfono;Etiquetas;Puntos
Rosa Pérez;600 111 222;VIP, Madrid;1.200,5
Paco;+34 600 333 444;VIP;
;no es un teléfono;;
Lupe;;;3
Rosa P.;0034600111222;Nueva;7
;;;
Ana;600555666;;muchos
"""


async def test_a_file_is_looked_at_and_then_taken_over_row_by_row(desk: Desk):
    assert (await desk.page("POST", "/contacts/fields", {"label": "Puntos", "kind": "number"})).status == 303
    known = await desk.add("+34600333444", name="Francisco")
    import_id = await sent(desk, FILE)
    page = (await desk.page("GET", f"/contacts/import/{import_id}")).text
    assert "What would come of it" in page
    for count in (
        "<dt>New</dt><dd>1</dd>",
        "<dt>Known already</dt><dd>1</dd>",
        "<dt>Repeated in the file</dt><dd>1</dd>",
        "<dt>Cannot be taken</dt><dd>3</dd>",
    ):
        assert count in page
    assert len(await desk.all()) == 1
    await start(desk, import_id, "name", "phone", "tags", "field:puntos")
    done = await finished(desk, import_id)
    assert (done.added, done.updated, done.unchanged, done.refused) == (1, 1, 1, 3)
    rosa, paco = await desk.all()
    assert (rosa["name"], rosa["phone"], rosa["fields"]) == ("Rosa P.", f"+{ROSA}", {"puntos": 7})
    assert (paco["id"], paco["name"], [one["name"] for one in paco["tags"]]) == (known["id"], "Paco", ["VIP"])
    problems = (await desk.page("GET", f"/contacts/import/{import_id}/problems.csv")).text
    rows = list(csv.reader(io.StringIO(problems.removeprefix("\ufeff"))))
    assert rows[0][:3] == ["#", "!", "Nombre"]
    assert [row[0] for row in rows[1:]] == ["4", "5", "8"]
    assert rows[3][1] == "What stands in “Puntos” does not fit"
    assert "whatsapp.contacts_imported" in await desk.log()


async def test_a_file_never_opts_in_who_opted_out_and_needs_a_proof(desk: Desk):
    await desk.hears(ROSA, "BAJA")
    import_id = await sent(desk, "telefono,acepta\n600111222,si\n600333444,sí\n600555666,no\n")
    refused = await desk.page(
        "POST", f"/contacts/import/{import_id}", {"c0": "phone", "c1": "opted_in", "region": "ES", "does": "start"}
    )
    assert refused.status == 422
    assert "Write where and how" in refused.text
    await start(desk, import_id, "phone", "opted_in", proof="Hoja de la feria de 2026")
    await finished(desk, import_id)
    consents = {one["phone"]: one["consent"] for one in await desk.all()}
    assert consents[f"+{ROSA}"]["opted_out_at"]
    assert consents[f"+{ROSA}"]["opted_in_at"] is None
    assert consents["+34600333444"]["opted_in_at"]
    assert consents["+34600555666"]["opted_in_at"] is None
    [proof] = (await desk.get(await desk.contact_of("34600333444")))["consent_events"]
    assert (proof["source"], proof["words"], proof["noted_by"]) == (
        "import", "clientes.csv: Hoja de la feria de 2026", "Marta",
    )  # fmt: skip


async def test_a_column_of_those_who_want_nothing_opts_them_out(desk: Desk):
    await start(desk, await sent(desk, "telefono;baja\n600111222;x\n"), "phone", "opted_out")

    async def is_out() -> bool:
        return any(one["consent"]["opted_out_at"] for one in await desk.all())

    await eventually(is_out)


async def test_a_worker_that_dies_half_way_loses_no_row_and_repeats_none(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(import_contacts, "AT_ONCE", 3)
    put, calls = type(desk.rig.house.people.imports).advance, []

    async def dies(self: Any, tx: Any, business_id: Any, import_id: Any, done: Any) -> None:
        calls.append(done.next_row)
        await put(self, tx, business_id, import_id, done)
        if len(calls) == 2:
            # After all was written and before it was committed.
            raise RuntimeError("the lights went out")

    monkeypatch.setattr(type(desk.rig.house.people.imports), "advance", dies)
    rows = "".join(f"Persona {n};6001112{n:02}\n" for n in range(10))
    import_id = await sent(desk, f"nombre;telefono\n{rows}")
    await start(desk, import_id, "name", "phone")

    async def died() -> bool:
        return len(calls) >= 2

    await eventually(died)
    await desk.rig.hurry(desk.shop)
    done = await finished(desk, import_id)
    assert (done.added, done.updated, done.unchanged, done.refused) == (10, 0, 0, 0)
    assert len(await desk.all()) == 10
    assert calls[:3] == [5, 8, 8]


async def test_an_import_is_begun_once_and_forgotten_when_told(desk: Desk):
    import_id = await sent(desk, "telefono\n600111222\n", name="../../etc/<b>clientes<b>.csv")
    await start(desk, import_id, "phone")
    await finished(desk, import_id)
    again = await desk.page("POST", f"/contacts/import/{import_id}", {"c0": "phone", "region": "ES", "does": "start"})
    assert again.status == 409
    listed = (await desk.page("GET", "/contacts/import")).text
    assert "&lt;b&gt;clientes&lt;b&gt;.csv" in listed
    assert "etc" not in listed
    assert (await desk.page("POST", f"/contacts/import/{import_id}/remove")).status == 303
    assert (await desk.page("GET", f"/contacts/import/{import_id}")).status == 404


async def test_a_file_that_is_too_large_or_no_file_is_refused(desk: Desk):
    assert (await desk.upload(b"x" * (6 * 1024 * 1024))).status == 413
    refused = await desk.upload(b"PK\x03\x04 a spreadsheet")
    assert refused.status == 422
    assert "Save the sheet as CSV" in refused.text
    assert (await desk.page("POST", "/contacts/import", {"file": "x"})).status == 422


# Exporting.


async def test_everybody_or_a_segment_is_given_out_and_no_cell_is_a_formula(desk: Desk):
    await desk.page("POST", "/contacts/fields", {"label": "=cmd()", "kind": "text"})
    [field] = (await desk.ask("GET", "/api/contact-fields")).json
    await desk.add("+34600111222", name="=HYPERLINK(1)", fields={field["key"]: "@x"})
    await desk.add("+34600333444", name="Núñez, Paco")
    rule = {"field": "name", "op": "contains", "value": "nunez"}
    segment = (await desk.ask("POST", "/api/segments", {"name": "x", "filter": {"match": "all", "rules": [rule]}})).json
    told = (await desk.page("GET", "/contacts/export/contacts.csv?excel=true")).text
    assert told.startswith("\ufeff")
    header, paco, rosa = list(csv.reader(io.StringIO(told.removeprefix("\ufeff"))))
    assert (header[1], header[-1]) == ("name", "'=cmd()")
    assert (rosa[1], rosa[4], rosa[-1]) == ("'=HYPERLINK(1)", "+34600111222", "'@x")
    assert paco[1] == "Núñez, Paco"
    part = (await desk.page("GET", f"/contacts/export/contacts.csv?segment={segment['id']}")).text
    assert [row[1] for row in csv.reader(io.StringIO(part))] == ["name", "Núñez, Paco"]
    assert (await desk.log()).count("whatsapp.contacts_exported") == 2


async def test_what_was_given_out_can_be_taken_in_again(desk: Desk):
    await desk.add("+34600111222", name="-Rosa-")
    told = (await desk.page("GET", "/contacts/export/contacts.csv?excel=true")).text
    other = Desk(desk.rig, await desk.rig.shop(enabled=False))
    import_id = await sent(other, told)
    found = await other.rig.house.people.reader.an_import(other.shop.user_id, other.shop.business_id, import_id)
    assert found is not None
    await start(other, import_id, *(target or "" for target in found.mapping), region="")
    await finished(other, import_id)
    [contact] = await other.all()
    assert (contact["phone"], contact["name"]) == (f"+{ROSA}", "-Rosa-")
