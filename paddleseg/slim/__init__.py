"""Smaller and faster networks, with proof of what that costs: quantised, pruned, distilled."""
