"""Who wrote a ticket, and why: drawn by the seed, so that the same ticket is always the same person's. Pure."""

from systems.desk.model import Priority
from systems.desk.outcomes import draw

FIRST = (
    *("Ada", "Amir", "Bea", "Carlos", "Chidi", "Dana", "Elif", "Emre", "Fatima", "Finn", "Grace", "Hana"),
    *("Ines", "Ivan", "Jonas", "Keiko", "Lars", "Leila", "Marta", "Mei", "Nadia", "Noor", "Olu", "Oscar"),
    *("Priya", "Rosa", "Sam", "Siobhan", "Tariq", "Vera", "Wei", "Yusuf"),
)
LAST = (
    *("Adeyemi", "Becker", "Brennan", "Costa", "Demir", "Fischer", "Garcia", "Haddad", "Ito", "Jansen", "Kaur"),
    *("Kelly", "Lindqvist", "Moreau", "Murphy", "Novak", "Okafor", "Patel", "Rossi", "Santos", "Tanaka", "Walsh"),
)
ISSUES = {
    Priority.LOW: (
        *("cannot find the invoice", "wants to change the billing address", "how do I export my data?"),
        *("cannot log in", "the newsletter will not stop", "wants another language"),
    ),
    Priority.MEDIUM: (
        *("payment fails", "order arrived twice", "the report shows yesterday's figures"),
        *("search finds nothing", "uploads stop half-way", "the app closes by itself"),
    ),
    Priority.HIGH: (
        *("site is down", "nobody can check out", "customers see each other's orders"),
        *("all payments are refused", "data is missing since this morning", "the login page is blank"),
    ),
}


def customer(seed: int, ticket: int) -> str:
    """Return who wrote the ticket."""
    return f"{_drawn(FIRST, seed, ticket, 'first name')} {_drawn(LAST, seed, ticket, 'last name')}"


def issue(seed: int, ticket: int, priority: str) -> str:
    """Return what it is about."""
    return _drawn(ISSUES[Priority(priority)], seed, ticket, "issue")


def _drawn(among: tuple[str, ...], seed: int, ticket: int, name: str) -> str:
    return among[int(draw(seed, ticket, name) * len(among))]
