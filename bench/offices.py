"""Made-up offices to look up: their bodies are as long, and their words as many, as those of real ones."""

from directory.bodies import ContactBody, Hours, Phone, Span

COUNTRIES = ("AR", "BO", "BR", "CL", "CO", "CR", "EC", "ES", "MX", "PE", "PT", "UY")
FUNCTIONS = ("trafficking-24-7", "central-authority-mla", "extradition", "victim-assistance", "consular")
ZONES = {"AR": "America/Buenos_Aires", "CO": "America/Bogota", "EC": "America/Guayaquil", "ES": "Europe/Madrid"}
CITIES = ("Puerto Norte", "Villa Alta", "Santa Rosa", "San Mateo", "Rio Claro", "Monte Verde", "Las Lomas")
KINDS = ("Directorate", "Unit", "Office", "Section", "Division", "Desk")
WORKDAYS = tuple(Span(day=day, opens=8 * 60, closes=18 * 60) for day in range(1, 6))


def office(number: int, country: str, function: str) -> ContactBody:
    """The body of an office: names in two languages, city, telephone, hours, languages; a third of them always open."""
    kind, city = KINDS[number % len(KINDS)], CITIES[number % len(CITIES)]
    subject = function.replace("-", " ")
    return ContactBody(
        names={"en": f"{kind} {number} for {subject}, {city}", "es": f"Dependencia {number} de {city}"},
        phones=(Phone(number=f"+120255501{number % 100:02}", use="always"),),
        emails=(f"desk-{number}@{country.lower()}.example",),
        city=city,
        languages=("pt", "en") if country in ("BR", "PT") else ("es", "en"),
        zone=ZONES.get(country, "America/Lima"),
        hours=Hours(spans=WORKDAYS) if number % 3 else Hours(always=True),
    )
