"""The report as Markdown: a table of months and countries, and the best category of each month."""

from typing import Any

Row = dict[str, Any]


def markdown(items: list[Row]) -> Row:
    """Return one item with the report as text."""
    months = sorted({row["month"] for row in items})
    countries = sorted({row["country"] for row in items})
    lines = ["# Orders in euro", "", line("Month", *countries, "All", "Best category")]
    lines.append(line(*["---"] * (len(countries) + 3)))
    for month in months:
        rows = [row for row in items if row["month"] == month]
        by_country = [total(rows, "country", country) for country in countries]
        lines.append(line(month, *by_country, money(sum(map(euro, rows))), best(rows)))
    return {"text": "\n".join(lines) + "\n"}


def line(*cells: str) -> str:
    """Return one row of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def euro(row: Row) -> float:
    """Return what a row is worth."""
    return float(row["euro"])


def money(value: float) -> str:
    """Return a sum of money as people read it."""
    return f"{value:,.2f}"


def total(rows: list[Row], field: str, value: str) -> str:
    """Return the sum of the rows with this value."""
    return money(sum(euro(row) for row in rows if row[field] == value))


def best(rows: list[Row]) -> str:
    """Return the category that brought most."""
    categories = sorted({str(row["category"]) for row in rows})
    return max(categories, key=lambda name: sum(euro(r) for r in rows if r["category"] == name))
