"""Masks over HTTP: `paddleseg serve`. What it answers is in docs/service.md."""
