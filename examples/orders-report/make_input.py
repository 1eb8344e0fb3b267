"""Make the input of this example: two shops' orders, the products, the rates. Always the same.

The north writes points in numbers and commas between columns, the south writes commas in numbers
and semicolons between columns. Six hundred orders stand in both files, many with a newer status in
the south; some are refunds, with a negative quantity; some name a product nobody knows, and some a
quantity that is no number.
"""

import csv
import json
import random
from datetime import date, timedelta
from pathlib import Path

HERE = Path(__file__).parent / "input"
ROWS = 5_000
SHARED = 600
SEED = 20_260_105

COUNTRIES = {"DE": "EUR", "FR": "EUR", "SE": "SEK", "US": "USD"}
CATEGORIES = ("books", "garden", "kitchen", "toys")
RATES = {"EUR": 1.0, "SEK": 0.0875, "USD": 0.92}
STATES = ("placed", "paid", "shipped", "returned")
COLUMNS: tuple[str, ...] = (
    "order_id",
    "ordered_on",
    "updated_on",
    "country",
    "product_id",
    "quantity",
    "unit_price",
    "currency",
    "status",
)

Order = dict[str, str]


def products() -> list[dict[str, str]]:
    """Return sixty products, fifteen of each category."""
    return [
        {"product_id": f"P{n:03}", "product": f"Product {n}", "category": CATEGORIES[n % 4]}
        for n in range(60)
    ]


def order(number: int, chance: random.Random) -> Order:
    """Return one order; about one in fifty names an unknown product, one in a hundred no number."""
    country = chance.choice(list(COUNTRIES))
    ordered = date(2026, 1, 1) + timedelta(days=chance.randrange(180))
    unknown = chance.random() < 0.02
    quantity = -1 if chance.random() < 0.05 else chance.randint(1, 5)
    return {
        "order_id": f"A{number:06}",
        "ordered_on": ordered.isoformat(),
        "updated_on": (ordered + timedelta(days=chance.randrange(3))).isoformat(),
        "country": country,
        "product_id": f"X{chance.randrange(9)}" if unknown else f"P{chance.randrange(60):03}",
        "quantity": "many" if chance.random() < 0.01 else str(quantity),
        "unit_price": f"{chance.randrange(199, 19_999) / RATES[COUNTRIES[country]] / 100:.2f}",
        "currency": COUNTRIES[country],
        "status": chance.choice(STATES[:2]),
    }


def updated(row: Order, chance: random.Random) -> Order:
    """Return an order as the other shop has it: often later, with another status."""
    if chance.random() < 0.4:
        return row
    later = date.fromisoformat(row["updated_on"]) + timedelta(days=chance.randint(1, 9))
    return {**row, "updated_on": later.isoformat(), "status": chance.choice(STATES[2:])}


def write(name: str, rows: list[Order], delimiter: str) -> None:
    """Write orders as CSV."""
    with (HERE / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter=delimiter, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    """Write all four files."""
    chance = random.Random(SEED)
    HERE.mkdir(exist_ok=True)
    north = [order(number, chance) for number in range(ROWS)]
    both = [updated(row, chance) for row in chance.sample(north, SHARED)]
    south = both + [order(number, chance) for number in range(ROWS, 2 * ROWS - SHARED)]
    chance.shuffle(south)
    write("orders-north.csv", north, ",")
    commas = [{**row, "unit_price": row["unit_price"].replace(".", ",")} for row in south]
    write("orders-south.csv", commas, ";")
    (HERE / "products.json").write_text(json.dumps(products(), indent=1) + "\n")
    lines = (json.dumps({"currency": code, "rate": rate}) for code, rate in RATES.items())
    (HERE / "rates.jsonl").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
