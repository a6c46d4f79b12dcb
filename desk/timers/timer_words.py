"""Timers in words, in four languages: what is due, how much time is left or has passed, and what is to be verified."""

from collections.abc import Mapping
from types import MappingProxyType

from desk.timers.timers import Timer
from directory.four_languages import OFFICIAL, InFour

WORDS: Mapping[str, InFour] = MappingProxyType(
    {
        "first-answer": (
            "Primera respuesta, según el compromiso del contacto",
            "First answer, by the contact’s commitment",
            "Primeira resposta, conforme o compromisso do contato",
            "Première réponse, selon l’engagement du contact",
        ),
        "urgent-direct": (
            "Respuesta a una solicitud urgente, con acceso directo a la información",
            "Answer to an urgent request, with direct access to the information",
            "Resposta a uma solicitação urgente, com acesso direto à informação",
            "Réponse à une demande urgente, avec accès direct à l’information",
        ),
        "urgent-indirect": (
            "Respuesta a una solicitud urgente, con acceso indirecto a la información",
            "Answer to an urgent request, with indirect access to the information",
            "Resposta a uma solicitação urgente, com acesso indireto à informação",
            "Réponse à une demande urgente, avec accès indirect à l’information",
        ),
        "ordinary": (
            "Respuesta a una solicitud que no es urgente",
            "Answer to a request that is not urgent",
            "Resposta a uma solicitação não urgente",
            "Réponse à une demande non urgente",
        ),
        "expected": (
            "Resultado, en la fecha anunciada",
            "Result, at the time that was announced",
            "Resultado, na data anunciada",
            "Résultat, à la date annoncée",
        ),
        "preservation": (
            "Solicitud de asistencia judicial, antes de que cese la conservación de los datos",
            "Request for legal assistance, before the data are no longer preserved",
            "Solicitação de assistência jurídica, antes que cesse a preservação dos dados",
            "Demande d’entraide judiciaire, avant la fin de la conservation des données",
        ),
        "provisional-arrest": (
            "Solicitud de extradición, antes de que expire la detención preventiva",
            "Request for extradition, before the provisional arrest expires",
            "Pedido de extradição, antes que expire a prisão preventiva",
            "Demande d’extradition, avant l’expiration de l’arrestation provisoire",
        ),
        "running": ("vence en {span}", "due in {span}", "vence em {span}", "échéance dans {span}"),
        "near": (
            "VENCE PRONTO, en {span}",
            "DUE SOON, in {span}",
            "VENCE EM BREVE, em {span}",
            "ÉCHÉANCE PROCHE, dans {span}",
        ),
        "overdue": (
            "VENCIDO hace {span}",
            "OVERDUE for {span}",
            "VENCIDO há {span}",
            "ÉCHÉANCE DÉPASSÉE depuis {span}",
        ),
        "met": ("cumplido", "met", "cumprido", "respecté"),
        "late": (
            "cumplido con {span} de retraso",
            "met {span} late",
            "cumprido com {span} de atraso",
            "accompli avec {span} de retard",
        ),
        "unknown": (
            "plazo desconocido – verificar en el instrumento",
            "term unknown – verify in the instrument",
            "prazo desconhecido – verificar no instrumento",
            "délai inconnu – à vérifier dans l’instrument",
        ),
        "told": (
            "fecha indicada por quien la ejecuta",
            "date told by whoever holds it",
            "data informada por quem a executa",
            "date indiquée par l’autorité qui l’exécute",
        ),
        "verify": (
            "plazo por verificar en el instrumento",
            "term to be verified in the instrument",
            "prazo a verificar no instrumento",
            "délai à vérifier dans l’instrument",
        ),
    }
)
_UNITS: tuple[tuple[int, InFour, InFour], ...] = (
    (86_400, ("día", "day", "dia", "jour"), ("días", "days", "dias", "jours")),
    (3600, ("hora", "hour", "hora", "heure"), ("horas", "hours", "horas", "heures")),
    (60, ("minuto", "minute", "minuto", "minute"), ("minutos", "minutes", "minutos", "minutes")),
)


def timer_text(timer: Timer, now: int, language: str) -> str:
    """A timer in one line at `now`."""
    at = OFFICIAL.index(language)
    if timer.state == "met":
        word, span = ("late", (timer.met or 0) - timer.due) if timer.late else ("met", 0)
    else:
        word, span = timer.state, abs(timer.due - now)
    told = WORDS[word][at].format(span=span_text(span, language))
    colon = " : " if language == "fr" else ": "
    beside = _beside(timer)
    return f"{WORDS[timer.kind][at]}{colon}{told}" + (f" ({WORDS[beside][at]})" if beside else "")


def due_words(timer: Timer, language: str) -> str:
    """What is due, and how sure that is, without how much time is left."""
    at = OFFICIAL.index(language)
    beside = _beside(timer)
    return WORDS[timer.kind][at] + (f" ({WORDS[beside][at]})" if beside else "")


def _beside(timer: Timer) -> str:
    return "unknown" if timer.unknown else "verify" if timer.verify else "told" if timer.told else ""


def span_text(seconds: int, language: str) -> str:
    """A span of time in its largest unit, rounded down; less than a minute is one minute."""
    at = OFFICIAL.index(language)
    for size, one, more in _UNITS:
        if seconds >= size or size == 60:
            count = max(seconds // size, 1)
            # In French 1 is singular, as in the others; 0 does not occur.
            return f"{count} {one[at] if count == 1 else more[at]}"
    raise AssertionError("the last unit takes everything")
