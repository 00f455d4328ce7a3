"""Chains of commands from training to deployment, in PaddleSeg's file format: what the scripts beside this folder run."""
