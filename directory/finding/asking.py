"""What somebody wants who types a question: its words, whether they ask who answers *now*, and which words only ask.

1. *Who answers*, *quién contesta*, *quem atende*, *qui répond*, *ahora* … ask for whoever answers at this moment; they
   are not looked for, unless something is called so in full.
2. *Telephone*, *please*, *night* … may stand in a name. They are looked for with the others; where nothing has them
   all, they are passed over, and nothing is missing for it.
3. A telephone number is one word, however it is spaced, also among other words; *24 horas*, *24h* and *24x7* are 24.
4. At most MOST_WORDS words are looked for, and of one no more than MOST_LETTERS letters: whoever pastes a page is
   answered by its beginning, and told so.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from directory.folding import SMALL_WORDS, words

MOST_WORDS = 16
MOST_LETTERS = 64
LEAST_DIGITS = 5  # of a telephone number, or a part of one
_MOST_TEXT = 4000  # characters that are read at all
_WHOLE_NUMBER = re.compile(r"[+(]?[\d\s()./-]{6,}")
_NUMBER = re.compile(r"(?<![\w@./+-])[+(]?\d[\d\s().-]{5,}\d(?![\w@-])")
_LEAST_AMONG_WORDS = 7  # digits: fewer may be a year and a day
_ROUND_THE_CLOCK = re.compile(r"\b24\s*(?:x\s*7|h(?:s|rs)?|horas?|hours?|heures?)\b", re.IGNORECASE)

_ASKING = frozenset(
    words(
        "quien quienes who whom qui quem contesta contestan contestara atiende atienden responde responden "
        "answer answers answering respond responds repond repondent atende atendem atendera "
        "ahora ahorita agora now maintenant actuellement currently"
    )
)
_PASSABLE = (
    frozenset(
        words(
            "a al an any are as at can could cual cuales como comment do does es esta est estao hay how i is "
            "ja je j me m mi moi my ou para please porfavor favor por posso pode puedo puede puis peut qual "
            "que quelle quel tem there to what where which whose donde onde dois devo debo should must need "
            "needs necesito preciso besoin llamo llamar llama llame call calls calling ligar ligo chamar "
            "appeler appelle joindre reach speak speaks "
            "hablar habla hable falar fala parler parle contacto contactar "
            "contact contacter contato contatar telefono telefonos telefone telefones telephone telephones "
            "phone phones tel cel celular numero numeros number numbers no ext extension anexo interno ramal "
            "poste correo correos mail email emails mailto e courriel electronico electronique horas hora "
            "hours hour heures heure h hs hrs dia day jour noche nocturno nocturna night noite nuit madrugada "
            "urgente urgent urgencia urgence urgency emergencia emergencias emergency emergence oficina "
            "office bureau escritorio hoy today hoje aujourd hui guardia duty turno"
        )
    )
    - _ASKING
)


@dataclass(frozen=True, slots=True)
class Asked:
    """The words to look for, which of them may be passed over, whether *now* is asked, how many were left out."""

    words: tuple[str, ...]
    passable: frozenset[str] = frozenset()
    now: bool = False
    left_out: int = 0


def asked(text: str, called: Callable[[str], bool] = lambda _: False) -> Asked:
    """What a text asks; small words count where there is no other, and where something is `called` so.

    DAS is an office, das is not.
    """
    text = text[:_MOST_TEXT]
    if number := _whole_number(text):
        return Asked((number,))
    pieces, numbers = _without_numbers(_ROUND_THE_CLOCK.sub(" 24 ", text))
    found = [each[:MOST_LETTERS] for each in words(pieces)]
    asking = {each for each in found if each in _ASKING and not called(each)}
    some = [each for each in found if each not in asking]
    telling = [each for each in some if each not in SMALL_WORDS or called(each)] or ([] if numbers else some)
    every = list(dict.fromkeys((*telling, *numbers)))
    passable = frozenset(each for each in every if each in _PASSABLE)
    if passable.issuperset(every):
        passable = frozenset()
    return Asked(tuple(every[:MOST_WORDS]), passable, bool(asking), max(0, len(every) - MOST_WORDS))


def is_number(word: str) -> bool:
    """Whether a word that is looked for is, or may be a part of, a telephone number."""
    return word.isascii() and word.isdecimal() and len(word) >= LEAST_DIGITS


def _whole_number(text: str) -> str:
    digits = _digits(text) if _WHOLE_NUMBER.fullmatch(text.strip()) else ""
    return digits if len(digits) >= LEAST_DIGITS else ""


def _without_numbers(text: str) -> tuple[str, list[str]]:
    numbers: list[str] = []

    def taken(match: re.Match[str]) -> str:
        digits = _digits(match[0])
        if len(digits) < _LEAST_AMONG_WORDS:
            return match[0]
        numbers.append(digits)
        return " "

    return _NUMBER.sub(taken, text), numbers


def _digits(text: str) -> str:
    return "".join(str(int(each)) for each in text if each.isdecimal())
