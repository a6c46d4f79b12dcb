"""What is said about consent, and how a message may be used, in four languages."""

from collections.abc import Mapping
from types import MappingProxyType

from desk.events.form import kind_of
from desk.handling.rules import AskConsent, ConsentEvent, GiveConsent, RefuseConsent
from desk.handling.words import ACTS
from directory.four_languages import OFFICIAL, InFour

KINDS: Mapping[str, InFour] = MappingProxyType(
    {
        "ask": ("se pide el consentimiento", "consent is asked for", "pede-se o consentimento", "consentement demandé"),
        "give": ("consentimiento dado", "consent given", "consentimento dado", "consentement donné"),
        "refuse": ("consentimiento negado", "consent refused", "consentimento negado", "consentement refusé"),
        "take-back": ("consentimiento retirado", "consent taken back", "consentimento retirado", "consentement retiré"),
    }
)
NOTHING: InFour = ("No se preguntó nada.", "Nothing was asked.", "Nada foi perguntado.", "Rien n’a été demandé.")
STATES: Mapping[str, InFour] = MappingProxyType(
    {
        "asked": ("sin respuesta", "not answered yet", "sem resposta", "sans réponse"),
        "given": ("dado", "given", "dado", "donné"),
        "refused": ("negado", "refused", "negado", "refusé"),
        "counts": ("vale", "counts", "vale", "valable"),
        "ended": ("vencido", "ended", "vencido", "expiré"),
        "taken-back": ("retirado", "taken back", "retirado", "retiré"),
        "unproven": (
            "no vale: el relé no prueba cuándo se envió",
            "counts for nothing: the relay proves no time for it",
            "não vale: o relé não prova quando foi enviado",
            "sans valeur : le relais ne prouve pas quand il fut envoyé",
        ),
        "not-theirs": (
            "no vale: no es de quien envió el mensaje",
            "counts for nothing: not of who sent the message",
            "não vale: não é de quem enviou a mensagem",
            "sans valeur : ne vient pas de l’expéditeur du message",
        ),
        "unknown-message": (
            "el mensaje no está en este puesto",
            "the message is not on this desk",
            "a mensagem não está neste posto",
            "le message n’est pas sur ce poste",
        ),
    }
)
PLACES: Mapping[str, InFour] = MappingProxyType(
    {
        "own": (
            "a otros contactos de la propia autoridad",
            "to other contacts of one’s own authority",
            "a outros contatos da própria autoridade",
            "aux autres contacts de sa propre autorité",
        ),
        "network": ("a otra autoridad", "to another authority", "a outra autoridade", "à une autre autorité"),
        "outside": ("fuera de la red", "out of the network", "fora da rede", "hors du réseau"),
    }
)
FOR: InFour = ("para", "for", "para", "pour")


def kind_text(event: ConsentEvent, language: str) -> str:
    """What was said, in a word or two."""
    return KINDS[kind_of(event)][OFFICIAL.index(language)]


def event_text(event: ConsentEvent, language: str) -> str:
    """What was said, with act, contact and purpose, on one line; what others wrote is as they wrote it."""
    at = OFFICIAL.index(language)
    head = kind_text(event, language)
    if isinstance(event, AskConsent | GiveConsent):
        purpose = f" ({event.purpose})" if event.purpose else ""
        return f"{head}: {ACTS[event.act][at]}, {FOR[at]} {event.contact}{purpose}"
    return f"{head}: {event.text}" if isinstance(event, RefuseConsent) and event.text else head
