"""From a network's main output to a result: the registered steps that cards list under `postprocess`."""
