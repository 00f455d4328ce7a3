"""Masks over HTTP: `paddleseg serve`. What it answers is in docs/howto/service.md."""
