"""The fixed words of a bundle's index in four languages, and what no bundle proves."""

from collections.abc import Mapping
from types import MappingProxyType

from directory.four_languages import InFour, in_language

WORDS: Mapping[str, InFour] = MappingProxyType(
    {
        "case": ("Caso", "Case", "Caso", "Affaire"),
        "exercise": (
            "EJERCICIO: nada de esto es real",
            "EXERCISE: nothing of it is real",
            "EXERCÍCIO: nada disto é real",
            "EXERCICE : rien n’en est réel",
        ),
        "exported": ("Exportado por", "Exported by", "Exportado por", "Exporté par"),
        "log": ("Directorio", "Directory", "Diretório", "Annuaire"),
        "statements": ("declaraciones", "statements", "declarações", "déclarations"),
        "members": ("Participan", "In it", "Participam", "Membres"),
        "thread": ("Hilo", "Thread", "Sequência", "Fil"),
        "from": ("De", "From", "De", "De"),
        "to": ("Para", "For", "Para", "Pour"),
        "also": ("y los funcionarios", "and officers", "e os funcionários", "et les agents"),
        "device": ("dispositivo", "device", "dispositivo", "appareil"),
        "officer": ("funcionario", "officer", "funcionário", "agent"),
        "taken-in": ("Recibido por el relé", "Taken in by the relay", "Recebido pelo relé", "Reçu par le relais"),
        "unproven": (
            "sin prueba de cuándo",
            "no proof of when",
            "sem prova de quando",
            "sans preuve de la date",
        ),
        "signed": ("Firmado", "Signed", "Assinado", "Signé"),
        "no-effect": ("sin efecto", "no effect", "sem efeito", "sans effet"),
        "attachment": ("Adjunto", "Attachment", "Anexo", "Pièce jointe"),
        "in-it": ("incluido", "included", "incluído", "incluse"),
        "receipts": ("Acuses", "Receipts", "Recibos", "Accusés"),
        "delivered": ("entregado a", "delivered to", "entregue a", "remis à"),
        "opened": ("abierto", "opened", "aberto", "ouvert"),
        "accepted": ("aceptado", "accepted", "aceito", "accepté"),
        "refused": ("rechazado", "refused", "recusado", "refusé"),
        "left-out": ("No incluido", "Left out", "Não incluído", "Non inclus"),
        "missing": (
            "Nombrado por otros y ausente",
            "Named by others, and not here",
            "Nomeado por outros e ausente",
            "Nommé par d’autres, et absent",
        ),
        "limits": ("No prueba", "Does not prove", "Não prova", "Ne prouve pas"),
        "handling": (
            "por su tratamiento",
            "by its handling",
            "por seu tratamento",
            "selon ses marques",
        ),
        "locked": (
            "quien exporta no puede leerlo (ya)",
            "whoever exports may not read it (any more)",
            "quem exporta não pode lê-lo (mais)",
            "qui exporte ne peut (plus) le lire",
        ),
        "erased": (
            "borrado por quien exporta, al terminar su plazo de conservación",
            "erased by whoever exports, when its retention had ended",
            "apagado por quem exporta, ao terminar seu prazo de conservação",
            "effacé par qui exporte, au terme de sa durée de conservation",
        ),
        "not-here": (
            "no está en ese puesto",
            "not on that desk",
            "não está naquele posto",
            "absent de ce poste",
        ),
        "too-large": ("demasiado grande", "too large", "grande demais", "trop volumineux"),
    }
)

LIMITS: Mapping[str, InFour] = MappingProxyType(
    {
        "truth": (
            "que lo dicho sea verdad",
            "that what was said is true",
            "que o que foi dito seja verdade",
            "que ce qui a été dit soit vrai",
        ),
        "person": (
            "qué persona usó un dispositivo, o leyó algo: firman dispositivos, que el directorio asigna a funcionarios",
            "which person used a device, or read something: devices sign, which the directory gives to officers",
            "que pessoa usou um dispositivo, ou leu algo: assinam dispositivos, que o diretório atribui a funcionários",
            "quelle personne a utilisé un appareil, ou lu : les appareils signent, l’annuaire les attribue aux agents",
        ),
        "clock": (
            "que la hora del relé sea la verdadera: es su palabra, firmada",
            "that the relay's time is the true one: it is its word, signed",
            "que a hora do relé seja a verdadeira: é a palavra dele, assinada",
            "que l’heure du relais soit la vraie : c’est sa parole, signée",
        ),
        "envelope": (
            "cuándo se envió lo que figura sin prueba: nada muestra en qué sobre iba (un puesto recuperado)",
            "when something was sent that stands as not proven: nothing shows in which envelope it was (a desk that "
            "was recovered from a file has nothing that does)",
            "quando foi enviado o que consta sem prova: nada mostra em que envelope ia (um posto recuperado não o tem)",
            "quand fut envoyé ce qui figure sans preuve : rien ne montre son enveloppe (poste rétabli d’un fichier)",
        ),
        "complete": (
            "que no falte nada: otros mensajes, acuses o negativas de los que nadie incluido aquí habla",
            "that nothing was left out: other messages, receipts or refusals that nobody in here speaks of",
            "que nada falte: outras mensagens, recibos ou recusas de que ninguém aqui fala",
            "que rien ne manque : d’autres messages, accusés ou refus dont personne ici ne parle",
        ),
        "not-received": (
            "que algo no llegó: la falta de un acuse no prueba nada",
            "that something did not arrive: a receipt that is lacking proves nothing",
            "que algo não chegou: a falta de um recibo nada prova",
            "qu’une chose n’est pas arrivée : un accusé absent ne prouve rien",
        ),
        "keys": (
            "que una clave no estuviera en otras manos antes de ser revocada",
            "that a key was in nobody else's hands before it was revoked",
            "que uma chave não estivesse em outras mãos antes de ser revogada",
            "qu’une clé n’était pas en d’autres mains avant sa révocation",
        ),
    }
)


def word(name: str, language: str) -> str:
    """A fixed word of the index."""
    return in_language(WORDS[name], language)


def limits(language: str) -> tuple[str, ...]:
    """What no bundle proves."""
    return tuple(in_language(row, language) for row in LIMITS.values())
