"""Millions of photos through one model, on all cores of a machine or of a cluster.

`photos.py` finds the photos, `folder.py` keeps their list in chunks, `run.py` hands these to the processes of an engine
(`pool.py`, `on_ray.py`). `work.py` is what each process does: pictures, and the chunk's part of the index (`index.py`),
written last. A chunk that has its part is finished; every other one is done again.
"""
