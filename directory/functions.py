"""The coded functions of a point of contact: what each is called in four languages, and what people type for it.

1. A code is part of a statement for ever; a label may be bettered at any time.
2. A code not listed here (a newer one, a network's own) is as good as any other: it is shown as it is written.
3. A label or synonym names one function only; the tests hold that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from types import MappingProxyType

from directory.folding import fold


@dataclass(frozen=True, slots=True)
class Function:
    """A code, one word for it that ids are made of, a label per language, and what else people call it."""

    code: str
    short: str
    labels: Mapping[str, str]
    synonyms: tuple[str, ...]

    @property
    def known_as(self) -> tuple[str, ...]:
        """Everything that names it."""
        return (self.code, self.short, *self.labels.values(), *self.synonyms)


def _function(code: str, short: str, es: str, en: str, pt: str, fr: str, *synonyms: str) -> Function:
    return Function(code, short, MappingProxyType({"es": es, "en": en, "pt": pt, "fr": fr}), synonyms)


# fmt: off
FUNCTIONS: tuple[Function, ...] = (
    _function(
        "trafficking-24-7", "trafficking",
        "Trata de personas, guardia 24/7", "Trafficking in persons, 24/7 desk",
        "Tráfico de pessoas, plantão 24/7", "Traite des personnes, permanence 24/7",
        "trafficking", "trafficking in persons", "human trafficking", "people trafficking", "anti-trafficking", "TIP",
        "trata", "trata de personas", "trata de seres humanos", "trata de blancas", "antitrata", "tráfico de personas",
        "tráfico de pessoas", "tráfico humano", "tráfico de seres humanos",
        "traite", "traite des personnes", "traite des êtres humains", "traite humaine",
    ),
    _function(
        "central-authority-mla", "mla",
        "Autoridad central para la asistencia jurídica mutua", "Central authority for mutual legal assistance",
        "Autoridade central para assistência jurídica mútua", "Autorité centrale pour l’entraide judiciaire",
        "central authority", "mutual legal assistance", "mutual assistance", "letters rogatory", "MLAT", "rogatory",
        "autoridad central", "asistencia jurídica mutua", "asistencia judicial", "cooperación jurídica", "exhorto",
        "asistencia legal mutua", "cooperación judicial internacional",
        "autoridade central", "assistência jurídica mútua", "cooperação jurídica internacional", "carta rogatória",
        "autorité centrale", "entraide judiciaire", "commission rogatoire", "entraide pénale",
    ),
    _function(
        "extradition", "extradition",
        "Extradición", "Extradition", "Extradição", "Extradition",
        "provisional arrest", "surrender of persons", "detención preventiva con fines de extradición",
        "detención provisional", "prisão preventiva para extradição", "arrestation provisoire", "extradiciones",
    ),
    _function(
        "cybercrime-24-7", "cybercrime",
        "Ciberdelincuencia, punto de contacto 24/7", "Cybercrime, 24/7 point of contact",
        "Crime cibernético, ponto de contato 24/7", "Cybercriminalité, point de contact 24/7",
        "cybercrime", "cyber crime", "Budapest", "24/7 network", "preservation of data", "data preservation",
        "ciberdelincuencia", "ciberdelito", "cibercrimen", "delitos informáticos", "preservación de datos", "red 24/7",
        "crime cibernético", "cibercrime", "crimes informáticos", "preservação de dados",
        "cybercriminalité", "criminalité informatique", "conservation des données",
    ),
    _function(
        "victim-assistance", "victims",
        "Asistencia y protección a víctimas", "Victim assistance and protection",
        "Assistência e proteção a vítimas", "Assistance et protection des victimes",
        "victim assistance", "victim support", "victim protection", "witness protection", "shelter",
        "asistencia a víctimas", "atención a víctimas", "protección de víctimas", "refugio", "testigos",
        "assistência a vítimas", "atendimento a vítimas", "proteção de vítimas", "abrigo",
        "assistance aux victimes", "aide aux victimes", "protection des victimes", "foyer",
    ),
    _function(
        "consular", "consular",
        "Asistencia consular", "Consular assistance", "Assistência consular", "Assistance consulaire",
        "consulate", "embassy", "diplomatic mission", "high commission", "foreign ministry", "consular affairs",
        "consulado", "embajada", "misión diplomática", "cancillería", "asuntos consulares", "protección consular",
        "embaixada", "missão diplomática", "chancelaria", "assuntos consulares",
        "consulat", "consulaire", "ambassade", "mission diplomatique", "haut-commissariat", "affaires consulaires",
    ),
    _function(
        "child-protection", "children",
        "Protección de la niñez", "Child protection", "Proteção da criança e do adolescente",
        "Protection de l’enfance",
        "minors", "child welfare", "family welfare", "missing children", "juvenile",
        "niñez", "niños, niñas y adolescentes", "infancia", "menores", "bienestar familiar", "protección infantil",
        "crianças", "infância", "proteção infantil", "conselho tutelar",
        "enfants", "enfance", "mineurs", "protection des mineurs",
    ),
    _function(
        "prosecution", "prosecution",
        "Fiscalía", "Prosecution", "Ministério Público", "Ministère public",
        "prosecutor", "attorney general", "public prosecutor", "director of public prosecutions", "DPP",
        "fiscal", "ministerio público", "procuraduría", "fiscalía general",
        "procuradoria", "promotoria", "procurador", "procureur", "parquet", "poursuites",
    ),
    _function(
        "police-investigation", "police",
        "Investigación policial", "Police investigation", "Investigação policial", "Enquêtes de police",
        "police", "detectives", "criminal investigation", "judicial police", "INTERPOL NCB", "National Central Bureau",
        "law enforcement",
        "policía", "policía judicial", "policía de investigación", "investigación criminal", "carabineros",
        "oficina central nacional", "OCN", "escritório central nacional", "bureau central national",
        "polícia", "polícia federal", "polícia judiciária", "investigação criminal",
        "police judiciaire", "enquête policière", "gendarmerie", "enquête criminelle",
    ),
    _function(
        "border-control", "border",
        "Control fronterizo y migratorio", "Border and migration control", "Controle de fronteiras e migração",
        "Contrôle des frontières et des migrations",
        "border control", "border", "immigration", "migration", "border police", "passport control",
        "control fronterizo", "frontera", "fronteras", "migraciones", "migración", "extranjería",
        "controle de fronteiras", "fronteira", "imigração", "migração", "contrôle des frontières", "frontière",
        "frontières", "migrations",
    ),
    _function(
        "customs", "customs",
        "Aduanas", "Customs", "Alfândega", "Douanes",
        "customs service", "aduana", "servicio de aduanas", "alfândegas", "aduaneiro", "receita federal", "douane",
    ),
    _function(
        "financial-intelligence", "finance",
        "Inteligencia financiera", "Financial intelligence", "Inteligência financeira",
        "Renseignement financier",
        "financial intelligence unit", "FIU", "money laundering", "unidad de inteligencia financiera", "UIF",
        "lavado de activos", "lavado de dinero", "unidade de inteligência financeira", "lavagem de dinheiro",
        "cellule de renseignement financier", "blanchiment", "CRF",
    ),
    _function(
        "csirt", "csirt",
        "Respuesta a incidentes informáticos (CSIRT)", "Computer security incident response (CSIRT)",
        "Resposta a incidentes de segurança (CSIRT)", "Réponse aux incidents informatiques (CSIRT)",
        "CERT", "computer emergency", "incident response", "cybersecurity", "information security",
        "respuesta a incidentes", "ciberseguridad", "seguridad informática",
        "resposta a incidentes", "segurança cibernética", "cibersegurança", "réponse aux incidents", "cybersécurité",
    ),
    _function(
        "forensic-laboratory", "forensics",
        "Laboratorio forense", "Forensic laboratory", "Laboratório forense", "Laboratoire de criminalistique",
        "forensics", "forensic science", "DNA", "fingerprints", "crime laboratory",
        "criminalística", "ciencias forenses", "medicina legal", "ADN", "peritajes",
        "perícia", "medicina legal e perícia", "criminalistique", "police scientifique", "médecine légale",
    ),
    _function(
        "national-coordination", "coordination",
        "Coordinación nacional", "National coordination", "Coordenação nacional", "Coordination nationale",
        "national coordinator", "focal point", "national authority", "interinstitutional committee",
        "competent national authority", "working group", "national rapporteur",
        "coordinador nacional", "punto focal", "autoridad nacional", "comité interinstitucional", "mesa nacional",
        "coordenador nacional", "ponto focal", "autoridade nacional", "comitê interinstitucional",
        "coordinateur national", "point focal", "autorité nationale", "comité interinstitutionnel",
    ),
    _function(
        "civil-society", "civil",
        "Sociedad civil", "Civil society", "Sociedade civil", "Société civile",
        "NGO", "non-governmental organization", "non-governmental organisation", "charity",
        "ONG", "organización no gubernamental", "fundación",
        "organização não governamental", "fundação", "organisation non gouvernementale", "fondation", "association",
    ),
    _function(
        "international-organization", "international",
        "Organización internacional", "International organization", "Organização internacional",
        "Organisation internationale",
        "international organisation", "intergovernmental organization", "United Nations",
        "organismo internacional", "Naciones Unidas", "organismo internacional intergovernamental", "Nações Unidas",
        "organisme international", "Nations Unies",
    ),
)
# fmt: on

BY_CODE: Mapping[str, Function] = MappingProxyType({each.code: each for each in FUNCTIONS})
_BY_NAME: Mapping[str, str] = MappingProxyType({fold(name): each.code for each in FUNCTIONS for name in each.known_as})


def function_label(code: str, language: str) -> str:
    """What a function is called in a language, else in English; a code not known here, as it is written."""
    function = BY_CODE.get(code)
    if function is None:
        return code
    return function.labels.get(language.partition("-")[0]) or function.labels["en"]


def function_code(text: str) -> str | None:
    """The code that a code, label or synonym in any of the languages stands for, or nothing."""
    return _BY_NAME.get(fold(text))


@lru_cache(1024)  # comparing spellings is slow, and a file repeats its mistakes
def function_nearest(text: str) -> str | None:
    """The code whose name is spelled most like the text, for an error message; or nothing."""
    close = get_close_matches(fold(text), list(_BY_NAME), n=1, cutoff=0.6)
    return _BY_NAME[close[0]] if close else None
