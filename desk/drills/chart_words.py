"""The words on the chart of drills, in four languages: it is handed on to people who have no desk."""

from collections.abc import Mapping

from directory.four_languages import OFFICIAL, InFour, by_language

_TABLE: Mapping[str, InFour] = {
    "title": (
        "Simulacros de disponibilidad",
        "Readiness drills",
        "Simulações de prontidão",
        "Exercices de disponibilité",
    ),
    "title_since": (
        "Simulacros de disponibilidad desde el {day}",
        "Readiness drills since {day}",
        "Simulações de prontidão desde {day}",
        "Exercices de disponibilité depuis le {day}",
    ),
    "bars": (
        "Tres barras por cada autoridad.",
        "Three bars for each authority.",
        "Três barras para cada autoridade.",
        "Trois barres pour chaque autorité.",
    ),
    "nothing": (
        "No se envió ningún simulacro.",
        "No drill was sent.",
        "Nenhuma simulação foi enviada.",
        "Aucun exercice n’a été envoyé.",
    ),
    "unknown": ("desconocida", "unknown", "desconhecida", "inconnue"),
    "sent": ("enviados", "sent", "enviadas", "envoyés"),
    "reached": ("recibidos", "reached", "recebidas", "reçus"),
    "accepted": ("aceptados", "accepted", "aceitas", "acceptés"),
    "waiting": ("en espera", "waiting", "em espera", "en attente"),
    "reached_in": (
        "recibidos: mediana {median}, 90 % {p90}",
        "reached: median {median}, 90 % {p90}",
        "recebidas: mediana {median}, 90 % {p90}",
        "reçus : médiane {median}, 90 % {p90}",
    ),
    "accepted_in": (
        "aceptados: mediana {median}, 90 % {p90}",
        "accepted: median {median}, 90 % {p90}",
        "aceitas: mediana {median}, 90 % {p90}",
        "acceptés : médiane {median}, 90 % {p90}",
    ),
    "none_reached": ("ninguno recibido", "none was reached", "nenhuma recebida", "aucun reçu"),
    "none_accepted": ("ninguno aceptado", "none was accepted", "nenhuma aceita", "aucun accepté"),
}
WORDS = by_language(_TABLE)


def said(name: str, language: str, /, **parts: object) -> str:
    """A fixed text in one of the four languages, else in English."""
    return WORDS[language if language in OFFICIAL else "en"][name].format(**parts)
