"""Stands in for a model: sorts a ticket by its words, always the same way."""

import json
import re

WORDS = {
    "billing": r"charged|refund|rechnung|erstattung|cobrado|factura",
    "delivery": r"parcel|arrived|paket|unterwegs|paquete|pedido",
    "account": r"log in|login|password|anmeld",
}


def reply(text: str) -> str:
    """Answer a ticket with JSON; now and then with words around it, as models do."""
    found = [name for name, words in WORDS.items() if re.search(words, text.lower())]
    number = int((re.search(r"T-(\d+)", text) or ["", "0"])[1])
    if number % 20 == 3:
        raise RuntimeError("the model is out of order")
    answer = json.dumps(
        {
            "category": found[0] if found else "other",
            "confidence": round(0.95 - 0.2 * max(len(found) - 1, 0) - 0.4 * (not found), 2),
        }
    )
    return answer if number % 9 or "JSON only" in text else f"Sure, here you are: {answer}"
