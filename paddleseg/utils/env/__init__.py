"""Where things are kept, and what this machine has."""

from paddleseg.utils.env import seg_env
from paddleseg.utils.env.sys_env import get_sys_env

__all__ = ["get_sys_env", "seg_env"]
