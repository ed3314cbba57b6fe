"""How texts are cut in pieces."""

import pytest

from wacloud.modules.bot.domain.chunking import LONGEST, Block, Chunk, chunks_of, sentences
from wacloud.modules.bot.infra.extract_files import blocks_of_text


def paragraph(text: str) -> Block:
    return Block("paragraph", text)


def test_a_piece_keeps_the_headings_above_it() -> None:
    blocks = [
        Block("heading", "Envíos", 1),
        paragraph("A toda la península."),
        Block("heading", "Canarias", 2),
        paragraph("Una semana."),
        Block("heading", "Pagos", 1),
        paragraph("Con tarjeta."),
    ]
    assert chunks_of(blocks) == [
        Chunk("Envíos", "A toda la península."),
        Chunk("Envíos › Canarias", "Una semana."),
        Chunk("Pagos", "Con tarjeta."),
    ]


def test_a_question_stays_with_its_answer_and_begins_a_piece() -> None:
    blocks = [
        paragraph("Bienvenidos."),
        paragraph("¿Hacéis envíos?"),
        paragraph("Sí, a toda la península."),
        paragraph("¿Y a Canarias?"),
        paragraph("No."),
    ]
    assert [chunk.body for chunk in chunks_of(blocks)] == [
        "Bienvenidos.",
        "¿Hacéis envíos?\nSí, a toda la península.",
        "¿Y a Canarias?\nNo.",
    ]


def test_a_long_answer_carries_its_question_into_every_piece() -> None:
    answer = " ".join(f"Esta es la frase número {n}, que dice algo de los envíos." for n in range(40))
    pieces = chunks_of([paragraph("¿Cómo enviáis?"), paragraph(answer)])
    assert len(pieces) > 2
    assert all(piece.body.startswith("¿Cómo enviáis?\n") for piece in pieces)


def test_rows_are_never_cut_and_never_mixed_with_paragraphs() -> None:
    row = "Servicio: " + "afilado de cuchillos " * 20 + "; Precio: 4,50 €"
    pieces = chunks_of([paragraph("Precios de hoy."), Block("row", row), Block("row", row)])
    assert [piece.body for piece in pieces] == ["Precios de hoy.", row, row]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Vive en la Avda. España. Abre a las 9.", ["Vive en la Avda. España.", "Abre a las 9."]),
        ("Cuesta 4.90 euros. ¿Lo quieres? Sí.", ["Cuesta 4.90 euros.", "¿Lo quieres?", "Sí."]),
        ("Pregunta por la Sra. García. Ella sabe.", ["Pregunta por la Sra. García.", "Ella sabe."]),
        ("Tel. 983 000 000. Llama.", ["Tel. 983 000 000.", "Llama."]),
    ],
)
def test_sentences_end_where_spanish_ones_do(text: str, wanted: list[str]) -> None:
    assert sentences(text) == wanted


def test_what_has_no_end_is_cut_between_words_and_loses_nothing() -> None:
    text = "palabra " * 500
    pieces = chunks_of([paragraph(text.strip())])
    assert all(len(piece.body) <= LONGEST for piece in pieces)
    assert " ".join(piece.body for piece in pieces).split() == text.split()


def test_equal_texts_make_equal_pieces() -> None:
    text = "# Uno\n\nHola. " * 200 + "\n\nFIN DEL TEXTO\n\nadiós"
    assert chunks_of(blocks_of_text(text)) == chunks_of(blocks_of_text(text))


def test_lines_that_were_wrapped_are_joined_and_bullets_are_not() -> None:
    text = (
        "HORARIO DE LA TIENDA\n\nAbrimos de lunes a viernes por la mañana y también por la tar-\nde, menos en agosto.\n"
        "- Lunes: de 9 a 14\n- Martes: de 9 a 14\n"
    )
    heading, words = blocks_of_text(text)
    assert heading == Block("heading", "HORARIO DE LA TIENDA", 2)
    assert words.text == (
        "Abrimos de lunes a viernes por la mañana y también por la tarde, menos en agosto.\n"
        "- Lunes: de 9 a 14\n- Martes: de 9 a 14"
    )
