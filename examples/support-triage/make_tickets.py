"""Make the tickets: 240 of 60 customers over 10 days, with the oddities of real ones.

Twelve are exact duplicates, eight reply to an earlier ticket, five have no body, three hold a
number like a card's, two are full of emoji and quotes. The same seed makes the same tickets.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

SEED = 20261125
BEGIN = datetime(2026, 11, 10, 8, tzinfo=UTC)

Ticket = dict[str, Any]

SUBJECTS = {
    "en": [
        ("Invoice is wrong", "I was charged twice for order {n}. Please refund one of them."),
        (
            "Where is my parcel?",
            "Order {n} should have arrived on Monday, there is no trace of it.",
        ),
        ("Cannot log in", "The password reset mail never comes. My login is customer{n}."),
        ("A question", "Do you also ship to Norway? It is about {n} pieces."),
    ],
    "de": [
        ("Rechnung falsch", "Die Rechnung zu Bestellung {n} ist zu hoch, bitte um Erstattung."),
        ("Paket fehlt", "Das Paket zur Bestellung {n} ist seit Tagen unterwegs."),
        ("Anmeldung geht nicht", "Ich kann mich nicht anmelden, Kennung kunde{n}."),
    ],
    "es": [
        ("Factura incorrecta", "Me han cobrado dos veces el pedido {n}, quiero un reembolso."),
        ("Pedido perdido", "El paquete del pedido {n} no ha llegado."),
    ],
}

LINE = "On an earlier day you wrote: “we will look into it”"
QUOTE = "\n".join(f"> {chr(62) * (n % 3)} {LINE}" for n in range(30))


def ticket(dice: Random, number: int) -> Ticket:
    """Return one ordinary ticket."""
    language = dice.choices(["en", "de", "es"], [6, 3, 2])[0]
    subject, body = dice.choice(SUBJECTS[language])
    return {
        "id": f"T-{number:04}",
        "customer": f"C-{dice.randrange(60):02}",
        "time": (BEGIN + timedelta(minutes=dice.randrange(10 * 24 * 60))).isoformat(),
        "channel": dice.choice(["mail", "chat", "form"]),
        "subject": subject,
        "body": body.format(n=dice.randrange(1000, 9999)),
        "language": language,
        "reply_to": None,
    }


def tickets() -> list[Ticket]:
    """Return all tickets, by time."""
    dice = Random(SEED)
    rows = [ticket(dice, number) for number in range(228)]
    for row in dice.sample(rows, 5):
        row["body"] = ""
    filled = [row for row in rows if row["body"]]
    for row in dice.sample(filled, 3):
        row["body"] += " My card is 4111 1111 1111 1111."
    for row in dice.sample(filled, 2):
        row["body"] = f"😡😡 {row['body']} 🙏\n{QUOTE}"
    for row in dice.sample(filled, 8):
        first = dice.choice(filled)
        row.update(
            customer=first["customer"], reply_to=first["id"], subject=f"Re: {first['subject']}"
        )
    rows += [dict(row) for row in dice.sample(rows, 12)]
    return sorted(rows, key=lambda row: (row["time"], row["id"]))


if __name__ == "__main__":
    path = Path(__file__).parent / "input" / "tickets.jsonl"
    path.parent.mkdir(exist_ok=True)
    lines = [json.dumps(row, ensure_ascii=False) for row in tickets()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
