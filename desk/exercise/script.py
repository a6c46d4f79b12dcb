"""What a simulated counterpart does with what it gets, and what it says, in the four languages. Pure.

S1  A script is a row of moves: the first thing that comes gets the first move, and so on, from the beginning again
    when the row ends. What follows from what stands on the counterpart's desk is done once, whenever it is looked at:
    after a crash in the middle of a move the rest of it is done.
S2  What answers something of the counterpart's own is accepted, and takes no move.
S3  Everything it says begins with the mark: also where only the words are copied.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Move = Literal["answers", "refuses", "silent", "asks"]
Do = Literal["accept", "refuse", "reply", "question"]
Tongue = Literal["es", "en", "pt", "fr"]
SCRIPTS: dict[str, tuple[Move, ...]] = {
    "answers": ("answers",),
    "refuses": ("refuses",),
    "silent": ("silent",),
    "asks": ("asks",),
    "mixed": ("answers", "asks", "refuses", "silent"),
}
TALK = ("text", "form")
_MARK: dict[Tongue, str] = {"es": "EJERCICIO", "en": "EXERCISE", "pt": "EXERCÍCIO", "fr": "EXERCICE"}
_WORDS: dict[str, dict[Tongue, tuple[str, str]]] = {
    "opening": {
        "es": ("¿Dónde está el autobús 4711?", "Vehículo 4711, visto a las 02:10 en la frontera. Confirmen y acepten."),
        "en": ("Where is bus 4711?", "Vehicle 4711, seen at 02:10 at the border. Please confirm and accept."),
        "pt": ("Onde está o ônibus 4711?", "Veículo 4711, visto às 02:10 na fronteira. Confirmem e aceitem."),
        "fr": ("Où est l'autocar 4711 ?", "Véhicule 4711, vu à 02 h 10 à la frontière. Confirmez et acceptez."),
    },
    "reply": {
        "es": ("Respuesta", "Hecho lo pedido. No hay nada más."),
        "en": ("Answer", "What was asked for is done. There is nothing more."),
        "pt": ("Resposta", "Foi feito o que se pediu. Não há mais nada."),
        "fr": ("Réponse", "Ce qui était demandé est fait. Il n'y a rien de plus."),
    },
    "question": {
        "es": ("Pregunta", "¿Bajo qué número de expediente, y hasta cuándo se necesita?"),
        "en": ("Question", "Under which case number, and until when is it needed?"),
        "pt": ("Pergunta", "Com que número de processo, e até quando é preciso?"),
        "fr": ("Question", "Sous quel numéro de dossier, et pour quand ?"),
    },
    "refuse": {
        "es": ("", "no es competencia de esta autoridad"),
        "en": ("", "this authority is not competent"),
        "pt": ("", "não é competência desta autoridade"),
        "fr": ("", "cette autorité n'est pas compétente"),
    },
}


@dataclass(frozen=True, slots=True)
class Act:
    """What is to be done with message `number` of the counterpart's desk; `request` is the id of the request that it
    began, empty for a message."""

    number: int
    do: Do
    request: str = ""


def words(what: str, language: Tongue) -> tuple[str, str]:
    """A subject and a text, both with the mark (S3)."""
    subject, text = _WORDS[what][language]
    mark = _MARK[language]
    return f"{mark}: {subject}", f"{mark}: {text}"


def is_question(subject: str) -> bool:
    """Whether this is the subject of a question of the counterpart's, in any of the languages."""
    return any(subject == f"{mark}: {_WORDS['question'][each][0]}" for each, mark in _MARK.items())


def due(
    messages: Iterable[dict[str, Any]], requests: Iterable[dict[str, Any]], script: tuple[Move, ...]
) -> tuple[Act, ...]:
    """What the counterpart does now, by what stands on its desk: messages as `enlace inbox --all` tells them, requests
    as `enlace request list --all` does."""
    ordered = sorted(messages, key=lambda each: each["number"])
    mine = {each["id"] for each in ordered if each["direction"] == "out"}
    replied = {each["content"].get("reply_to") for each in ordered if each["direction"] == "out"}
    asked = {row["events"][0]["message"]: row for row in requests if row["events"]}
    found, count = list[Act](), 0
    for each in ordered:
        if each["direction"] != "in" or each["content"]["kind"] not in TALK:
            continue
        if each["content"].get("reply_to") in mine:
            found += [Act(each["number"], "accept")] if not each["decided"] else []
            continue
        move, count = script[count % len(script)], count + 1
        row = asked.get(each["number"])
        found += _on_request(row, each["number"], move) if row else _on_message(each, move, replied)
    return tuple(found)


def _on_message(each: dict[str, Any], move: Move, replied: set[str]) -> list[Act]:
    number, said = each["number"], each["id"] in replied
    match move:
        case "answers":
            accept = [] if each["decided"] else [Act(number, "accept")]
            return accept + ([] if said else [Act(number, "reply")])
        case "refuses":
            return [] if each["decided"] else [Act(number, "refuse")]
        case "asks":
            return [] if said else [Act(number, "question")]
    return []


def _on_request(row: dict[str, Any], number: int, move: Move) -> list[Act]:
    done, id_ = {each["act"]["kind"] for each in row["events"]}, row["request"]
    match move:
        case "answers":
            steps: tuple[tuple[str, Do], ...] = (("accept", "accept"), ("complete", "reply"))
        case "refuses":
            steps = (("refuse", "refuse"),)
        case "asks":
            steps = (("ask", "question"),)
        case _:
            steps = ()
    return [Act(number, do, id_) for kind, do in steps if kind not in done]
