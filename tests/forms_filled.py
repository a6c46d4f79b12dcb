"""Filled forms for tests: what two authorities might write, by office and never by name of a person."""

from typing import Any

from desk.forms.filled import Filled
from directory.canonical import decode, encode

NOW = 1_790_000_000


def filled(form: str, language: str = "es", **values: Any) -> Filled:
    """A filled form as it is once it was read: lists are tuples."""
    return decode(encode(Filled(form=f"{form}/1", language=language, values=values)), Filled)


def moment(at: int = NOW, zone: str = "America/Bogota") -> dict[str, Any]:
    return {"at": at, "zone": zone}


# Colombia asks Canada: in Spanish, with a translation of what the recipient must be able to read.
MLA: dict[str, Any] = {
    "authority": {
        "es": "Fiscalía General, Dirección de Asuntos Internacionales, Colombia",
        "en": "Office of the Attorney General, Directorate of International Affairs, Colombia",
    },
    "conducted_by": {
        "es": "Fiscalía 12 Especializada contra la Trata de Personas: dirige la investigación.",
        "en": "Specialized Prosecution Office 12 against Trafficking in Persons: it leads the investigation.",
    },
    "reference": "CO-2026-0417",
    "also_sent": ["diplomatic"],
    "proceeding": "investigation",
    "subject": {
        "es": "Investigación penal por trata de personas con fines de explotación laboral.",
        "en": "Criminal investigation of trafficking in persons for labour exploitation.",
    },
    "crimes": ["trafficking", "money-laundering"],
    "law": {"es": "Código Penal, arts. 188A y 323.", "en": "Penal Code, arts. 188A and 323."},
    "facts": {
        "es": "Entre enero y junio de 2026, una agencia de empleo captó a nueve personas.\n\n"
        "Los pagos se hicieron a una cuenta abierta en Toronto.",
        "en": "Between January and June 2026, an employment agency recruited nine persons.\n\n"
        "Payments were made to an account opened in Toronto.",
    },
    "persons": [
        {
            "role": "suspect",
            "person": {
                "name": "Persona A",
                "born": "1980",
                "nationalities": ["CO"],
                "documents": [{"kind": "passport", "number": "AX000000", "country": "CO"}],
            },
            "whereabouts": {"country": "CA", "name": "Toronto"},
        },
        {"role": "victim", "person": {"pseudonym": "V-3", "nationalities": ["CO"]}},
    ],
    "assistance": ["bank-records", "testimony-by-video"],
    "wanted": {
        "es": "Extractos de la cuenta indicada, de enero a junio de 2026.",
        "en": "Statements of the account named, from January to June 2026.",
    },
    "evidence_purpose": {"es": "Probar el destino de los pagos.", "en": "To prove where the payments went."},
    "assets": [
        {
            "holder": "Agencia de Empleo Ejemplo",
            "institution": "Banco Ejemplo, Toronto",
            "number": "000-0000000",
            "value": {"amount": "184000.50", "currency": "CAD"},
        }
    ],
    "urgency": ["movement-of-assets"],
    "urgency_ground": {"es": "La cuenta se vacía cada semana.", "en": "The account is emptied every week."},
    "call_back": "+12025550134",
    "deadline": moment(NOW + 5 * 86_400),
    "confidentiality": ["not-the-person"],
}

# What is sent by commands, which go by the clock of the machine, has a deadline that is not over.
IN_TIME: dict[str, Any] = {"deadline": moment(2_500_000_000)}

# Peru refers a victim to Argentina.
VICTIM: dict[str, Any] = {
    "referring": {"es": "Unidad de asistencia a víctimas, Perú"},
    "receiving": {"es": "Programa de rescate y acompañamiento, Argentina"},
    "reason": "additional-services",
    "referred_on": "2026-09-20",
    "case_status": "active",
    "trafficking_status": "actual",
    "victim": {"pseudonym": "Luna-7", "age": 17, "sex": "female", "nationalities": ["PE"], "languages": ["qu", "es"]},
    "identity": {"name": "Nombre Reservado", "born": "2009-02-01"},
    "age_group": "minor",
    "guardian": {"es": "Juzgado de familia de turno"},
    "best_interests": {"es": "Evaluado el 18 de septiembre: permanecer en acogida hasta el retorno."},
    "understands": ["qu", "es"],
    "documents": ["birth-certificate"],
    "agrees": "yes",
    "agreed_on": "2026-09-19",
    "consent_purposes": ["protection", "services"],
    "consent_uses": {"es": "Alojamiento, atención psicológica y acompañamiento jurídico."},
    "research": "no",
    "family_contact": "withheld",
    "consular_contact": "no",
    "access_explained": True,
    "withdrawal_explained": True,
    "keep_until": "2028-09-20",
    "safety": {"es": "En lugar seguro; no revelar la ciudad."},
    "safe_contact": {"es": "Por la línea de la institución, de 9 a 17 h."},
    "medical": {"es": "Control médico pendiente."},
    "exploitation": ["forced-labour"],
    "industries": ["isic-c"],
    "recruitment": ["job-offer", "social-media"],
    "controls": ["debt-bondage", "withholds-documents"],
    "events": [
        {"kind": "recruitment", "where": {"country": "PE", "name": "Cusco"}, "since": "2026-03-01"},
        {
            "kind": "exploitation",
            "where": {"country": "AR", "name": "Buenos Aires"},
            "since": "2026-03-15",
            "until": "2026-08-30",
        },
    ],
}

ALERT: dict[str, Any] = {
    "subject": {"es": "Ofertas falsas de empleo en talleres"},
    "summary": {"es": "Una red capta por redes sociales y traslada por tierra."},
    "reference": "AL-2026-31",
    "crimes": ["trafficking", "document-fraud"],
    "asks": {"es": "Avise si ve el vehículo o los anuncios."},
    "valid_until": moment(NOW + 30 * 86_400, "America/Lima"),
    "call_back": "+12025550134",
    "modus": {"es": "Anuncios con salario en dólares; retienen el documento al cruzar la frontera."},
    "recruitment": ["job-offer", "social-media"],
    "controls": ["debt-bondage", "withholds-documents"],
    "exploitation": ["forced-labour"],
    "industries": ["isic-c"],
    "first_seen": "2026-02-01",
    "last_seen": "2026-09-10",
    "legs": [
        {
            "departure": {"country": "PE", "name": "Cusco", "latitude": -13_531_950, "longitude": -71_967_463},
            "departure_kind": "origin",
            "arrival": {"country": "BO", "name": "La Paz"},
            "arrival_kind": "transit",
            "means": ["bus"],
            "departs_on": "2026-09-01",
            "arrives_on": "2026-09-02",
        },
        {
            "departure": {"country": "BO", "name": "La Paz"},
            "departure_kind": "transit",
            "arrival": {"country": "AR", "name": "Buenos Aires"},
            "arrival_kind": "destination",
            "means": ["car", "on-foot"],
            "vehicle": "Furgoneta blanca",
            "note": {"es": "Cruza de noche."},
        },
    ],
    "persons": [
        {"role": "recruiter", "person": {"name": "Persona B", "also": ["El Contacto"], "nationalities": ["AR"]}}
    ],
    "identifiers": [
        {"kind": "url", "value": "https://empleos.example/talleres"},
        {"kind": "email", "value": "ofertas@empleos.example"},
        {"kind": "ipv4", "value": "192.0.2.7"},
        {"kind": "domain", "value": "empleos.example"},
        {"kind": "telephone", "value": "+12025550177"},
        {"kind": "account", "value": "talleres_ya"},
    ],
    "victims_number": 9,
}

PRESERVATION: dict[str, Any] = {
    "authority": {"pt": "Ministério Público Federal, Núcleo de Crimes Cibernéticos, Brasil"},
    "reference": "BR-2026-88",
    "crimes": ["trafficking", "cybercrime"],
    "facts": {"pt": "Anúncios em rede social aliciam vítimas."},
    "data_kinds": ["subscriber", "access-logs"],
    "data": {"pt": "Dados de assinante e registros de acesso da conta."},
    "relation": {"pt": "A conta publicou os anúncios."},
    "identifiers": [{"kind": "account", "value": "ofertas.ya", "since": moment(NOW - 86_400, "America/Sao_Paulo")}],
    "custodians": [{"name": "Provedor Exemplo", "where": {"country": "CR"}, "email": "legal@provedor.example"}],
    "necessity": {"pt": "O provedor apaga os registros após 30 dias."},
    "days": 90,
    "mla_follows": True,
    "mla_on": "2026-10-15",
    "call_back": "+12025550155",
    "urgency": ["deletion-of-data"],
    "urgency_ground": {"pt": "Os registros mais antigos vencem amanhã."},
    "deadline": moment(NOW + 86_400, "America/Sao_Paulo"),
    "confidentiality": ["keep-request"],
}
