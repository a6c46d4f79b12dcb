"""What the pages say besides entries, in four languages (`directory.exchange.sheet_words` has what sheets say too)."""

from collections.abc import Mapping
from types import MappingProxyType

from directory.four_languages import OFFICIAL, InFour, by_language

ITSELF = MappingProxyType({"es": "Español", "en": "English", "pt": "Português", "fr": "Français"})
_TABLE: Mapping[str, InFour] = {
    "portal": ("Consulta", "Look-up", "Consulta", "Consultation"),
    "skip": ("Ir al contenido", "Skip to content", "Ir para o conteúdo", "Aller au contenu"),
    "languages_nav": ("Idioma de la página", "Language of this page", "Idioma da página", "Langue de la page"),
    "pages_nav": ("Páginas", "Pages", "Páginas", "Pages"),
    "exercise": (
        "EJERCICIO: nada de esto es real.",
        "EXERCISE: nothing of this is real.",
        "EXERCÍCIO: nada disto é real.",
        "EXERCICE : rien de ceci n’est réel.",
    ),
    "unverified": (
        "Lo muestra el servidor; este dispositivo no lo ha verificado. Si necesita certeza, consulte un puesto "
        "Enlace.",
        "Shown by the relay, not verified on this device. Where it has to be certain, ask an Enlace desk.",
        "Mostrado pelo servidor, não verificado neste dispositivo. Se precisar de certeza, consulte um posto "
        "Enlace.",
        "Affiché par le serveur, non vérifié sur cet appareil. S’il faut en être sûr, consultez un poste Enlace.",
    ),
    "as_of": (
        "Directorio del {time}, posición {size}.",
        "Directory of {time}, position {size}.",
        "Diretório de {time}, posição {size}.",
        "Annuaire du {time}, position {size}.",
    ),
    "old": (
        "ATENCIÓN: el registro no se renueva desde hace más de un día. Lo que sigue puede estar superado.",
        "WARNING: the log has not been renewed for more than a day. What follows may be out of date.",
        "ATENÇÃO: o registro não é renovado há mais de um dia. O que segue pode estar desatualizado.",
        "ATTENTION : le journal n’a pas été renouvelé depuis plus d’un jour. Ce qui suit peut être dépassé.",
    ),
    "witnessed": (
        "Los testigos confirmaron hasta la posición {size} el {time}.",
        "Its witnesses vouched for it up to position {size} on {time}.",
        "As testemunhas confirmaram até a posição {size} em {time}.",
        "Ses témoins s’en sont portés garants jusqu’à la position {size} le {time}.",
    ),
    "unwitnessed": (
        "Ningún testigo lo confirma.",
        "No witness vouches for it.",
        "Nenhuma testemunha o confirma.",
        "Aucun témoin ne s’en porte garant.",
    ),
    "not_witnessed": (
        "Sus testigos aún no lo han confirmado.",
        "Its witnesses have not vouched for it yet.",
        "As testemunhas ainda não o confirmaram.",
        "Ses témoins ne s’en sont pas encore portés garants.",
    ),
    "witnesses_old": (
        "ATENCIÓN: los testigos no confirman el directorio desde el {time}. Quizá falte lo que vino después, quizá una "
        "revocación: pregunte en un puesto Enlace.",
        "WARNING: the witnesses have not vouched for the directory since {time}. What came later may be missing, "
        "perhaps a revocation: ask an Enlace desk.",
        "ATENÇÃO: as testemunhas não confirmam o diretório desde {time}. Talvez falte o que veio depois, talvez uma "
        "revogação: pergunte em um posto Enlace.",
        "ATTENTION : les témoins ne se portent plus garants de l’annuaire depuis le {time}. La suite manque peut-être, "
        "peut-être une révocation : demandez à un poste Enlace.",
    ),
    "log_in": ("Entrar", "Log in", "Entrar", "Se connecter"),
    "log_out": ("Salir", "Log out", "Sair", "Se déconnecter"),
    "account": ("Mi acceso", "My access", "Meu acesso", "Mon accès"),
    "name": ("Nombre de cuenta", "Account name", "Nome da conta", "Nom du compte"),
    "name_hint": (
        "Ocho letras y cifras, como k7mw-3npq. Su puesto lo muestra con: enlace portal show",
        "Eight letters and digits, such as k7mw-3npq. Your desk shows it with: enlace portal show",
        "Oito letras e algarismos, como k7mw-3npq. Seu posto o mostra com: enlace portal show",
        "Huit lettres et chiffres, comme k7mw-3npq. Votre poste l’affiche avec : enlace portal show",
    ),
    "passphrase": (
        "Frase de contraseña del portal",
        "Portal passphrase",
        "Frase-senha do portal",
        "Phrase secrète du portail",
    ),
    "code": ("Código de 6 cifras", "6-digit code", "Código de 6 algarismos", "Code à 6 chiffres"),
    "code_hint": (
        "El que muestra ahora su autenticador para el portal; cada código sirve una vez.",
        "What your authenticator shows now for the portal; each code is good once.",
        "O que seu autenticador mostra agora para o portal; cada código vale uma vez.",
        "Celui que votre authentificateur affiche maintenant pour le portail ; chaque code ne sert qu’une fois.",
    ),
    "no_access": (
        "¿Sin acceso, o lo ha olvidado? Se crea y se renueva solo desde su puesto: enlace portal create, o renew.",
        "No access yet, or forgotten? It is made and renewed at your desk only: enlace portal create, or renew.",
        "Sem acesso ou esqueceu? Ele é criado e renovado somente no seu posto: enlace portal create, ou renew.",
        "Pas d’accès, ou oublié ? Il se crée et se renouvelle seulement à votre poste : enlace portal create, ou "
        "renew.",
    ),
    "wrong": (
        "No se ha podido entrar: el nombre, la frase o el código no son correctos, el código ya se usó, o hubo "
        "demasiados "
        "intentos. Espere al código siguiente e inténtelo de nuevo; tras varios fallos, unos minutos más tarde.",
        "That did not work: name, passphrase or code is wrong, the code was used before, or there were too many "
        "attempts. "
        "Wait for the next code and try again; after several failures, some minutes later.",
        "Não foi possível entrar: nome, frase ou código incorretos, o código já foi usado, ou houve tentativas demais. "
        "Espere o próximo código e tente de novo; depois de várias falhas, alguns minutos mais tarde.",
        "Échec : le nom, la phrase ou le code est incorrect, le code a déjà servi, ou il y a eu trop de "
        "tentatives. Attendez le "
        "code suivant et réessayez ; après plusieurs échecs, quelques minutes plus tard.",
    ),
    "throttled": (
        "Demasiados intentos. Espere {seconds} segundos.",
        "Too many attempts. Wait {seconds} seconds.",
        "Tentativas demais. Espere {seconds} segundos.",
        "Trop de tentatives. Attendez {seconds} secondes.",
    ),
    "busy": (
        "El servidor no puede atenderle en este momento. Inténtelo de nuevo en unos segundos.",
        "The relay cannot do this right now. Try again in a few seconds.",
        "O servidor não pode atender agora. Tente de novo em alguns segundos.",
        "Le serveur ne peut pas répondre pour l’instant. Réessayez dans quelques secondes.",
    ),
    "idle": (
        "Su sesión terminó porque no se usó durante un rato. Al entrar, vuelve a donde estaba.",
        "Your session ended because it was not used for a while. Log in, and you are back where you were.",
        "Sua sessão terminou porque não foi usada por algum tempo. Ao entrar, você volta aonde estava.",
        "Votre session s’est terminée faute d’usage. En vous connectant, vous revenez où vous étiez.",
    ),
    "longest": (
        "Su sesión ha llegado a su fin. Al entrar, vuelve a donde estaba.",
        "Your session has come to its end. Log in, and you are back where you were.",
        "Sua sessão chegou ao fim. Ao entrar, você volta aonde estava.",
        "Votre session est arrivée à sa fin. En vous connectant, vous revenez où vous étiez.",
    ),
    "replayed": (
        "Su sesión se cerró porque dos navegadores usaron la misma. Si no fue usted, avise a su administrador y "
        "renueve el "
        "acceso desde su puesto: enlace portal renew.",
        "Your session was ended because two browsers used the same one. If that was not you, tell your "
        "administrator and "
        "renew the access at your desk: enlace portal renew.",
        "Sua sessão foi encerrada porque dois navegadores usaram a mesma. Se não foi você, avise seu administrador "
        "e renove "
        "o acesso no seu posto: enlace portal renew.",
        "Votre session a été fermée car deux navigateurs utilisaient la même. Si ce n’était pas vous, prévenez votre "
        "administrateur et renouvelez l’accès à votre poste : enlace portal renew.",
    ),
    "elsewhere": (
        "Su sesión se cerró porque se usó desde otro navegador. Si no fue usted, avise a su administrador y renueve el "
        "acceso desde su puesto: enlace portal renew.",
        "Your session was ended because it was used from another browser. If that was not you, tell your "
        "administrator and renew the access at your desk: enlace portal renew.",
        "Sua sessão foi encerrada porque foi usada de outro navegador. Se não foi você, avise seu administrador e "
        "renove o acesso no seu posto: enlace portal renew.",
        "Votre session a été fermée car elle a été utilisée depuis un autre navigateur. Si ce n’était pas vous, "
        "prévenez votre administrateur et renouvelez l’accès à votre poste : enlace portal renew.",
    ),
    "moved": (
        "Su conexión viene ahora de otra red, como al pasar del wifi a los datos móviles. Entre también desde aquí: "
        "vuelve a donde estaba, y su sesión vale después en ambas redes.",
        "Your connection now comes from another network, as when a telephone leaves the Wi-Fi. Log in from here too: "
        "you are back where you were, and your session then counts in both.",
        "Sua conexão vem agora de outra rede, como ao passar do Wi-Fi para os dados móveis. Entre também daqui: você "
        "volta aonde estava, e sua sessão vale depois nas duas redes.",
        "Votre connexion vient maintenant d’un autre réseau, comme en passant du Wi-Fi aux données mobiles. "
        "Connectez-vous aussi d’ici : vous revenez où vous étiez, et votre session vaut ensuite sur les deux réseaux.",
    ),
    "strange": (
        "ATENCIÓN: el {time} alguien presentó esta sesión desde otra red, y no se le mostró nada. Si no fue usted, "
        "cierre todas las sesiones en «Mi acceso», avise a su administrador y renueve el acceso desde su puesto.",
        "WARNING: on {time} somebody brought this session from another network, and was shown nothing. If that was not "
        "you, end all sessions under “My access”, tell your administrator and renew the access at your desk.",
        "ATENÇÃO: em {time} alguém apresentou esta sessão de outra rede, e nada lhe foi mostrado. Se não foi você, "
        "encerre todas as sessões em “Meu acesso”, avise seu administrador e renove o acesso no seu posto.",
        "ATTENTION : le {time} quelqu’un a présenté cette session depuis un autre réseau, et rien ne lui a été montré. "
        "Si ce n’était pas vous, fermez toutes les sessions sous « Mon accès », prévenez votre administrateur et "
        "renouvelez l’accès à votre poste.",
    ),
    "left": ("Ha cerrado la sesión.", "You have logged out.", "Você encerrou a sessão.", "Vous êtes déconnecté."),
    "from_link": (
        "Ha llegado por un enlace de otro sitio. Si ya había entrado:",
        "You came by a link from another site. If you are logged in already:",
        "Você veio por um link de outro site. Se já tinha entrado:",
        "Vous venez par un lien d’un autre site. Si vous êtes déjà connecté :",
    ),
    "go_on": ("continuar", "go on", "continuar", "continuer"),
    "search": ("Buscar un punto de contacto", "Find a point of contact", "Buscar um ponto de contato",
               "Trouver un point de contact"),
    "search_button": ("Buscar", "Search", "Buscar", "Chercher"),
    "search_hint": (
        "País, función, institución, ciudad, siglas o número. Sin palabras: todo lo que los filtros dejan.",
        "Country, function, institution, city, initials or number. No words: everything that the filters leave.",
        "País, função, instituição, cidade, sigla ou número. Sem palavras: tudo o que os filtros deixam.",
        "Pays, fonction, institution, ville, sigle ou numéro. Sans mots : tout ce que les filtres laissent.",
    ),
    "filters": ("Filtros", "Filters", "Filtros", "Filtres"),
    "country": ("País", "Country", "País", "Pays"),
    "function": ("Función", "Function", "Função", "Fonction"),
    "language": ("Atiende en", "Works in", "Atende em", "Travaille en"),
    "circle": ("Círculo", "Circle", "Círculo", "Cercle"),
    "any": ("cualquiera", "any", "qualquer", "indifférent"),
    "now": ("Primero quien atiende ahora", "Whoever answers now first", "Primeiro quem atende agora",
            "D’abord ceux qui répondent maintenant"),
    "found": ("{total} resultados", "{total} results", "{total} resultados", "{total} résultats"),
    "found_one": ("1 resultado", "1 result", "1 resultado", "1 résultat"),
    "first": ("Se muestran los primeros {shown}. Acote la búsqueda, o", "The first {shown} are shown. Narrow it, or",
              "São mostrados os primeiros {shown}. Refine a busca, ou",
              "Les {shown} premiers sont affichés. Précisez la recherche, ou"),
    "more": ("muestre {count}", "show {count}", "mostre {count}", "affichez-en {count}"),
    "at_most": ("Se muestran los primeros {shown}. Acote la búsqueda.", "The first {shown} are shown. Narrow the "
    "search.",
                "São mostrados os primeiros {shown}. Refine a busca.",
                "Les {shown} premiers sont affichés. Précisez la recherche."),
    "not_all": (
        "Ningún punto de contacto tiene todas esas palabras; estos son los que más tienen.",
        "No point of contact has all of these words; these have the most of them.",
        "Nenhum ponto de contato tem todas essas palavras; estes são os que têm mais.",
        "Aucun point de contact n’a tous ces mots ; ceux-ci en ont le plus.",
    ),
    "nearly": ("escrito de modo parecido", "spelled nearly so", "escrito de modo parecido", "orthographe proche"),
    "assumed": ("se supone, por el país", "assumed, from the country", "supõe-se, pelo país", "supposé, d’après le "
    "pays"),
    "nobody": ("No se encontró a nadie con esos datos.", "Nobody is listed for that.", "Ninguém consta com "
    "esses dados.",
               "Personne ne correspond."),
    "nothing_yet": ("El directorio aún no tiene puntos de contacto.", "The directory has no points of contact yet.",
                    "O diretório ainda não tem pontos de contato.", "L’annuaire n’a pas encore de points de contact."),
    "try": ("Pruebe así:", "Try this:", "Tente assim:", "Essayez ainsi :"),
    "without": ("sin «{what}» ({total})", "without “{what}” ({total})", "sem “{what}” ({total})",
                "sans « {what} » ({total})"),
    "meant": ("¿Quiso decir {what}? ({total})", "Did you mean {what}? ({total})", "Quis dizer {what}? ({total})",
              "Vouliez-vous dire {what} ? ({total})"),
    "start_over": ("empezar de nuevo", "start over", "recomeçar", "recommencer"),
    "left_out": ("Se buscaron las primeras {most} palabras.", "The first {most} words were looked for.",
                 "Foram buscadas as primeiras {most} palavras.", "Les {most} premiers mots ont été cherchés."),
    "nobody_in": ("De {countries} no hay nadie con esos datos.", "Of {countries}, nobody is listed for that.",
                  "De {countries} ninguém consta com esses dados.", "De {countries}, personne ne correspond."),
    "dial": ("desde aquí marque {dialled}", "from here dial {dialled}", "daqui disque {dialled}",
             "d’ici, composez le {dialled}"),
    "open": ("Atiende ahora", "Answers now", "Atende agora", "Répond maintenant"),
    "closed_now": ("Cerrado ahora", "Closed now", "Fechado agora", "Fermé maintenant"),
    "unknown": ("Horario desconocido", "Hours not known", "Horário desconhecido", "Horaires inconnus"),
    "until": ("hasta {then}, hora de allí", "until {then} there", "até {then}, hora de lá", "jusqu’à {then}, "
    "heure sur place"),
    "opens": ("abre {then}, hora de allí", "opens {then} there", "abre {then}, hora de lá", "ouvre {then}, "
    "heure sur place"),
    "there": ("hora allí: {time}", "time there: {time}", "hora lá: {time}", "heure sur place : {time}"),
    "said_at": ("(el {time})", "(on {time})", "(em {time})", "(le {time})"),
    "no_number": ("sin teléfono ni correo publicados", "no telephone or e-mail published", "sem telefone nem e-mail "
                  "publicados", "ni téléphone ni courriel publiés"),
    "only_by_phone": ("Solo por teléfono y correo", "Telephone and e-mail only", "Só por telefone e e-mail",
                      "Par téléphone et courriel seulement"),
    "cannot_receive": (
        "NO PUEDE RECIBIR por Enlace: sus claves caducaron. Llame, o escriba por correo.",
        "CANNOT RECEIVE by Enlace: its keys ran out. Telephone, or write an e-mail.",
        "NÃO PODE RECEBER pelo Enlace: suas chaves expiraram. Telefone, ou escreva um e-mail.",
        "NE PEUT PAS RECEVOIR par Enlace : ses clés ont expiré. Téléphonez, ou écrivez un courriel.",
    ),
    "mixed": (
        "CUIDADO: «{word}» tiene letras que solo se parecen a las nuestras ({letters}). Compruebe con otra fuente.",
        "CAUTION: “{word}” has letters that only look like ours ({letters}). Check with another source.",
        "CUIDADO: “{word}” tem letras que só se parecem com as nossas ({letters}). Confirme com outra fonte.",
        "PRUDENCE : « {word} » a des lettres qui ne font que ressembler aux nôtres ({letters}). Vérifiez ailleurs.",
    ),
    "numbers_more": ("y {count} más", "and {count} more", "e mais {count}", "et {count} de plus"),
    "back": ("Volver a la búsqueda", "Back to the search", "Voltar à busca", "Retour à la recherche"),
    "print": ("Para imprimir esta página: Ctrl+P (Mac: ⌘P).", "To print this page: Ctrl+P (Mac: ⌘P).",
              "Para imprimir esta página: Ctrl+P (Mac: ⌘P).", "Pour imprimer cette page : Ctrl+P (Mac : ⌘P)."),
    "printed": (
        "El papel envejece. Lo mostró un servidor el {time}; nadie lo verificó en un puesto.",
        "Paper grows old. A relay showed this on {time}; no desk has verified it.",
        "O papel envelhece. Um servidor mostrou isto em {time}; nenhum posto o verificou.",
        "Le papier vieillit. Un serveur a affiché ceci le {time} ; aucun poste ne l’a vérifié.",
    ),
    "absent_erased": ("Su autoridad hizo borrar sus datos.", "Its authority had its details erased.",
                      "Sua autoridade mandou apagar seus dados.", "Son autorité a fait effacer ses coordonnées."),
    "absent_withheld": ("Publicado solo para círculos a los que su autoridad no pertenece.",
                        "Published to circles alone that your authority is not in.",
                        "Publicado só para círculos de que sua autoridade não participa.",
                        "Publié seulement pour des cercles dont votre autorité ne fait pas partie."),
    "absent_unreadable": ("Lo publicado no se puede leer.", "What was published cannot be read.",
                          "O que foi publicado não pode ser lido.", "Ce qui a été publié est illisible."),
    "absent_missing": ("Sus datos faltan en el servidor, sin que nadie los borrara: avise a la secretaría.",
                       "Its details are missing on the relay although nobody erased them: tell the secretariat.",
                       "Seus dados faltam no servidor sem que ninguém os apagasse: avise a secretaria.",
                       "Ses coordonnées manquent sur le serveur sans que personne les ait effacées : prévenez le "
                       "secrétariat."),
    "not_there": ("Esta página no existe", "There is no such page", "Esta página não existe", "Cette page "
    "n’existe pas"),
    "no_contact": ("Este punto de contacto no existe; quizá fue retirado.", "There is no such point of contact; it may "
    "have "
                   "been withdrawn.", "Este ponto de contato não existe; talvez tenha sido retirado.",
                   "Ce point de contact n’existe pas ; il a peut-être été retiré."),
    "went_wrong": ("No se pudo hacer", "That could not be done", "Não foi possível", "Impossible"),
    "form_refused": (
        "El formulario no vino de esta página, o era de una sesión anterior. No se cambió nada: hágalo de nuevo.",
        "The form did not come from this page, or it belonged to an earlier session. Nothing was changed: do it again.",
        "O formulário não veio desta página, ou era de uma sessão anterior. Nada foi mudado: faça de novo.",
        "Le formulaire ne venait pas de cette page, ou datait d’une session précédente. Rien n’a été modifié : "
        "recommencez.",
    ),
    "internal": (
        "El servidor falló. Inténtelo de nuevo; si sigue, avise a quien lo opera.",
        "The relay failed. Try again; if it goes on, tell whoever runs it.",
        "O servidor falhou. Tente de novo; se continuar, avise quem o opera.",
        "Le serveur a échoué. Réessayez ; si cela continue, prévenez son opérateur.",
    ),
    "before": ("Entrada anterior a esta", "Log-in before this one", "Entrada anterior a esta", "Connexion précédente"),
    "never": ("ninguna", "none", "nenhuma", "aucune"),
    "failures": ("Intentos fallidos desde entonces", "Failed attempts since then", "Tentativas malsucedidas "
    "desde então",
                 "Tentatives échouées depuis"),
    "sessions": ("Sesiones abiertas, con esta", "Open sessions, this one too", "Sessões abertas, com esta",
                 "Sessions ouvertes, avec celle-ci"),
    "ends": ("El acceso termina el", "Access ends on", "O acesso termina em", "L’accès se termine le"),
    "ends_soon": (
        "Su acceso termina el {date}. Renuévelo desde su puesto: enlace portal renew.",
        "Your access ends on {date}. Renew it at your desk: enlace portal renew.",
        "Seu acesso termina em {date}. Renove-o no seu posto: enlace portal renew.",
        "Votre accès se termine le {date}. Renouvelez-le à votre poste : enlace portal renew.",
    ),
    "account_about": (
        "Aquí solo se consulta. La frase y el autenticador se cambian desde su puesto: enlace portal renew.",
        "Here you only look things up. Passphrase and authenticator are changed at your desk: enlace portal renew.",
        "Aqui só se consulta. A frase e o autenticador são mudados no seu posto: enlace portal renew.",
        "Ici, on ne fait que consulter. La phrase et l’authentificateur se changent à votre poste : enlace portal "
        "renew.",
    ),
    "end_all": ("Cerrar todas las sesiones", "End all sessions", "Encerrar todas as sessões", "Fermer toutes les "
    "sessions"),
}  # fmt: skip
WORDS = by_language(_TABLE)


def preferred(header: str) -> str:
    """The language of the four that a browser prefers (`Accept-Language`); English if it names none of them."""
    best, at = "en", 0.0
    for part in header[:1000].split(","):
        tag, _, weight = part.strip().partition(";")
        language = tag.strip().lower().partition("-")[0]
        if language in OFFICIAL and (quality := _quality(weight)) > at:
            best, at = language, quality
    return best


def _quality(text: str) -> float:
    name, _, number = text.strip().partition("=")
    if not name:
        return 1.0
    digits = number.strip()
    plain = name.strip() == "q" and digits.replace(".", "", 1).isascii() and digits.replace(".", "", 1).isdigit()
    return min(float(digits), 1.0) if plain else 0.0
