"""Chains of commands from training to deployment, in PaddleSeg's file format, for the scripts beside this folder."""
