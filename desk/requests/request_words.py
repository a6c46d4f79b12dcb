"""The fixed words of requests in four languages: states, events, why one had no effect, reasons, channels."""

from collections.abc import Mapping
from types import MappingProxyType

from directory.four_languages import InFour, in_language

_STATES: Mapping[str, InFour] = {
    "draft": ("borrador", "draft", "rascunho", "brouillon"),
    "sent": ("enviada", "sent", "enviada", "envoyée"),
    "received": ("recibida", "received", "recebida", "reçue"),
    "accepted": ("aceptada", "accepted", "aceita", "acceptée"),
    "partial": ("resultados parciales", "partial results", "resultados parciais", "résultats partiels"),
    "completed": ("cumplida", "completed", "cumprida", "exécutée"),
    "refused": ("denegada", "refused", "recusada", "refusée"),
    "closed": ("cerrada", "closed", "encerrada", "close"),
}
_EVENTS: Mapping[str, InFour] = {
    "send": ("envío", "sent", "envio", "envoi"),
    "receive": ("recepción", "receipt", "recebimento", "réception"),
    "accept": ("aceptación", "acceptance", "aceitação", "acceptation"),
    "refuse": ("denegación", "refusal", "recusa", "refus"),
    "ask": ("pregunta", "question", "pergunta", "question posée"),
    "answer": ("respuesta", "answer", "resposta", "réponse"),
    "part": ("resultado parcial", "partial result", "resultado parcial", "résultat partiel"),
    "complete": ("cumplimiento", "completion", "cumprimento", "exécution"),
    "close": ("cierre", "closing", "encerramento", "clôture"),
    "via": ("enviada también por", "also sent via", "enviada também por", "envoyée aussi par"),
    "limit": ("plazo indicado", "time limit told", "prazo informado", "délai indiqué"),
    "repeat": ("reenvío de actos", "events given again", "reenvio de atos", "renvoi d’actes"),
}
_WHYS: Mapping[str, InFour] = {
    "other-side": (
        "esto corresponde a la otra parte",
        "this is for the other side to do",
        "isto cabe à outra parte",
        "cela revient à l’autre partie",
    ),
    "already": ("ya se había hecho", "it had been done before", "já havia sido feito", "cela avait déjà été fait"),
    "too-early": (
        "la solicitud aún no ha llegado a ese punto",
        "the request has not come to that yet",
        "a solicitação ainda não chegou a esse ponto",
        "la demande n’en est pas encore là",
    ),
    "too-late": (
        "la solicitud ya había pasado de ese punto",
        "the request was beyond that already",
        "a solicitação já havia passado desse ponto",
        "la demande avait déjà dépassé ce stade",
    ),
    "no-such-question": (
        "no consta la pregunta a la que responde",
        "the question it answers is not there",
        "não consta a pergunta a que responde",
        "la question à laquelle on répond n’y figure pas",
    ),
    "own-question": (
        "una parte no responde a su propia pregunta",
        "a side does not answer its own question",
        "uma parte não responde à própria pergunta",
        "une partie ne répond pas à sa propre question",
    ),
    "not-done": (
        "aún no está cumplida ni denegada: indique por qué se cierra",
        "it is neither completed nor refused yet: say why it is closed",
        "ainda não foi cumprida nem recusada: indique por que se encerra",
        "elle n’est encore ni exécutée ni refusée : indiquez pourquoi elle est close",
    ),
    "no-such-measure": (
        "esta solicitud no pide esa medida",
        "this request asks for no such measure",
        "esta solicitação não pede essa medida",
        "cette demande ne porte pas sur cette mesure",
    ),
    "nobody-asked": (
        "no se dirige a ninguna otra autoridad",
        "it is addressed to no other authority",
        "não se dirige a nenhuma outra autoridade",
        "elle ne s’adresse à aucune autre autorité",
    ),
}
_REASONS: Mapping[str, InFour] = {
    "not-in-form": (
        "no se ajusta al instrumento aplicable",
        "not in conformity with the instrument that applies",
        "não está em conformidade com o instrumento aplicável",
        "non conforme à l’instrument applicable",
    ),
    "sovereignty": (
        "soberanía, seguridad, orden público u otro interés fundamental",
        "sovereignty, security, public order or another essential interest",
        "soberania, segurança, ordem pública ou outro interesse fundamental",
        "souveraineté, sécurité, ordre public ou autre intérêt essentiel",
    ),
    "domestic-law": (
        "la legislación interna lo prohibiría en un caso propio análogo",
        "domestic law would forbid it in a like case of our own",
        "a lei interna o proibiria em caso próprio análogo",
        "le droit interne l’interdirait dans une affaire nationale analogue",
    ),
    "legal-system": (
        "contrario al sistema jurídico",
        "contrary to the legal system",
        "contrário ao sistema jurídico",
        "contraire au système juridique",
    ),
    "dual-criminality": (
        "falta la doble incriminación",
        "no dual criminality",
        "ausência de dupla incriminação",
        "absence de double incrimination",
    ),
    "wrong-authority": (
        "esta autoridad no es competente",
        "this authority is not competent",
        "esta autoridade não é competente",
        "cette autorité n’est pas compétente",
    ),
    "incomplete": (
        "incompleta, y no se completó",
        "incomplete, and not completed",
        "incompleta e não completada",
        "incomplète et non complétée",
    ),
    "other": ("otro motivo", "another reason", "outro motivo", "autre motif"),
}
_CLOSINGS: Mapping[str, InFour] = {
    "done": ("concluida", "done", "concluída", "terminée"),
    "withdrawn": ("retirada", "withdrawn", "retirada pela parte solicitante", "retirée"),
    "settled-otherwise": (
        "resuelta por otra vía",
        "settled otherwise",
        "resolvida por outra via",
        "réglée par une autre voie",
    ),
    "duplicate": ("duplicada", "a duplicate", "duplicada", "en double"),
}
_CHANNELS: Mapping[str, InFour] = {
    "diplomatic": ("vía diplomática", "diplomatic channel", "via diplomática", "voie diplomatique"),
    "interpol": ("INTERPOL", "INTERPOL", "INTERPOL", "INTERPOL"),
    "central-authority": ("autoridad central", "central authority", "autoridade central", "autorité centrale"),
    "liaison-officer": ("oficial de enlace", "liaison officer", "oficial de ligação", "officier de liaison"),
    "post": ("correo postal", "post", "correio", "courrier postal"),
    "e-mail": ("correo electrónico", "e-mail", "e-mail", "courriel"),
    "telephone": ("teléfono", "telephone", "telefone", "téléphone"),
    "other": ("otro canal", "another channel", "outro canal", "autre voie"),
}
TABLES: Mapping[str, Mapping[str, InFour]] = MappingProxyType(
    {
        "state": _STATES,
        "event": _EVENTS,
        "why": _WHYS,
        "reason": _REASONS,
        "closing": _CLOSINGS,
        "channel": _CHANNELS,
    }
)


def said(table: str, word: str, language: str) -> str:
    """What a fixed word of a table is called in one of the four languages."""
    return in_language(TABLES[table][word], language)
