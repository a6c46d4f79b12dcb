"""The words of the handling rules in four languages: acts, verdicts, and why something is refused or takes consent."""

from collections.abc import Mapping
from types import MappingProxyType

from desk.handling.rules import Decision, Intent
from directory.four_languages import OFFICIAL, InFour

ACTS: Mapping[str, InFour] = MappingProxyType(
    {
        "answer": ("responder", "answer", "responder", "répondre"),
        "forward": ("transmitir", "pass on", "repassar", "transmettre"),
        "export": ("exportar", "export", "exportar", "exporter"),
        "print": ("imprimir", "print", "imprimir", "imprimer"),
    }
)
NO_FILE: InFour = (
    "(lo que dice no va a ningún archivo)",
    "(what it says goes into no file)",
    "(o que diz não vai para nenhum arquivo)",
    "(ce qu’il dit ne va dans aucun fichier)",
)
VERDICTS: Mapping[str, InFour] = MappingProxyType(
    {
        "allowed": ("permitido", "allowed", "permitido", "permis"),
        "needs-consent": (
            "requiere el consentimiento de quien lo envió",
            "needs the consent of who sent it",
            "requer o consentimento de quem o enviou",
            "nécessite le consentement de l’expéditeur",
        ),
        "refused": ("no permitido", "refused", "não permitido", "refusé"),
    }
)
REASONS: Mapping[str, InFour] = MappingProxyType(
    {
        "erased": (
            "terminó su plazo de conservación: debe borrarse",
            "its retention has ended: it is to be erased",
            "seu prazo de conservação terminou: deve ser apagado",
            "sa durée de conservation est écoulée : à effacer",
        ),
        "red": (
            "TLP:RED: solo para los destinatarios nombrados; ni se exporta ni se imprime",
            "TLP:RED: for the recipients named only; neither exported nor printed",
            "TLP:RED: apenas para os destinatários nomeados; não se exporta nem se imprime",
            "TLP:RED : réservé aux destinataires nommés ; ni exporté ni imprimé",
        ),
        "beyond-organisation": (
            "TLP:AMBER+STRICT: solo dentro de la propia autoridad",
            "TLP:AMBER+STRICT: within one’s own authority only",
            "TLP:AMBER+STRICT: apenas dentro da própria autoridade",
            "TLP:AMBER+STRICT : au sein de sa propre autorité seulement",
        ),
        "beyond-clients": (
            "TLP:AMBER: no sale de la propia autoridad",
            "TLP:AMBER: does not leave one’s own authority",
            "TLP:AMBER: não sai da própria autoridade",
            "TLP:AMBER : ne quitte pas sa propre autorité",
        ),
        "beyond-network": (
            "TLP:GREEN: no sale de la red",
            "TLP:GREEN: does not leave the network",
            "TLP:GREEN: não sai da rede",
            "TLP:GREEN : ne quitte pas le réseau",
        ),
        "third-party": (
            "regla de terceros: se pregunta antes a quien lo envió",
            "third-party rule: who sent it is asked first",
            "regra de terceiros: consulta-se antes quem o enviou",
            "règle du tiers service : l’expéditeur est consulté d’abord",
        ),
        "no-onward": (
            "quien lo envió no permite transmitirlo a terceros",
            "who sent it does not allow it to be passed on to third parties",
            "quem o enviou não permite repassá-lo a terceiros",
            "l’expéditeur n’en permet pas la transmission à des tiers",
        ),
        "victim": (
            "contiene datos de una víctima",
            "holds data about a victim",
            "contém dados de uma vítima",
            "contient des données sur une victime",
        ),
        "consular": (
            "la víctima no ha consentido el contacto consular",
            "the victim has not consented to consular contact",
            "a vítima não consentiu no contato consular",
            "la victime n’a pas consenti au contact consulaire",
        ),
        "purpose": (
            "otra finalidad que la indicada al enviarlo",
            "another purpose than the one it was sent for",
            "finalidade diferente da indicada no envio",
            "autre finalité que celle indiquée à l’envoi",
        ),
        "export": (
            "fuera de Enlace nadie aplica estas reglas",
            "outside Enlace nobody keeps these rules",
            "fora do Enlace ninguém aplica estas regras",
            "hors d’Enlace, personne n’applique ces règles",
        ),
    }
)


def decision_text(decision: Decision, intent: Intent, language: str) -> str:
    """A decision in one line: what, whether, and every reason that stood against it."""
    at = OFFICIAL.index(language)
    colon, between = (" : ", " ; ") if language == "fr" else (": ", "; ")
    head = f"{ACTS[intent.act][at].capitalize()}{colon}{VERDICTS[decision.verdict][at]}"
    reasons = between.join(REASONS[each][at] for each in decision.reasons)
    return f"{head} ({reasons})" if reasons else head
