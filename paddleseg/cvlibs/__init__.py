"""PaddleSeg's spellings: `from paddleseg.cvlibs import manager, Config, SegBuilder`."""

from paddleseg.cvlibs import config_checker, manager, param_init
from paddleseg.cvlibs.builder import Builder, SegBuilder
from paddleseg.cvlibs.config import Config

__all__ = ["Builder", "Config", "SegBuilder", "config_checker", "manager", "param_init"]
