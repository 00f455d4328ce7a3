"""Rules of one's own about a configuration. What PaddleSeg's own do is done on loading, with lines of the file."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any


class Rule:
    """One check; a subclass looks at the configuration and may change it."""

    def check_and_correct(self, cfg: Any) -> None:
        raise NotImplementedError

    def apply(self, cfg: Any, allow_update: bool) -> None:
        """Run the check, on a copy where the configuration may not change."""
        self.check_and_correct(cfg if allow_update else copy.deepcopy(cfg))


class ConfigChecker:
    """Rules in order.

    Args:
        rule_list: What to check.
        allow_update: Whether rules may change the configuration.
    """

    def __init__(self, rule_list: Sequence[Rule], allow_update: bool = True):
        self.rule_list, self.allow_update = list(rule_list), allow_update

    def apply_rule(self, k: int, cfg: Any) -> None:
        self.rule_list[k].apply(cfg, self.allow_update)

    def apply_all_rules(self, cfg: Any) -> None:
        for number in range(len(self.rule_list)):
            self.apply_rule(number, cfg)

    def add_rule(self, rule: Rule) -> None:
        self.rule_list.append(rule)


class DefaultPrimaryRule(Rule):
    """A rule of PaddleSeg's that loading has applied already; so are those below."""

    def __init__(self, *_: Any):
        pass

    def check_and_correct(self, cfg: Any) -> None:
        pass


class DefaultLossRule(DefaultPrimaryRule):
    pass


class DefaultSyncNumClassesRule(DefaultPrimaryRule):
    pass


class DefaultSyncImgChannelsRule(DefaultPrimaryRule):
    pass


class DefaultSyncIgnoreIndexRule(DefaultPrimaryRule):
    pass
