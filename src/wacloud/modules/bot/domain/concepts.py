"""
Words that ask for one thing: "¿cuánto cobráis?" and "el precio", "llevar a casa" and "a domicilio".

What people ask a shop, a clinic or a restaurant are a few dozen things. The words are roots, as `spelling.root` leaves
them. A group says that two words may mean one thing, never that they do: it counts less than the word itself.
"""

from typing import Final

_GROUPS: Final = (
    "preci cuest cuant cost val cobr tarif vale cuesta",
    "horari hor abr cerr abiert cerrad abri",
    "direccion call dond ubic ubicacion localizacion direcion",
    "envi domicili repart llev cas entreg mand",
    "pag tarjet bizum efectiv transferent plaz financi abon",
    "perr mascot gat anim",
    "nin infantil hij beb pequen kids",
    "aparc parking coch garaj",
    "vegan vegetarian",
    "glut celiac",
    "cit reserv turn mes",
    "anul cancel cambi",
    "urgent urgenci duel dolor",
    "devolv devolucion devuelv cambi",
    "factur nif",
    "segur mutu asegur asegurador aseguradora",
    "descuent ofert rebaj promocion",
    "recog pas guard",
    "repar areg arregl",
    "tard lleg plaz",
    "telefon llam",
)
_OF: dict[str, frozenset[int]] = {}
for _place, _group in enumerate(_GROUPS):
    for _root in _group.split():
        _OF[_root] = _OF.get(_root, frozenset()) | {_place}
_NONE: Final[frozenset[int]] = frozenset()


def concepts_of(root: str) -> frozenset[int]:
    """The groups a root belongs to."""
    return _OF.get(root, _NONE)
