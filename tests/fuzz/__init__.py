"""Random nonsense for everything that a user hands in: no traceback, no hang, nothing accepted that fails later.

python -m tests.fuzz --seconds 600                 # every target in turn, from seed 0
python -m tests.fuzz --target opts --seed 4711     # one case again
"""
