"""Tasks: what kind of answer a model gives, what it is measured by, and what best means."""
