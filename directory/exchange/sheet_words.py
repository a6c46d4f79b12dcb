"""The fixed words of a contact sheet in four languages: labels, standings, uses of numbers, days of the week."""

from collections.abc import Mapping

from directory.bodies import Hours
from directory.exchange.hours_text import show_hours
from directory.four_languages import OFFICIAL, InFour, by_language

_DAYS_HERE = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAYS = {
    "es": ("lun", "mar", "mié", "jue", "vie", "sáb", "dom"),
    "en": _DAYS_HERE,
    "pt": ("seg", "ter", "qua", "qui", "sex", "sáb", "dom"),
    "fr": ("lun", "mar", "mer", "jeu", "ven", "sam", "dim"),
}
_LANGUAGES = {
    "es": ("español", "Spanish", "espanhol", "espagnol"),
    "en": ("inglés", "English", "inglês", "anglais"),
    "pt": ("portugués", "Portuguese", "português", "portugais"),
    "fr": ("francés", "French", "francês", "français"),
    "nl": ("neerlandés", "Dutch", "neerlandês", "néerlandais"),
    "ht": ("criollo haitiano", "Haitian Creole", "crioulo haitiano", "créole haïtien"),
    "gn": ("guaraní", "Guarani", "guarani", "guarani"),
    "qu": ("quechua", "Quechua", "quíchua", "quechua"),
    "ay": ("aimara", "Aymara", "aimará", "aymara"),
    "pap": ("papiamento", "Papiamento", "papiamento", "papiamento"),
    "de": ("alemán", "German", "alemão", "allemand"),
    "it": ("italiano", "Italian", "italiano", "italien"),
    "ru": ("ruso", "Russian", "russo", "russe"),
    "zh": ("chino", "Chinese", "chinês", "chinois"),
    "ja": ("japonés", "Japanese", "japonês", "japonais"),
    "ar": ("árabe", "Arabic", "árabe", "arabe"),
}
_TABLE: Mapping[str, InFour] = {
    "title": ("Puntos de contacto", "Points of contact", "Pontos de contato", "Points de contact"),
    "state": (
        "Estado del directorio: posición {size}, confirmado por su registro el {time}.",
        "State of the directory: position {size}, vouched for by its log on {time}.",
        "Estado do diretório: posição {size}, confirmado por seu registro em {time}.",
        "État de l’annuaire : position {size}, confirmé par son journal le {time}.",
    ),
    "paper": (
        "El papel envejece: antes de fiarse de un número, consulte Enlace si hay uno a mano.",
        "Paper grows old: before you rely on a number, ask Enlace if there is one at hand.",
        "O papel envelhece: antes de confiar em um número, consulte o Enlace se houver um à mão.",
        "Le papier vieillit : avant de vous fier à un numéro, consultez Enlace s’il est à portée.",
    ),
    "page": ("Página {at} de {of}", "Page {at} of {of}", "Página {at} de {of}", "Page {at} sur {of}"),
    "function": ("Función", "Function", "Função", "Fonction"),
    "standing": ("Fiabilidad", "How far to rely on it", "Confiabilidade", "Fiabilité"),
    "confirmed": ("confirmado el {date}", "confirmed on {date}", "confirmado em {date}", "confirmé le {date}"),
    "provisional": (
        "compilado, no confirmado; incluido el {date}",
        "compiled, not confirmed; listed on {date}",
        "compilado, não confirmado; incluído em {date}",
        "compilé, non confirmé ; inscrit le {date}",
    ),
    "suspended": (
        "miembro suspendido; confirmado el {date}",
        "member suspended; confirmed on {date}",
        "membro suspenso; confirmado em {date}",
        "membre suspendu ; confirmé le {date}",
    ),
    "due": ("por renovar: ", "due for renewal: ", "a renovar: ", "à renouveler : "),
    "stale": ("VENCIDO: ", "STALE: ", "VENCIDO: ", "PÉRIMÉ : "),
    "doubtful": ("DUDOSO: ", "DOUBTFUL: ", "DUVIDOSO: ", "DOUTEUX : "),
    "circles": (
        "SOLO PARA LOS CÍRCULOS",
        "ONLY FOR THE CIRCLES",
        "APENAS PARA OS CÍRCULOS",
        "RÉSERVÉ AUX CERCLES",
    ),
    "absent": (
        "Sus datos no están disponibles aquí.",
        "Its details are not to be had here.",
        "Seus dados não estão disponíveis aqui.",
        "Ses coordonnées ne sont pas disponibles ici.",
    ),
    "telephone": ("Teléfono", "Telephone", "Telefone", "Téléphone"),
    "day": ("de día", "by day", "de dia", "de jour"),
    "night": ("de noche", "at night", "à noite", "de nuit"),
    "always": ("día y noche", "day and night", "dia e noite", "jour et nuit"),
    "fax": ("fax", "fax", "fax", "fax"),
    "switchboard": ("conmutador", "switchboard", "central telefônica", "standard"),
    "email": ("Correo electrónico", "E-mail", "E-mail", "Courriel"),
    "languages": ("Idiomas", "Languages", "Idiomas", "Langues"),
    "hours": ("Horario, hora local", "Hours, local time", "Horário, hora local", "Horaires, heure locale"),
    "open": ("día y noche", "day and night", "dia e noite", "jour et nuit"),
    "closed": ("Cerrado el", "Closed on", "Fechado em", "Fermé le"),
    "respond": (
        "Primera respuesta en {minutes} minutos",
        "First answer within {minutes} minutes",
        "Primeira resposta em {minutes} minutos",
        "Première réponse sous {minutes} minutes",
    ),
    "commitment": ("Compromiso", "Commitment", "Compromisso", "Engagement"),
    "address": ("Dirección", "Address", "Endereço", "Adresse"),
    "website": ("Sitio web", "Website", "Site", "Site web"),
    "next": ("Si nadie contesta", "If nobody answers", "Se ninguém atender", "Si personne ne répond"),
    "requests": ("Las solicitudes", "Requests", "As solicitações", "Les demandes"),
    "dual": ("doble incriminación", "dual criminality", "dupla incriminação", "double incrimination"),
    "also": ("También llamado", "Also called", "Também chamado", "Aussi appelé"),
    "notes": ("Notas", "Notes", "Notas", "Notes"),
    "source": ("Fuente", "Source", "Fonte", "Source"),
}
WORDS = by_language(_TABLE)


def hours_in(hours: Hours, language: str) -> str:
    """Duty hours with the days of a language; nothing where they are not known."""
    if hours.always:
        return WORDS[language]["open"]
    text = show_hours(hours)
    for english, own in zip(_DAYS_HERE, _DAYS[language], strict=True):
        text = text.replace(english, own)
    return text


def day_in(weekday: int, language: str) -> str:
    """What a day is called in short; 0 is Monday."""
    return _DAYS[language][weekday]


def language_in(code: str, language: str) -> str:
    """What a language is called in another, or its code."""
    names = _LANGUAGES.get(code.partition("-")[0])
    return names[OFFICIAL.index(language)] if names else code
