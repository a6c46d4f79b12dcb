"""The fixed words around a filled form, in four languages: what the parts of a value are called, marks, headings."""

from collections.abc import Iterable, Mapping

from directory.four_languages import InFour, by_language

_TABLE: Mapping[str, InFour] = {
    "language": ("Idioma", "Language", "Idioma", "Langue"),
    "pair": ("{one}: {two}", "{one}: {two}", "{one}: {two}", "{one} : {two}"),
    "row": ("{one}; {two}", "{one}; {two}", "{one}; {two}", "{one} ; {two}"),
    "quoted": ("«{text}»", "“{text}”", "“{text}”", "« {text} »"),
    "original": ("original", "original", "original", "original"),
    "translation": ("traducción", "translation", "tradução", "traduction"),
    "name": ("Nombre", "Name", "Nome", "Nom"),
    "pseudonym": ("Seudónimo", "Pseudonym", "Pseudônimo", "Pseudonyme"),
    "also": ("También conocido como", "Also known as", "Também conhecido como", "Aussi connu sous le nom de"),
    "born": ("Nacimiento", "Born", "Nascimento", "Naissance"),
    "age": ("Edad", "Age", "Idade", "Âge"),
    "sex": ("Sexo", "Sex", "Sexo", "Sexe"),
    "nationalities": ("Nacionalidad", "Nationality", "Nacionalidade", "Nationalité"),
    "languages": ("Idiomas", "Languages", "Idiomas", "Langues"),
    "documents": ("Documento", "Document", "Documento", "Document"),
    "country": ("País", "Country", "País", "Pays"),
    "position": ("Coordenadas", "Coordinates", "Coordenadas", "Coordonnées"),
    "stated": ("Se declara", "Stated", "Declara-se", "Déclaré"),
    "victim_data": ("dato de la víctima", "victim data", "dado da vítima", "donnée de la victime"),
    "verify": ("por verificar", "to be verified", "a verificar", "à vérifier"),
    "update": (
        "ACTUALICE ENLACE: este puesto no conoce {what}. Se muestra tal como llegó.",
        "UPDATE NEEDED: this desk does not know {what}. It is shown as it came.",
        "ATUALIZE O ENLACE: este posto não conhece {what}. É mostrado como chegou.",
        "MISE À JOUR NÉCESSAIRE : ce poste ne connaît pas {what}. Affiché tel que reçu.",
    ),
    "the_form": ("el formulario {form}", "the form {form}", "o formulário {form}", "le formulaire {form}"),
    "the_code": (
        "el código {code} de la lista {list}",
        "the code {code} of the list {list}",
        "o código {code} da lista {list}",
        "le code {code} de la liste {list}",
    ),
    "empty": (
        "No se ha rellenado ningún campo.",
        "No field is filled in.",
        "Nenhum campo foi preenchido.",
        "Aucun champ n’est rempli.",
    ),
    "missing": ("Falta: «{label}».", "Missing: “{label}”.", "Falta: “{label}”.", "Il manque : « {label} »."),
    "missing_in": (
        "Falta: «{label}», en «{group}», n.º {at}.",
        "Missing: “{label}”, in “{group}”, no. {at}.",
        "Falta: “{label}”, em “{group}”, n.º {at}.",
        "Il manque : « {label} », dans « {group} », n° {at}.",
    ),
    "victim_named": (
        "Se nombra a una víctima en «{group}», n.º {at}: use un seudónimo si el nombre no es imprescindible.",
        "A victim is named in “{group}”, no. {at}: use a pseudonym unless the name cannot be done without.",
        "Uma vítima é nomeada em “{group}”, n.º {at}: use um pseudônimo se o nome não for indispensável.",
        "Une victime est nommée dans « {group} », n° {at} : utilisez un pseudonyme si le nom n’est pas indispensable.",
    ),
    "identity_given": (
        "Va también «{label}»: quítela si no es imprescindible.",
        "“{label}” goes along: take it out unless it cannot be done without.",
        "Vai também “{label}”: retire-a se não for indispensável.",
        "« {label} » est transmise aussi : retirez-la si elle n’est pas indispensable.",
    ),
    "under_age": (
        "La edad indicada es {age}, y se dice que es una persona adulta: corrija una de las dos.",
        "The age given is {age}, and the person is said to be an adult: correct one of the two.",
        "A idade informada é {age}, e consta que é pessoa adulta: corrija uma das duas.",
        "L’âge indiqué est {age}, et la personne est dite adulte : corrigez l’un des deux.",
    ),
    "to_come": (
        "«{label}»: {day} está por venir; corrija la fecha.",
        "“{label}”: {day} is yet to come; correct the date.",
        "“{label}”: {day} ainda não chegou; corrija a data.",
        "« {label} » : {day} n’est pas encore venu ; corrigez la date.",
    ),
    "is_over": (
        "«{label}»: {day} ya pasó; corrija la fecha.",
        "“{label}”: {day} is over; correct the date.",
        "“{label}”: {day} já passou; corrija a data.",
        "« {label} » : {day} est passé ; corrigez la date.",
    ),
    "article": ("{instrument}, art. {article}", "{instrument}, art. {article}", "{instrument}, art. {article}",
                "{instrument}, art. {article}"),
    "own_rule": ("regla de Enlace", "rule of Enlace", "regra do Enlace", "règle d’Enlace"),
    "asked_by": ("requisito del destinatario", "required by the recipient", "exigência do destinatário",
                 "exigence du destinataire"),
    "wants_language": (
        "El destinatario pide {languages}. Sin versión en ninguno de esos idiomas: {labels}.",
        "The recipient asks for {languages}. Without a version in any of them: {labels}.",
        "O destinatário pede {languages}. Sem versão em nenhum desses idiomas: {labels}.",
        "Le destinataire demande : {languages}. Sans version dans aucune de ces langues : {labels}.",
    ),
    "asks_language": (
        "El destinatario pide {languages}.",
        "The recipient asks for {languages}.",
        "O destinatário pede {languages}.",
        "Le destinataire demande : {languages}.",
    ),
    "asks_dual": (
        "El destinatario exige doble incriminación.",
        "The recipient requires dual criminality.",
        "O destinatário exige dupla incriminação.",
        "Le destinataire exige la double incrimination.",
    ),
    "wants_form": (
        "El destinatario pide esta forma: {text}",
        "The recipient asks for this form: {text}",
        "O destinatário pede esta forma: {text}",
        "Le destinataire demande cette forme : {text}",
    ),
    "wants_dual": (
        "El destinatario exige doble incriminación: falta «{label}».",
        "The recipient requires dual criminality: “{label}” is missing.",
        "O destinatário exige dupla incriminação: falta “{label}”.",
        "Le destinataire exige la double incrimination : « {label} » manque.",
    ),
    "wants_channel": (
        "El destinatario pide esta vía: {text}",
        "The recipient asks for this channel: {text}",
        "O destinatário pede esta via: {text}",
        "Le destinataire demande cette voie : {text}",
    ),
    "in_force": ("ambos son Parte", "both are parties", "ambos são Partes", "les deux sont parties"),
    "not_between": ("no entre ambos", "not between these two", "não entre ambos", "pas entre ces deux États"),
    "unknown": (
        "se desconoce: verifíquelo",
        "unknown: verify it",
        "não se sabe: verifique",
        "inconnu : à vérifier",
    ),
    "source": ("Fuente", "Source", "Fonte", "Source"),
    "since": ("desde el {date}", "since {date}", "desde {date}", "depuis le {date}"),
    "of_day": ("del {date}", "of {date}", "de {date}", "du {date}"),
    "draft": ("BORRADOR, no enviado", "DRAFT, not sent", "RASCUNHO, não enviado", "BROUILLON, non envoyé"),
    "exercise": (
        "EJERCICIO, nada de esto es real",
        "EXERCISE, nothing of this is real",
        "EXERCÍCIO, nada disto é real",
        "EXERCICE, rien de ceci n’est réel",
    ),
    "unproven": (
        "SIN PRUEBA de que lo envió este remitente",
        "UNPROVEN that this sender sent it",
        "SEM PROVA de que foi enviado por este remetente",
        "NON PROUVÉ que cet expéditeur l’a envoyé",
    ),
    "handling": ("Tratamiento", "Handling", "Tratamento", "Conditions d’utilisation"),
    "purpose": ("Finalidad", "Purpose", "Finalidade", "Finalité"),
    "case": ("Caso", "Case", "Caso", "Affaire"),
    "from": ("De", "From", "De", "De"),
    "to": ("Para", "To", "Para", "À"),
    "sent": ("Enviado", "Sent", "Enviado", "Envoyé"),
    "expires": ("Vence", "Expires", "Expira", "Expire"),
    "message": ("Mensaje", "Message", "Mensagem", "Message"),
    "form": ("Formulario", "Form", "Formulário", "Formulaire"),
    "due": ("Plazos", "Deadlines", "Prazos", "Échéances"),
    "lacks": ("Falta para enviar", "Missing before it can be sent", "Falta para enviar", "Manque avant l’envoi"),
    "warns": ("Conviene completar", "Better completed", "Convém completar", "À compléter de préférence"),
    "legal": ("Fundamento posible", "Possible basis", "Fundamento possível", "Fondement possible"),
    "page": ("Página {at} de {of}", "Page {at} of {of}", "Página {at} de {of}", "Page {at} sur {of}"),
    "TLP:RED": (
        "Solo para los destinatarios nombrados.",
        "For the recipients named only.",
        "Somente para os destinatários nomeados.",
        "Pour les seuls destinataires nommés.",
    ),
    "TLP:AMBER+STRICT": (
        "Solo dentro de la institución destinataria, para quien lo necesite.",
        "Within the recipient’s organisation only, for those who need to know.",
        "Somente dentro da instituição destinatária, para quem precisar.",
        "Dans le seul organisme destinataire, selon le besoin d’en connaître.",
    ),
    "TLP:AMBER": (
        "Dentro de la institución destinataria y sus clientes, para quien lo necesite.",
        "Within the recipient’s organisation and its clients, for those who need to know.",
        "Dentro da instituição destinatária e de seus clientes, para quem precisar.",
        "Dans l’organisme destinataire et chez ses clients, selon le besoin d’en connaître.",
    ),
    "TLP:GREEN": (
        "Dentro de la comunidad; no por canales públicos.",
        "Within the community; not by public channels.",
        "Dentro da comunidade; não por canais públicos.",
        "Au sein de la communauté ; pas sur des canaux publics.",
    ),
    "TLP:CLEAR": ("Sin límite.", "No limit.", "Sem limite.", "Sans restriction."),
}  # fmt: skip
WORDS = by_language(_TABLE)


def word(name: str, language: str) -> str:
    """A fixed word in a language, with or without a region; in English if it is in none of the four."""
    return WORDS.get(language.partition("-")[0], WORDS["en"])[name]


def paired(one: str, two: str, language: str) -> str:
    """`one: two`, with the space before the colon where a language wants it."""
    return word("pair", language).format(one=one, two=two)


def joined(parts: Iterable[str], language: str) -> str:
    """Parts in one line, with semicolons between them."""
    return word("row", language).format(one="", two="").join(parts)


def quoted(text: str, language: str) -> str:
    """A text in a language's quotation marks."""
    return word("quoted", language).format(text=text)
