"""The fixed sentences of a notice, in the four languages. Pure.

1. A sentence says for which contacts something waits, how much, how urgent it is and what time it is there; nothing of
   the sender, the case, the subject or the text, none of which a locked desk knows. That a time limit of a request
   ends it says, and not of which.
2. In a network for exercises each begins with the mark.
3. Sentences are fixed: nothing that anybody outside sent comes to stand in one.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from desk.notices.settings import Tongue
from directory.finding.zones import time_zone
from relay.protocol.envelope import Precedence

NOTICE_TYPE = "enlace/night-notice/v1"
About = Literal["waiting", "no-sign", "limit", "deaf", "test"]

_PRECEDENCES: dict[Tongue, dict[Precedence, str]] = {
    "en": {"flash": "flash", "immediate": "immediate", "priority": "priority", "routine": "routine"},
    "es": {"flash": "relámpago", "immediate": "inmediata", "priority": "prioritaria", "routine": "rutina"},
    "pt": {"flash": "relâmpago", "immediate": "imediata", "priority": "prioritária", "routine": "rotina"},
    "fr": {"flash": "éclair", "immediate": "immédiat", "priority": "urgent", "routine": "routine"},
}
# {precedence} of the most urgent, {contacts}, {waiting} how many, {at} the local time.
_SENTENCES: dict[About, dict[Tongue, str]] = {
    "waiting": {
        "en": "A {precedence} message waits for {contacts}. Unopened: {waiting}. Local time: {at}. "
        "Open it at the desk.",
        "es": "Un mensaje de precedencia {precedence} espera a {contacts}. Sin abrir: {waiting}. Hora local: {at}. "
        "Ábralo en el puesto.",
        "pt": "Uma mensagem de precedência {precedence} espera por {contacts}. Por abrir: {waiting}. Hora local: {at}. "
        "Abra-a no posto.",
        "fr": "Un message de degré d'urgence {precedence} attend {contacts}. Non ouverts : {waiting}. "
        "Heure locale : {at}. Ouvrez-le au poste.",
    },
    "no-sign": {
        "en": "The relay gives no sign that a {precedence} message of {contacts} went on to the next stage. Such "
        "messages: {waiting}. Local time: {at}. Telephone.",
        "es": "El retransmisor no da señal de que un mensaje de precedencia {precedence} de {contacts} haya pasado "
        "a la etapa siguiente. Mensajes así: {waiting}. Hora local: {at}. Llame por teléfono.",
        "pt": "O retransmissor não dá sinal de que uma mensagem de precedência {precedence} de {contacts} passou "
        "à etapa seguinte. Mensagens assim: {waiting}. Hora local: {at}. Telefone.",
        "fr": "Le relais ne donne aucun signe qu'un message de degré d'urgence {precedence} de {contacts} soit passé à "
        "l'étape suivante. Messages dans ce cas : {waiting}. Heure locale : {at}. Téléphonez.",
    },
    "limit": {
        "en": "A time limit of a request at {contacts} is near or has passed. Such limits: {waiting}. "
        "Local time: {at}. Unlock the desk.",
        "es": "Un plazo de una solicitud de {contacts} está por vencer o ha vencido. Plazos así: {waiting}. "
        "Hora local: {at}. Desbloquee el puesto.",
        "pt": "Um prazo de um pedido de {contacts} está prestes a terminar ou já terminou. Prazos assim: {waiting}. "
        "Hora local: {at}. Desbloqueie o posto.",
        "fr": "Un délai d'une demande de {contacts} arrive à échéance ou est échu. Délais dans ce cas : {waiting}. "
        "Heure locale : {at}. Déverrouillez le poste.",
    },
    "deaf": {
        "en": "The desk of {contacts} has heard nothing from the relay for ten minutes or more: nothing rings there. "
        "Local time: {at}. Look at the desk.",
        "es": "El puesto de {contacts} no oye al retransmisor desde hace diez minutos o más: allí no suena nada. "
        "Hora local: {at}. Vaya a ver el puesto.",
        "pt": "O posto de {contacts} não ouve o retransmissor há dez minutos ou mais: nada toca lá. "
        "Hora local: {at}. Vá ver o posto.",
        "fr": "Le poste de {contacts} n'entend plus le relais depuis dix minutes ou plus : rien n'y sonne. "
        "Heure locale : {at}. Allez voir le poste.",
    },
    "test": {
        "en": "This is a test of a notice for {contacts}. Nothing waits. Local time: {at}.",
        "es": "Esta es una prueba de un aviso para {contacts}. No espera nada. Hora local: {at}.",
        "pt": "Este é um teste de um aviso para {contacts}. Nada espera. Hora local: {at}.",
        "fr": "Ceci est l'essai d'un avis pour {contacts}. Rien n'attend. Heure locale : {at}.",
    },
}
_EXERCISE: dict[Tongue, str] = {
    "en": "EXERCISE, nothing of this is real.",
    "es": "EJERCICIO, nada de esto es real.",
    "pt": "EXERCÍCIO, nada disto é real.",
    "fr": "EXERCICE, rien de ceci n'est réel.",
}
_THIS_DESK: dict[Tongue, str] = {"en": "this desk", "es": "este puesto", "pt": "este posto", "fr": "ce poste"}


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a notice says. `at` is local, with its distance from UTC."""

    about: About
    precedence: Precedence
    contacts: tuple[str, ...]
    waiting: int
    at: str
    language: Tongue
    exercise: bool = False

    @property
    def text(self) -> str:
        """The sentence."""
        sentence = _SENTENCES[self.about][self.language].format(
            precedence=_PRECEDENCES[self.language][self.precedence],
            contacts=", ".join(self.contacts) or _THIS_DESK[self.language],
            waiting=self.waiting,
            at=self.at,
        )
        return f"{_EXERCISE[self.language]} {sentence}" if self.exercise else sentence


def telling(
    about: About,
    precedence: Precedence,
    contacts: Sequence[str],
    waiting: int,
    now: int,
    zone: str,
    language: Tongue,
    *,
    exercise: bool = False,
) -> Telling:
    """What a notice says at `now`, in the local time of `zone`; the machine's where that is empty. `exercise`: the desk
    is of a network for exercises, which is all that a locked one can know."""
    return Telling(
        about=about,
        precedence=precedence,
        contacts=tuple(contacts),
        waiting=waiting,
        at=local_time(now, zone),
        language=language,
        exercise=exercise,
    )


def local_time(now: int, zone: str) -> str:
    """A time as the wall clock there shows it, with its distance from UTC: `03:12 (UTC-05:00)`."""
    # Without a zone the machine's own is asked for.
    local = datetime.fromtimestamp(now, time_zone(zone) if zone else None).astimezone(time_zone(zone) if zone else None)
    offset = local.strftime("%z")
    return f"{local:%H:%M} (UTC{offset[:3]}:{offset[3:5]})"
