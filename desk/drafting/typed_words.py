"""Why what was typed is no value, in the four languages: each says what to write instead."""

from collections.abc import Mapping

from directory.four_languages import InFour, by_language

_TABLE: Mapping[str, InFour] = {
    "too_long": (
        "más de {most} caracteres; use el editor o un archivo",
        "more than {most} characters; use the editor or a file",
        "mais de {most} caracteres; use o editor ou um arquivo",
        "plus de {most} caractères ; utilisez l’éditeur ou un fichier",
    ),
    "no_such_code": (
        "«{text}» no está en la lista: {known}",
        "“{text}” is not in the list: {known}",
        "“{text}” não está na lista: {known}",
        "« {text} » n’est pas dans la liste : {known}",
    ),
    "several": (
        "«{text}» puede ser: {known}. Escriba más letras",
        "“{text}” may be: {known}. Write more of it",
        "“{text}” pode ser: {known}. Escreva mais letras",
        "« {text} » peut être : {known}. Écrivez-en davantage",
    ),
    "no_language": (
        "no se conoce el idioma «{text}»; escriba su código, como es o qu",
        "no language is called “{text}”; write its code, such as es or qu",
        "não se conhece o idioma “{text}”; escreva seu código, como es ou qu",
        "aucune langue ne s’appelle « {text} » ; écrivez son code, par exemple es ou qu",
    ),
    "no_country": (
        "ningún país se llama «{text}»; escriba su código de dos letras, como CO",
        "no country is called “{text}”; write its two-letter code, such as CO",
        "nenhum país se chama “{text}”; escreva seu código de duas letras, como CO",
        "aucun pays ne s’appelle « {text} » ; écrivez son code à deux lettres, par exemple CO",
    ),
    "no_moment": (
        "«{text}» no es una fecha con hora; escriba 2026-09-21 14:30, con UTC o una zona detrás si no es la suya",
        "“{text}” is no day with an hour; write 2026-09-21 14:30, followed by UTC or a zone if it is not yours",
        "“{text}” não é uma data com hora; escreva 2026-09-21 14:30, seguida de UTC ou de um fuso se não for o seu",
        "« {text} » n’est pas une date avec une heure ; écrivez 2026-09-21 14:30, suivi de UTC ou d’un fuseau si ce "
        "n’est pas le vôtre",
    ),
    "no_zone": (
        "«{text}» no es una zona horaria; escriba una como America/Bogota",
        "“{text}” is no time zone; write one such as America/Bogota",
        "“{text}” não é um fuso horário; escreva um como America/Bogota",
        "« {text} » n’est pas un fuseau horaire ; écrivez par exemple America/Bogota",
    ),
    "no_such_hour": (
        "«{text}» no existe en la zona {zone}",
        "“{text}” does not exist in the zone {zone}",
        "“{text}” não existe no fuso {zone}",
        "« {text} » n’existe pas dans le fuseau {zone}",
    ),
    "no_amount": (
        "«{text}» no es un importe; escriba cifras, un punto y la moneda, como 1250.50 USD",
        "“{text}” is no amount; write figures, a point and the currency, such as 1250.50 USD",
        "“{text}” não é um valor; escreva algarismos, um ponto e a moeda, como 1250.50 USD",
        "« {text} » n’est pas un montant ; écrivez des chiffres, un point et la monnaie, par exemple 1250.50 USD",
    ),
    "no_number": (
        "«{text}» no es un número entero",
        "“{text}” is no whole number",
        "“{text}” não é um número inteiro",
        "« {text} » n’est pas un nombre entier",
    ),
    "too_much": (
        "«{text}» es demasiado; como máximo {most}",
        "“{text}” is too much; {most} at most",
        "“{text}” é demais; no máximo {most}",
        "« {text} » est trop ; {most} au plus",
    ),
    "no_day": (
        "«{text}» no es una fecha; escriba primero el año, luego el mes y el día: 2026-09-21",
        "“{text}” is no day; write the year first, then month and day: 2026-09-21",
        "“{text}” não é uma data; escreva primeiro o ano, depois o mês e o dia: 2026-09-21",
        "« {text} » n’est pas une date ; écrivez d’abord l’année, puis le mois et le jour : 2026-09-21",
    ),
    "no_born": (
        "«{text}» no es una fecha de nacimiento; escriba el año, con mes y día si se saben: 1980 o 1980-02-29",
        "“{text}” is no date of birth; write the year, with month and day if they are known: 1980 or 1980-02-29",
        "“{text}” não é uma data de nascimento; escreva o ano, com mês e dia se forem conhecidos: 1980 ou 1980-02-29",
        "« {text} » n’est pas une date de naissance ; écrivez l’année, avec mois et jour s’ils sont connus : 1980 ou "
        "1980-02-29",
    ),
    "no_telephone": (
        "«{text}» no es un teléfono con prefijo de país; escriba + y el prefijo, como +12025550134",
        "“{text}” is no telephone with its country’s prefix; write + and the prefix, such as +12025550134",
        "“{text}” não é um telefone com código do país; escreva + e o código, como +12025550134",
        "« {text} » n’est pas un téléphone avec indicatif de pays ; écrivez + et l’indicatif, par exemple +12025550134",
    ),
    "no_part": (
        "diga qué parte, detrás de un punto, como .{first}; hay {known}",
        "name a part of it behind a full stop, such as .{first}; there are {known}",
        "diga que parte, depois de um ponto, como .{first}; há {known}",
        "nommez une partie derrière un point, par exemple .{first} ; il y a {known}",
    ),
    "no_document": (
        "«{text}» no dice tipo y número de un documento; escriba: pasaporte AX000000 CO",
        "“{text}” does not tell a document’s kind and number; write: passport AX000000 CO",
        "“{text}” não diz tipo e número de um documento; escreva: passaporte AX000000 CO",
        "« {text} » n’indique pas le type et le numéro d’un document ; écrivez : passeport AX000000 CO",
    ),
    "no_position": (
        "«{text}» no son coordenadas; escriba grados de latitud y longitud, como -13.53195, -71.96746",
        "“{text}” is no position; write degrees of latitude and longitude, such as -13.53195, -71.96746",
        "“{text}” não são coordenadas; escreva graus de latitude e longitude, como -13.53195, -71.96746",
        "« {text} » n’est pas une position ; écrivez les degrés de latitude et de longitude, par exemple -13.53195, "
        "-71.96746",
    ),
}  # fmt: skip
WORDS = by_language(_TABLE)


def said(name: str, reader: str, /, **parts: object) -> str:
    """A fixed sentence in a language, with or without a region; in English if it is in none of the four."""
    return WORDS.get(reader.partition("-")[0], WORDS["en"])[name].format(**parts)
