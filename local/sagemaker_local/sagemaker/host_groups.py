"""The instances of a job by type: one group for most jobs, several with InstanceGroups.

A job without InstanceGroups has one group of the name `homogeneousCluster` (recorded). AWS numbers the hosts of several
groups in any order (developer guide, "Run distributed training on a heterogeneous cluster"); here in the request's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_ONLY = "homogeneousCluster"


@dataclass(frozen=True)
class HostGroup:
    """Instances of one type; `hosts` are their names, `algo-N`."""

    name: str
    instance_type: str
    hosts: tuple[str, ...]


def host_groups(resources: Mapping[str, Any]) -> list[HostGroup]:
    """Those of a ResourceConfig; with InstancePreferences of the selected one, before that of the first."""
    groups: list[HostGroup] = []
    for given in _given(resources):
        first = sum(len(each.hosts) for each in groups) + 1
        hosts = tuple(f"algo-{number}" for number in range(first, first + given["InstanceCount"]))
        groups.append(HostGroup(given.get("InstanceGroupName", _ONLY), given["InstanceType"], hosts))
    return groups


def preferences(resources: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The InstancePreferences of a ResourceConfig, each with its InstanceCount, which may be one for all of them."""
    common = {name: resources[name] for name in ("InstanceCount",) if name in resources}
    return [{**common, **each} for each in resources.get("InstancePreferences", [])]


def hosts_of_channel(groups: Sequence[HostGroup], channel: Mapping[str, Any]) -> list[str]:
    """The hosts that get a channel: those of its InstanceGroupNames, or all."""
    wanted = group_names(channel) or [each.name for each in groups]
    return [host for each in groups if each.name in wanted for host in each.hosts]


def group_names(channel: Mapping[str, Any]) -> list[str]:
    """A channel's InstanceGroupNames, `[]` if it is for all."""
    return list(channel["DataSource"].get("S3DataSource", {}).get("InstanceGroupNames", []))


def _given(resources: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    groups: Sequence[Mapping[str, Any]] = resources.get("InstanceGroups", [])
    if groups:
        return groups
    if "SelectedInstanceType" in resources:
        chosen = {"InstanceType": "SelectedInstanceType", "InstanceCount": "SelectedInstanceCount"}
        return [{name: resources[selected] for name, selected in chosen.items()}]
    return (preferences(resources) or [resources])[:1]
