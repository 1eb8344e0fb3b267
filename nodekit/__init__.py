"""Run pipelines of nodes over items, with n8n's semantics, in one asyncio process."""
