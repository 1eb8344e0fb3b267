"""The motor: it schedules steps, executes each over its items, links and records what came out."""
