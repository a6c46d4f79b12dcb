"""The fixed words of rosters in four languages: in a week's view, in a calendar, for what the directory objects to."""

from collections.abc import Mapping
from types import MappingProxyType

from directory.four_languages import InFour, by_language

_TABLE: Mapping[str, InFour] = {
    "roster": ("Turnos de guardia", "Duty roster", "Escala de plantão", "Tableau de permanence"),
    "week": ("semana del {day}", "week of {day}", "semana de {day}", "semaine du {day}"),
    "number": ("n.º {seq}", "no. {seq}", "n.º {seq}", "nº {seq}"),
    "nobody": ("NADIE DE GUARDIA", "NOBODY ON DUTY", "NINGUÉM DE PLANTÃO", "PERSONNE DE PERMANENCE"),
    "instead": ("en su lugar", "instead", "em substituição", "en remplacement"),
    "both": ("se solapan", "overlapping", "sobrepostos", "se chevauchent"),
    "change": (
        "Ese día cambia la hora: de UTC{before} a UTC{after}",
        "The clock changes that day: from UTC{before} to UTC{after}",
        "Nesse dia muda a hora: de UTC{before} para UTC{after}",
        "Changement d’heure ce jour-là : de UTC{before} à UTC{after}",
    ),
    "on-duty": ("De guardia: {who}", "On duty: {who}", "De plantão: {who}", "De permanence : {who}"),
    "off": ("Nadie de guardia", "Nobody on duty", "Ninguém de plantão", "Personne de permanence"),
    "unknown": (
        "no figura en el directorio",
        "not in the directory",
        "não consta do diretório",
        "absent de l’annuaire",
    ),
    "revoked": ("dado de baja", "revoked", "revogado", "révoqué"),
    "elsewhere": ("de otro miembro", "of another member", "de outro membro", "d’un autre membre"),
    "suspended": ("miembro suspendido", "member suspended", "membro suspenso", "membre suspendu"),
    "not-serving": (
        "no atiende este contacto",
        "does not serve this contact",
        "não atende este contato",
        "ne sert pas ce contact",
    ),
    "no-coordinator": (
        "no tiene el rol de coordinador",
        "has not the role of coordinator",
        "não tem a função de coordenador",
        "n’a pas le rôle de coordinateur",
    ),
    "no-device": (
        "sin dispositivo activo",
        "without a live device",
        "sem dispositivo ativo",
        "sans appareil actif",
    ),
}
WORDS = by_language(_TABLE)
MONTHS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "es": ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"),
        "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
        "pt": ("jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez"),
        "fr": ("janv", "févr", "mars", "avr", "mai", "juin", "juil", "août", "sept", "oct", "nov", "déc"),
    }
)
