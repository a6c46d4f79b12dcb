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
    "now": ("De guardia", "On duty", "De plantão", "De permanence"),
    "behind": ("detrás: {who}", "behind: {who}", "em reserva: {who}", "en second : {who}"),
    "until": ("hasta {when}", "until {when}", "até {when}", "jusqu’à {when}"),
    "from": ("desde {when}", "from {when}", "a partir de {when}", "à partir de {when}"),
    "next": ("Sigue", "Next", "Em seguida", "Ensuite"),
    "turn-first": ("LE TOCA A USTED", "IT IS YOUR TURN", "É A SUA VEZ", "C’EST VOTRE TOUR"),
    "turn-behind": (
        "usted está detrás, por si hace falta",
        "you stand behind, if you are needed",
        "você está em reserva, se for preciso",
        "vous êtes en second, au besoin",
    ),
    "note": ("Nota", "Note", "Nota", "Note"),
    "note-of": ("{when}, de {who}", "{when}, by {who}", "{when}, de {who}", "{when}, de {who}"),
    "taken": (
        "recibida por {who}, {when}",
        "taken over by {who}, {when}",
        "assumida por {who}, {when}",
        "reprise par {who}, {when}",
    ),
    "not-taken": (
        "NADIE LA HA RECIBIDO: `enlace duty take-over`",
        "NOT TAKEN OVER: `enlace duty take-over`",
        "NINGUÉM A ASSUMIU: `enlace duty take-over`",
        "REPRISE PAR PERSONNE : `enlace duty take-over`",
    ),
    "open": ("{count} pendiente(s)", "{count} open", "{count} pendente(s)", "{count} en attente"),
    "hole": ("SIN NADIE", "NOBODY", "NINGUÉM", "PERSONNE"),
    "promised": (
        "y el directorio dice que entonces se atiende",
        "and the directory says that somebody answers then",
        "e o diretório diz que alguém atende nessas horas",
        "et l’annuaire dit qu’on répond à ce moment-là",
    ),
    "no-holes": (
        "Próximos {days} días: siempre hay alguien",
        "Next {days} days: somebody is always there",
        "Próximos {days} dias: há sempre alguém",
        "Les {days} prochains jours : il y a toujours quelqu’un",
    ),
    "no-holes-promised": (
        "Próximos {days} días: siempre hay alguien en las horas que publica el directorio",
        "Next {days} days: somebody is always there in the hours that the directory tells",
        "Próximos {days} dias: há sempre alguém nas horas que o diretório publica",
        "Les {days} prochains jours : il y a toujours quelqu’un aux heures que l’annuaire indique",
    ),
    "more-holes": ("y {count} más", "and {count} more", "e mais {count}", "et {count} de plus"),
    "cannot": ("No puede", "Cannot", "Não pode", "Ne peut pas"),
    "no-roster": (
        "Aún no hay turnos en este equipo: `enlace duty set` los hace",
        "There is no roster on this desk yet: `enlace duty set` makes one",
        "Ainda não há escala neste posto: `enlace duty set` cria uma",
        "Il n’y a pas encore de tableau sur ce poste : `enlace duty set` en fait un",
    ),
    "signed": (
        "firmado {when} por {who}",
        "signed {when} by {who}",
        "assinado {when} por {who}",
        "signé {when} par {who}",
    ),
    "by-revoked": ("dado de baja desde entonces", "revoked since", "revogado desde então", "révoqué depuis"),
    "rival": (
        "OTRO TABLERO CON EL MISMO NÚMERO, de {who}, {when}: vale el primero; compare los dos y firme uno nuevo",
        "ANOTHER ROSTER WITH THE SAME NUMBER, by {who}, {when}: the first holds; compare both, and sign a new one",
        "OUTRA ESCALA COM O MESMO NÚMERO, de {who}, {when}: vale a primeira; compare as duas e assine uma nova",
        "AUTRE TABLEAU DU MÊME NUMÉRO, de {who}, {when} : le premier vaut ; comparez les deux et signez-en un nouveau",
    ),
    "lacks": ("Sin ella", "Lacks it", "Sem ela", "Ne l’a pas"),
    "came-after": (
        "llegó después de sellarse; `enlace duty set --again` se la envía",
        "came after it was sealed; `enlace duty set --again` sends it",
        "chegou depois de ela ser selada; `enlace duty set --again` envia-a",
        "est arrivé après son scellement ; `enlace duty set --again` l’envoie",
    ),
    "queued": (
        "Su cambio (n.º {seq}) aún no se ha enviado: `enlace sync`",
        "Your change (no. {seq}) has not been sent yet: `enlace sync`",
        "A sua mudança (n.º {seq}) ainda não foi enviada: `enlace sync`",
        "Votre changement (nº {seq}) n’est pas encore envoyé : `enlace sync`",
    ),
    "doubtful": (
        "{count} que no cuenta(n): nada prueba que su equipo atendiera entonces este contacto",
        "{count} that do(es) not count: nothing proves that the signing desk served this contact then",
        "{count} que não conta(m): nada prova que o posto atendesse então este contato",
        "{count} qui ne compte(nt) pas : rien ne prouve que le poste servait alors ce contact",
    ),
    "retired": (
        "el directorio ya no muestra este contacto",
        "the directory lists this contact no longer",
        "o diretório já não mostra este contato",
        "l’annuaire n’indique plus ce contact",
    ),
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
