"""A card's steps as part of the graph: a picture in, its mask out, for callers in any language."""
