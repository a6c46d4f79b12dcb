"""The words around a request on a page and in a list, in four languages."""

from collections.abc import Mapping
from types import MappingProxyType

from directory.four_languages import InFour, in_language

WORDS: Mapping[str, InFour] = MappingProxyType(
    {
        "request": ("Solicitud", "Request", "Solicitação", "Demande"),
        "from": ("De", "From", "De", "De"),
        "to": ("A", "To", "Para", "À"),
        "case": ("Caso", "Case", "Caso", "Affaire"),
        "state": ("Estado", "State", "Situação", "État"),
        "turn": ("Le toca a", "Waits for", "Aguarda", "En attente de"),
        "us": ("ustedes", "you", "vocês", "vous"),
        "nobody": ("nadie", "nobody", "ninguém", "personne"),
        "timers": ("Plazos", "Time limits", "Prazos", "Délais"),
        "source": ("fuente", "source", "fonte", "source"),
        "history": ("Historia", "History", "Histórico", "Historique"),
        "question": ("Pregunta abierta", "Open question", "Pergunta em aberto", "Question ouverte"),
        "no_effect": ("sin efecto", "no effect", "sem efeito", "sans effet"),
        "queued": (
            "espera en la bandeja de salida",
            "waits in the outbox",
            "aguarda na caixa de saída",
            "en attente d’envoi",
        ),
        "exercise": (
            "EJERCICIO: nada de esto es real",
            "EXERCISE: nothing of this is real",
            "EXERCÍCIO: nada disto é real",
            "EXERCICE : rien de ceci n’est réel",
        ),
        "by_word": (
            "según la palabra del puesto perdido",
            "by the lost desk’s word",
            "segundo a palavra do posto perdido",
            "selon la parole du poste perdu",
        ),
        "handed": ("recibido de nuevo", "given again", "recebido de novo", "transmis à nouveau"),
        "waiting": (
            "Esperan un acto que no está aquí",
            "Wait for an event that is not here",
            "Aguardam um ato que não está aqui",
            "Attendent un acte qui n’est pas ici",
        ),
        "lacks": (
            "Falta {ids}: lo tenía {who} al firmar",
            "Lacks {ids}: {who} had it when signing",
            "Falta {ids}: {who} o tinha ao assinar",
            "Il manque {ids} : {who} l’avait en signant",
        ),
        "waiting_do": (
            "Pida a {who} que lo envíe de nuevo: enlace request repeat {id}",
            "Ask {who} to give it again: enlace request repeat {id}",
            "Peça a {who} que o envie de novo: enlace request repeat {id}",
            "Demandez à {who} de l’envoyer à nouveau : enlace request repeat {id}",
        ),
        "waiting_own": (
            "Lo firmó o lo tenía un puesto de su propio contacto: pídale enlace request repeat {id} --all",
            "A desk of your own contact had it: have it run enlace request repeat {id} --all",
            "Um posto do seu próprio contato o tinha: peça-lhe enlace request repeat {id} --all",
            "Un poste de votre propre contact l’avait : demandez-lui enlace request repeat {id} --all",
        ),
        "waiting_mark": (
            "faltan {count} acto(s)",
            "{count} event(s) lacking",
            "faltam {count} ato(s)",
            "{count} acte(s) manquant(s)",
        ),
        "unproven": (
            "Sin prueba de que se haya enviado",
            "Not proven to have been sent",
            "Sem prova de que tenha sido enviado",
            "Sans preuve de l’envoi",
        ),
        "outsiders": (
            "Firmado por quien no es parte",
            "Signed by somebody who has no part in it",
            "Assinado por quem não é parte",
            "Signé par un tiers",
        ),
        "next": ("Puede hacer ahora", "You can now", "Pode fazer agora", "Vous pouvez maintenant"),
        "nothing_next": (
            "Ya no hay nada que hacer.",
            "There is nothing more to do.",
            "Não há mais nada a fazer.",
            "Il n’y a plus rien à faire.",
        ),
        "not_yours": (
            "Ningún contacto al que usted sirve es parte.",
            "No contact that you serve has a part in it.",
            "Nenhum contato que você atende é parte.",
            "Aucun contact que vous servez n’y est partie.",
        ),
        "reference": ("referencia {text}", "reference {text}", "referência {text}", "référence {text}"),
        "expected": ("previsto para {at}", "expected by {at}", "previsto para {at}", "attendu pour le {at}"),
        "since": ("vigente desde {at}", "holds since {at}", "vigente desde {at}", "en vigueur depuis le {at}"),
        "on": ("el {at}", "on {at}", "em {at}", "le {at}"),
        "answers": ("responde a {id}", "answers {id}", "responde a {id}", "répond à {id}"),
        "follows": ("da seguimiento a {id}", "follows up {id}", "dá seguimento a {id}", "fait suite à {id}"),
        "under": ("con base en {what}", "under {what}", "com base em {what}", "en vertu de {what}"),
        "until": ("hasta {at}", "until {at}", "até {at}", "jusqu’au {at}"),
        "over": ("ya no corre", "runs no more", "já não corre", "ne court plus"),
        "same": (
            "La misma referencia ({reference}) tiene la solicitud {id} ({state}): compruebe si es la misma",
            "Request {id} ({state}) has the same reference ({reference}): check whether it is the same",
            "A solicitação {id} ({state}) tem a mesma referência ({reference}): verifique se é a mesma",
            "La demande {id} ({state}) porte la même référence ({reference}) : vérifiez si c’est la même",
        ),
        "files": ("{count} archivo(s)", "{count} file(s)", "{count} arquivo(s)", "{count} fichier(s)"),
        "message": ("mensaje {number}", "message {number}", "mensagem {number}", "message {number}"),
        "digest": (
            "Huella de la historia",
            "Digest of the history",
            "Resumo do histórico",
            "Empreinte de l’historique",
        ),
        "headless": (
            "Actos de una solicitud que no está aquí",
            "Events of a request that is not here",
            "Atos de uma solicitação que não está aqui",
            "Actes d’une demande qui n’est pas ici",
        ),
        "nothing_due": ("No vence nada.", "Nothing is due.", "Nada vence.", "Aucune échéance."),
        "due_by": ("le toca a {who}", "for {who} to do", "cabe a {who}", "il revient à {who}"),
        "none_open": (
            "No hay solicitudes abiertas; cerradas: {count} (--all las muestra).",
            "No request is open; closed: {count} (--all shows them).",
            "Não há solicitações abertas; encerradas: {count} (--all as mostra).",
            "Aucune demande n’est ouverte ; closes : {count} (--all les montre).",
        ),
        "none": ("No hay solicitudes.", "There is no request.", "Não há solicitações.", "Il n’y a aucune demande."),
        "open_questions": (
            "{count} pregunta(s) sin respuesta",
            "{count} question(s) open",
            "{count} pergunta(s) sem resposta",
            "{count} question(s) sans réponse",
        ),
        "do_receive": ("acusar recibo", "confirm that you received it", "acusar recebimento", "accuser réception"),
        "do_accept": ("aceptarla", "accept it", "aceitá-la", "l’accepter"),
        "do_refuse": ("denegarla", "refuse it", "recusá-la", "la refuser"),
        "do_answer": (
            "responder la pregunta {id}",
            "answer question {id}",
            "responder à pergunta {id}",
            "répondre à la question {id}",
        ),
        "do_ask": ("preguntar", "ask", "perguntar", "poser une question"),
        "do_part": (
            "enviar parte del resultado",
            "send part of the result",
            "enviar parte do resultado",
            "envoyer une partie du résultat",
        ),
        "do_complete": (
            "decir que está cumplida",
            "say that it is completed",
            "dizer que está cumprida",
            "dire qu’elle est exécutée",
        ),
        "do_close": ("cerrarla", "close it", "encerrá-la", "la clore"),
        "do_via": ("anotar otro canal", "note another channel", "anotar outro canal", "noter une autre voie"),
        "do_limit": (
            "indicar otra fecha",
            "tell another date",
            "informar outra data",
            "indiquer une autre date",
        ),
        "do_follow": ("darle seguimiento", "follow it up", "dar seguimento", "y donner suite"),
    }
)


def page_word(name: str, language: str, **parts: object) -> str:
    """A word, or a phrase with its parts, in one of the four languages."""
    return in_language(WORDS[name], language).format(**parts)
