"""What whoever is drilled reads, in four languages: that it is a drill, what to do, and that nothing else is asked."""

from collections.abc import Mapping

from directory.four_languages import OFFICIAL, InFour, by_language

_TABLE: Mapping[str, InFour] = {
    "headline": (
        "SIMULACRO de disponibilidad, nada de esto es real",
        "DRILL of readiness, nothing of it is real",
        "SIMULAÇÃO de prontidão, nada disto é real",
        "EXERCICE de disponibilité, rien n’en est réel",
    ),
    "page": (
        "Esto es un SIMULACRO. Mide si este puesto recibe y contesta a esta hora. No hay ningún caso, y no hay que "
        "hacer nada más que aceptarlo: enlace accept NÚMERO.",
        "This is a DRILL. It measures whether this desk receives and answers at this hour. There is no case, and "
        "nothing to be done but to accept it: enlace accept NUMBER.",
        "Isto é uma SIMULAÇÃO. Mede se este posto recebe e responde a esta hora. Não há caso algum, e nada há a fazer "
        "além de aceitá-la: enlace accept NÚMERO.",
        "Ceci est un EXERCICE. Il mesure si ce poste reçoit et répond à cette heure. Il n’y a aucune affaire, et rien "
        "d’autre à faire que de l’accepter : enlace accept NUMÉRO.",
    ),
}
WORDS = by_language(_TABLE)


def headline(language: str) -> str:
    """A drill in one line, in the reader's language."""
    return WORDS[language if language in OFFICIAL else "en"]["headline"]


def page(asked: str, language: str) -> str:
    """A drill's page: in the language it asks an answer in, where that is an official one, and in the reader's."""
    wanted = [each.partition("-")[0] for each in (asked, language)]
    known = [each for each in dict.fromkeys(wanted) if each in OFFICIAL] or ["en"]
    return "\n\n".join(WORDS[each]["page"] for each in known)
