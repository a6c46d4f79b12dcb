"""What a simulated counterpart does with what it gets, and what it says, in the four languages. Pure.

S1  A script is a row of moves: the first thing that comes gets the first move, and so on, from the beginning again
    when the row ends. What follows from what stands on the counterpart's desk is done once, whenever it is looked at:
    after a crash in the middle of a move the rest of it is done.
S2  What answers something of the counterpart's own, or was passed on to it, is accepted, and takes no move.
S3  Messages, requests, questions of consent and invitations into a case take the moves in the order in which they came.
    A consent is given (*answers*, *asks*), refused, or not answered; of a case: it joins and says something, joins and
    asks, joins and leaves at once, or does not join. Once it was answered there, it leaves.
S4  Everything it says begins with the mark: also where only the words are copied.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Move = Literal["answers", "refuses", "silent", "asks"]
Do = Literal["accept", "refuse", "reply", "question", "give", "deny", "join", "leave"]
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
    "colleague": {
        "es": ("", "colega simulado"),
        "en": ("", "simulated colleague"),
        "pt": ("", "colega simulado"),
        "fr": ("", "collègue simulé"),
    },
    "duty": {
        "es": ("", "La empresa de autobuses llama a las seis. Tome el relevo y confirme."),
        "en": ("", "The bus company calls at six. Take over and confirm."),
        "pt": ("", "A empresa de ônibus liga às seis. Assuma o turno e confirme."),
        "fr": ("", "La compagnie d'autocars appelle à six heures. Prenez la relève et confirmez."),
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
    """What is to be done with message `number` of the counterpart's desk; `request` and `case` are the ids of what it
    began, empty for a message. *give* and *deny* are of the consent that it asks for."""

    number: int
    do: Do
    request: str = ""
    case: str = ""


def words(what: str, language: Tongue) -> tuple[str, str]:
    """A subject and a text, both with the mark (S4)."""
    subject, text = _WORDS[what][language]
    mark = _MARK[language]
    return f"{mark}: {subject}", f"{mark}: {text}"


def is_question(subject: str) -> bool:
    """Whether this is the subject of a question of the counterpart's, in any of the languages."""
    return any(subject == f"{mark}: {_WORDS['question'][each][0]}" for each, mark in _MARK.items())


def due(
    messages: Iterable[dict[str, Any]],
    requests: Iterable[dict[str, Any]],
    script: tuple[Move, ...],
    consents: Iterable[dict[str, Any]] = (),
    cases: Iterable[dict[str, Any]] = (),
    own: tuple[str, ...] = (),
) -> tuple[Act, ...]:
    """What the counterpart does now, by what stands on its desk: messages as `enlace inbox --all` tells them, requests
    as `enlace request list --all`, consents as `enlace consent list`, cases as `enlace case show`; `own` are its
    contacts."""
    ordered = sorted(messages, key=lambda each: each["number"])
    mine = {each["id"] for each in ordered if each["direction"] == "out"}
    replied = {each["content"].get("reply_to") for each in ordered if each["direction"] == "out"}
    asked = {row["events"][0]["message"]: row for row in requests if row["events"]}
    permissions = {row["number"]: row for row in consents if row["kind"] == "ask"}
    came = {each["number"] for each in ordered if each["direction"] == "in"}
    threads = list(cases)
    invited = {row["events"][0]["number"]: row for row in threads if _into(row, own)}
    by_number = {each["number"]: each for each in outside(ordered, threads)}
    found, count = list[Act](), 0
    for number in sorted((came & set(by_number)) | set(invited)):
        each = by_number.get(number, {"content": {"kind": "act"}, "decided": ""})
        if each["content"]["kind"] == "passed-on" or (
            each["content"]["kind"] in TALK and each["content"].get("reply_to") in mine
        ):
            found += [Act(number, "accept")] if not each["decided"] else []
            continue
        if each["content"]["kind"] not in TALK and number not in permissions and number not in invited:
            continue
        move, count = script[count % len(script)], count + 1
        if number in permissions:
            found += _on_consent(permissions[number], move)
        elif number in invited:
            found += _on_case(invited[number], number, move, own)
        elif number in asked:
            found += _on_request(asked[number], number, move)
        else:
            found += _on_message(each, move, replied)
    return tuple(found)


def outside(messages: Iterable[dict[str, Any]], cases: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages that are no part of a case, nor may be of one of which not all is here yet."""
    rows = list(cases)
    within = {event["number"] for row in rows for event in row["events"]}
    unsure = {row["title"] for row in rows if row["waiting"]}
    return [each for each in messages if each["number"] not in within and (each["case"] or None) not in unsure]


def opened_elsewhere(row: dict[str, Any], own: tuple[str, ...]) -> bool:
    """Whether a case was opened by somebody else, as far as that is known."""
    return bool(row["known"] and row["events"] and row["events"][0]["contact"] not in own)


def _into(row: dict[str, Any], own: tuple[str, ...]) -> bool:
    """Whether a case was opened by somebody else, who has invited one of the counterpart's contacts into it."""
    events = row["events"]
    if not opened_elsewhere(row, own):
        return False
    return any(each in row["invited"] for each in own) or any(
        each["act"] == "join" and each["contact"] in own for each in events
    )


def _on_consent(row: dict[str, Any], move: Move) -> list[Act]:
    if row["state"] != "asked" or move == "silent":
        return []
    return [Act(row["number"], "deny" if move == "refuses" else "give")]


def _on_case(row: dict[str, Any], number: int, move: Move, own: tuple[str, ...]) -> list[Act]:
    """It joins; says its own, or asks; and leaves once somebody has said something after that."""
    acts = [(each["act"], each["contact"] in own) for each in row["events"] if not each["why"]]
    joined = ("join", True) in acts
    if move == "silent" or (joined and not any(each in row["members"] for each in own)):
        return []
    last = max((at for at, each in enumerate(acts) if each == ("say", True)), default=-1)
    said, answered = acts.count(("say", True)), last >= 0 and ("say", False) in acts[last:]
    steps: list[Do] = [] if joined else ["join"]
    match move:
        case "refuses":
            steps.append("leave")
        case "asks" if said == 0:
            steps.append("question")
        case "asks" if said == 1 and answered:
            steps += ["reply", "leave"]
        case "answers" if said == 0:
            steps.append("reply")
        case _ if answered or said > 1:
            steps.append("leave")
    return [Act(number, do, case=row["case"]) for do in steps]


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
