"""The words of the dialogue in which a form is filled in, and of what is told of a draft, in the four languages."""

from collections.abc import Mapping

from directory.four_languages import InFour, by_language

_TABLE: Mapping[str, InFour] = {
    "draft": (
        "Borrador {name}, redactado en {language}. Cada respuesta se guarda al instante.",
        "Draft {name}, written in {language}. Every answer is stored at once.",
        "Rascunho {name}, redigido em {language}. Cada resposta é salva na hora.",
        "Brouillon {name}, rédigé en {language}. Chaque réponse est enregistrée aussitôt.",
    ),
    "to": ("Para: {name}", "To: {name}", "Para: {name}", "À : {name}"),
    "unreadable": (
        "Este puesto no puede leer los requisitos de {name}.",
        "This desk cannot read what {name} requires.",
        "Este posto não consegue ler os requisitos de {name}.",
        "Ce poste ne peut pas lire les exigences de {name}.",
    ),
    "other_function": (
        "Ese contacto es de: {is_}. Este formulario suele enviarse a: {usual}.",
        "That contact is for: {is_}. This form is mostly sent to: {usual}.",
        "Esse contato é de: {is_}. Este formulário costuma ser enviado a: {usual}.",
        "Ce contact relève de : {is_}. Ce formulaire s’adresse surtout à : {usual}.",
    ),
    "begin": (
        "Intro pasa al siguiente campo; :? muestra qué más se puede escribir; :q deja el resto para luego.",
        "Enter goes on to the next field; :? shows what else can be typed; :q leaves the rest for later.",
        "Enter passa ao próximo campo; :? mostra o que mais se pode digitar; :q deixa o resto para depois.",
        "Entrée passe au champ suivant ; :? montre ce qu’on peut saisir d’autre ; :q laisse le reste pour plus tard.",
    ),
    "help": (
        "Intro  deja el campo como está y sigue\n"
        ":b     vuelve al campo anterior\n"
        ":s     pasa a la sección siguiente, o sale de esta persona o de este elemento\n"
        ":g 3   va a la sección 3; :g sola las muestra\n"
        ":d     vacía el campo\n"
        ":e     abre su editor para un texto\n"
        ":l en  escribe el mismo texto en otro idioma\n"
        ":m     muestra lo que falta\n"
        ":q     sale; lo guardado queda",
        "Enter  leaves the field as it is and goes on\n"
        ":b     goes back to the field before\n"
        ":s     goes on to the next section, or out of this person or item\n"
        ":g 3   goes to section 3; :g alone shows them\n"
        ":d     empties the field\n"
        ":e     opens your editor for a text\n"
        ":l en  writes the same text in another language\n"
        ":m     shows what is missing\n"
        ":q     leaves; what is stored stays",
        "Enter  deixa o campo como está e segue\n"
        ":b     volta ao campo anterior\n"
        ":s     passa à seção seguinte, ou sai desta pessoa ou deste item\n"
        ":g 3   vai à seção 3; :g sozinho as mostra\n"
        ":d     esvazia o campo\n"
        ":e     abre seu editor para um texto\n"
        ":l en  escreve o mesmo texto em outro idioma\n"
        ":m     mostra o que falta\n"
        ":q     sai; o que foi salvo fica",
        "Entrée laisse le champ tel quel et continue\n"
        ":b     revient au champ précédent\n"
        ":s     passe à la section suivante, ou quitte cette personne ou cet élément\n"
        ":g 3   va à la section 3 ; :g seul les montre\n"
        ":d     vide le champ\n"
        ":e     ouvre votre éditeur pour un texte\n"
        ":l en  écrit le même texte dans une autre langue\n"
        ":m     montre ce qui manque\n"
        ":q     quitte ; ce qui est enregistré reste",
    ),
    "now": ("Ahora:", "Now:", "Agora:", "Actuellement :"),
    "needed": ("Necesario para enviar: {who}", "Needed to send: {who}", "Necessário para enviar: {who}",
               "Nécessaire pour envoyer : {who}"),
    "advised": ("Conviene: {who}", "Advisable: {who}", "Convém: {who}", "Souhaitable : {who}"),
    "text": (
        "Escriba el texto en {language}; termine con una línea que solo tenga un punto. :e abre el editor.",
        "Type the text in {language}; end it with a line that is only a full stop. :e opens the editor.",
        "Digite o texto em {language}; termine com uma linha que tenha só um ponto. :e abre o editor.",
        "Saisissez le texte en {language} ; terminez par une ligne qui ne contient qu’un point. :e ouvre l’éditeur.",
    ),
    "translate": (
        "El destinatario pide {languages}: añada una versión con :l {tag}.",
        "The recipient asks for {languages}: add a version with :l {tag}.",
        "O destinatário pede {languages}: acrescente uma versão com :l {tag}.",
        "Le destinataire demande : {languages} ; ajoutez une version avec :l {tag}.",
    ),
    "one_code": (
        "Número, o el comienzo de una palabra.",
        "A number, or how a word begins.",
        "Número, ou o começo de uma palavra.",
        "Un numéro, ou le début d’un mot.",
    ),
    "some_codes": (
        "Números o comienzos de palabras, con comas; sustituyen lo que hay.",
        "Numbers, or how words begin, with commas; they replace what is there.",
        "Números ou começos de palavras, com vírgulas; substituem o que há.",
        "Numéros ou débuts de mots, séparés par des virgules ; ils remplacent ce qui s’y trouve.",
    ),
    "victim_parts": (
        "Víctima: solo el seudónimo y lo que no identifica. Si el nombre es imprescindible: "
        "enlace form fill … {path}.name=…",
        "A victim: the pseudonym alone, and what does not identify. If the name cannot be done without: "
        "enlace form fill … {path}.name=…",
        "Vítima: só o pseudônimo e o que não identifica. Se o nome for indispensável: "
        "enlace form fill … {path}.name=…",
        "Une victime : le pseudonyme seul, et ce qui n’identifie pas. Si le nom est indispensable : "
        "enlace form fill … {path}.name=…",
    ),
    "items": (
        "{count} hasta ahora. + añade; un número abre ese elemento; -2 quita el segundo; Intro sigue.",
        "{count} so far. + adds one; a number opens that one; -2 takes out the second; Enter goes on.",
        "{count} até agora. + acrescenta; um número abre o item; -2 retira o segundo; Enter segue.",
        "{count} pour l’instant. + ajoute ; un numéro ouvre cet élément ; -2 retire le deuxième ; Entrée continue.",
    ),
    "item": ("{label}, n.º {at}", "{label}, no. {at}", "{label}, n.º {at}", "{label}, n° {at}"),
    "no_item": (
        "No hay tal elemento. + añade uno; Intro sigue.",
        "There is no such item. + adds one; Enter goes on.",
        "Não há esse item. + acrescenta um; Enter segue.",
        "Cet élément n’existe pas. + en ajoute un ; Entrée continue.",
    ),
    "full": ("No caben más de {most}.", "There is room for {most}, no more.", "Não cabem mais de {most}.",
             "Pas plus de {most}."),
    "later": (
        "Aún sin guardar: {why}",
        "Not stored yet: {why}",
        "Ainda não salvo: {why}",
        "Pas encore enregistré : {why}",
    ),
    "dropped": (
        "No se guardó: {why}",
        "It was not stored: {why}",
        "Não foi salvo: {why}",
        "Cela n’a pas été enregistré : {why}",
    ),
    "emptied": ("Vaciado.", "Emptied.", "Esvaziado.", "Vidé."),
    "only_text": (
        "Eso es solo para textos libres.",
        "That is for free text only.",
        "Isso é só para textos livres.",
        "C’est réservé aux textes libres.",
    ),
    "no_command": (
        "{text} no es una orden; :? las muestra.",
        "{text} is no command; :? shows them.",
        "{text} não é um comando; :? os mostra.",
        "{text} n’est pas une commande ; :? les montre.",
    ),
    "stays": (
        "El borrador {name} queda guardado. Para seguir: enlace form fill {name} --ask",
        "Draft {name} is stored. To go on: enlace form fill {name} --ask",
        "O rascunho {name} fica salvo. Para continuar: enlace form fill {name} --ask",
        "Le brouillon {name} est enregistré. Pour continuer : enlace form fill {name} --ask",
    ),
    "complete": (
        "No falta nada que impida enviarlo.",
        "Nothing is missing that keeps it from being sent.",
        "Não falta nada que impeça o envio.",
        "Rien ne manque qui empêche l’envoi.",
    ),
    "section": ("Sección {at} de {of}", "Section {at} of {of}", "Seção {at} de {of}", "Section {at} sur {of}"),
    "town": ("Localidad", "Town", "Localidade", "Localité"),
    "detail": ("Dirección o señas", "Address, or how to find it", "Endereço ou indicações", "Adresse ou indications"),
    "born_hint": ("año, o año-mes-día", "year, or year-month-day", "ano, ou ano-mês-dia", "année, ou année-mois-jour"),
    "several_hint": ("varios: con ;", "several: with ;", "vários: com ;", "plusieurs : avec ;"),
    "document_hint": (
        "tipo, número y país: pasaporte AX000000 CO; varios: con ;",
        "kind, number and country: passport AX000000 CO; several: with ;",
        "tipo, número e país: passaporte AX000000 CO; vários: com ;",
        "type, numéro et pays : passeport AX000000 CO ; plusieurs : avec ;",
    ),
    "yes": ("sí", "yes", "sim", "oui"),
    "begun": (
        "Borrador {name}: {title}, redactado en {language}.",
        "Draft {name}: {title}, written in {language}.",
        "Rascunho {name}: {title}, redigido em {language}.",
        "Brouillon {name} : {title}, rédigé en {language}.",
    ),
    "fill_in": (
        "Para completarlo: enlace form fill {name} --ask",
        "To fill it in: enlace form fill {name} --ask",
        "Para preenchê-lo: enlace form fill {name} --ask",
        "Pour le remplir : enlace form fill {name} --ask",
    ),
    "stored_lacks": (
        "Borrador {name} guardado: elementos que faltan: {count}; `enlace form check {name}` los enumera.",
        "Draft {name} is stored: {count} thing(s) missing; `enlace form check {name}` lists them.",
        "Rascunho {name} salvo: itens que faltam: {count}; `enlace form check {name}` os enumera.",
        "Brouillon {name} enregistré : éléments manquants : {count} ; `enlace form check {name}` les énumère.",
    ),
    "stored_ready": (
        "Borrador {name} guardado: se puede enviar.",
        "Draft {name} is stored: it can be sent.",
        "Rascunho {name} salvo: pode ser enviado.",
        "Brouillon {name} enregistré : il peut être envoyé.",
    ),
    "written": (
        "El borrador {name} está escrito en {out}.",
        "Draft {name} is written to {out}.",
        "O rascunho {name} está gravado em {out}.",
        "Le brouillon {name} est écrit dans {out}.",
    ),
    "head_draft": ("Borrador", "Draft", "Rascunho", "Brouillon"),
    "head_to": ("Para", "To", "Para", "À"),
    "head_case": ("Caso", "Case", "Caso", "Affaire"),
    "dated": (
        "{name}, iniciado {begun}, modificado {changed}",
        "{name}, begun {begun}, changed {changed}",
        "{name}, iniciado {begun}, alterado {changed}",
        "{name}, commencé {begun}, modifié {changed}",
    ),
    "nobody": ("nadie todavía", "nobody yet", "ninguém ainda", "personne pour l’instant"),
    "for_nobody": (
        "Aún no es para nadie: no se miró lo que exigen los destinatarios. Añada --to con `enlace form fill`.",
        "It is for nobody yet: what its recipients require was not looked at. Add --to with `enlace form fill`.",
        "Ainda não é para ninguém: não se viu o que os destinatários exigem. Acrescente --to com `enlace form fill`.",
        "Il n’est encore pour personne : les exigences des destinataires n’ont pas été vues. Ajoutez --to avec "
        "`enlace form fill`.",
    ),
}  # fmt: skip
WORDS = by_language(_TABLE)


def told(name: str, reader: str, /, **parts: object) -> str:
    """A fixed sentence in a language, with or without a region; in English if it is in none of the four."""
    found = WORDS.get(reader.partition("-")[0], WORDS["en"])[name]
    return found.format(**parts) if parts else found
