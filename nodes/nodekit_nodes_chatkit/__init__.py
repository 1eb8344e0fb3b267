"""The ChatKit plugin."""
