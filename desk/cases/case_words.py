"""The fixed words of cases in four languages: acts, why one had no effect, by what right one reads, why one may not."""

from collections.abc import Mapping
from types import MappingProxyType

from directory.four_languages import InFour, in_language

TABLES: Mapping[str, Mapping[str, InFour]] = MappingProxyType(
    {
        "act": {
            "open": ("apertura del caso", "case opened", "abertura do caso", "ouverture de l’affaire"),
            "invite": ("invitación", "invitation", "convite", "invitation envoyée"),
            "join": ("incorporación", "joined", "ingresso", "adhésion"),
            "leave": ("salida", "left", "saída", "départ"),
            "exclude": ("exclusión", "excluded", "exclusão", "exclusion prononcée"),
            "guest": ("invitación a un funcionario", "guest invited", "convite a um funcionário", "agent invité"),
            "end-guest": ("fin de la invitación", "guest ended", "fim do convite", "fin de l’invitation"),
            "say": ("mensaje", "message", "mensagem", "message transmis"),
            "hand-over": ("entrega de mensajes", "messages handed over", "entrega de mensagens", "remise de messages"),
        },
        "why": {
            "no-member": (
                "quien lo firma no participa en el caso",
                "who signed it is not in the case",
                "quem assina não participa do caso",
                "le signataire ne participe pas à l’affaire",
            ),
            "may-not-invite": (
                "este miembro no puede invitar",
                "this member may not invite",
                "este membro não pode convidar",
                "ce membre ne peut pas inviter",
            ),
            "already": (
                "ya participaba o estaba invitado",
                "already in, or invited",
                "já participava ou estava convidado",
                "participait déjà, ou était invité",
            ),
            "not-invited": ("sin invitación", "not invited", "sem convite", "sans invitation"),
            "not-theirs": (
                "solo puede hacerlo quien invitó o quien abrió el caso",
                "only who invited, or opened the case, may do that",
                "só pode fazê-lo quem convidou ou quem abriu o caso",
                "seul peut le faire celui qui a invité ou ouvert l’affaire",
            ),
            "the-opener": (
                "no se excluye a quien abrió el caso",
                "who opened the case is not excluded",
                "não se exclui quem abriu o caso",
                "on n’exclut pas celui qui a ouvert l’affaire",
            ),
            "no-such-member": (
                "no participa en el caso",
                "is not in the case",
                "não participa do caso",
                "ne participe pas à l’affaire",
            ),
            "guest-over": (
                "la invitación había vencido",
                "the invitation had run out",
                "o convite havia vencido",
                "l’invitation avait expiré",
            ),
            "too-long": (
                "el plazo no es futuro o supera 92 días",
                "the time is not ahead, or more than 92 days",
                "o prazo não é futuro ou supera 92 dias",
                "le délai n’est pas à venir ou dépasse 92 jours",
            ),
            "crossed": (
                "quien lo firma no había visto que ya estaba fuera",
                "who signed it had not seen that they were put out",
                "quem assina não tinha visto que já estava fora",
                "le signataire n’avait pas vu la sortie",
            ),
        },
        "by": {
            "served": (
                "porque atiende el contacto",
                "because they serve the contact",
                "porque atende o contato",
                "parce qu’il sert le contact",
            ),
            "guest": ("como invitado", "as a guest", "como convidado", "en tant qu’invité"),
            "handed-over": (
                "porque le fue entregado",
                "because it was handed over",
                "porque lhe foi entregue",
                "parce qu’il lui a été remis",
            ),
        },
        "page": {
            "case": ("Caso", "Case", "Caso", "Affaire"),
            "exercise": ("EJERCICIO", "EXERCISE", "EXERCÍCIO", "EXERCICE"),
            "members": ("Participan", "In it", "Participam", "Membres"),
            "invited": ("Por entrar", "Invited", "Por entrar", "En attente"),
            "guests": ("Invitados", "Guests", "Convidados", "Invités"),
            "guest": ("invitado", "guest", "convidado", "invité"),
            "as-guest": ("como invitado", "as a guest", "como convidado", "en tant qu’invité"),
            "opened": ("abrió el caso", "opened it", "abriu o caso", "a ouvert l’affaire"),
            "by": ("por", "by", "por", "par"),
            "may-invite": ("puede invitar", "may invite", "pode convidar", "peut inviter"),
            "until": ("hasta", "until", "até", "jusqu’au"),
            "not-joined": ("aún no se incorpora", "not joined yet", "ainda não ingressou", "pas encore entré"),
            "to": ("Para:", "For:", "Para:", "Pour :"),
            "files": ("archivo(s)", "file(s)", "arquivo(s)", "fichier(s)"),
            "no-effect": ("sin efecto", "no effect", "sem efeito", "sans effet"),
            "file": ("Archivo:", "File:", "Arquivo:", "Fichier :"),
            "save-with": ("se guarda con", "saved by", "salva-se com", "s’enregistre avec"),
            "not-along": (
                "no vino con el mensaje; pídalo a quien lo entregó o a quien lo envió",
                "did not come along; ask who handed it on, or who sent it",
                "não veio com a mensagem; peça-o a quem a entregou ou a quem a enviou",
                "n’est pas joint ; demandez-le à qui l’a remis ou à qui l’a envoyé",
            ),
            "signed": ("firmado", "signed", "assinado", "signé"),
            "handed-by": ("entregado por", "handed over by", "entregue por", "remis par"),
            "locked": ("no se muestra", "not shown here", "não se mostra", "non affiché"),
            "withheld": (
                "no va a un archivo, por su tratamiento",
                "not into a file, by its handling",
                "não vai para um arquivo, por seu tratamento",
                "pas dans un fichier, selon ses marques",
            ),
            "readers": (
                "dispositivos que pueden leerlo",
                "devices that may read it",
                "dispositivos que podem lê-lo",
                "appareils qui peuvent le lire",
            ),
            "missing": (
                "mensaje(s) que otros vieron y que este puesto no recibió",
                "message(s) that others had seen and this desk was not given",
                "mensagem(ns) que outros viram e que este posto não recebeu",
                "message(s) que d’autres ont vus et que ce poste n’a pas reçus",
            ),
            "erased": (
                "borrado aquí al terminar su plazo de conservación",
                "erased here when its retention had ended",
                "apagado aqui ao terminar seu prazo de conservação",
                "effacé ici au terme de sa durée de conservation",
            ),
            "waits": (
                "espera un acto anterior que falta aquí",
                "waits for an earlier act that is not here",
                "aguarda um ato anterior que falta aqui",
                "attend un acte antérieur absent d’ici",
            ),
            "unproven": ("sin prueba todavía", "not proven (yet)", "ainda sem prova", "pas (encore) prouvé"),
            "passed-over": ("no se tuvo en cuenta", "passed over", "desconsiderado", "écarté"),
            "not-begun": (
                "Este puesto no recibió quién participa: pida a un miembro o colega `enlace case hand-over`.",
                "This desk was not given who is in this case: ask a member or a colleague for `enlace case hand-over`.",
                "Este posto não recebeu quem participa do caso: peça a um membro ou colega `enlace case hand-over`.",
                "Ce poste n’a pas reçu la liste des membres : demandez à un collègue `enlace case hand-over`.",
            ),
            "not-proven": (
                "La apertura de este caso aún no consta con prueba del relé.",
                "The opening of this case is not proven by the relay's receipt yet.",
                "A abertura deste caso ainda não consta com prova do relé.",
                "L’ouverture de cette affaire n’est pas encore prouvée par le relais.",
            ),
        },
        "why-not": {
            "no-such-message": (
                "no es un mensaje de este caso",
                "no message of this case",
                "não é mensagem deste caso",
                "aucun message de cette affaire",
            ),
            "erased": (
                "su plazo de conservación terminó",
                "its retention has ended",
                "seu prazo de conservação terminou",
                "sa durée de conservation est écoulée",
            ),
            "device-out": (
                "el dispositivo no está activo",
                "the device is not live",
                "o dispositivo não está ativo",
                "l’appareil n’est pas actif",
            ),
            "not-then": (
                "es anterior; un colega puede entregarlo",
                "it is from before; a colleague can hand it over",
                "é anterior; um colega pode entregá-lo",
                "il est antérieur ; un collègue peut le remettre",
            ),
            "not-now": (
                "ya no atiende el contacto",
                "no longer serves the contact",
                "já não atende o contato",
                "ne sert plus le contact",
            ),
            "guest-over": (
                "la invitación terminó",
                "the time as a guest is over",
                "o convite terminou",
                "l’invitation a pris fin",
            ),
            "stranger": (
                "no participa en el caso",
                "is not in the case",
                "não participa do caso",
                "ne participe pas à l’affaire",
            ),
        },
    }
)


def said(table: str, word: str, language: str) -> str:
    """What a fixed word of a table is called in one of the four languages."""
    return in_language(TABLES[table][word], language)
