"""Checks IAM policies by parliament, which knows AWS's actions, their resources and conditions, and asks no one.

Reads JSON from its input, `{"where it is from": policy, …}`; prints what is wrong, and then ends with 1. parliament's
own command line is not used: it writes what it checks to a file in /tmp.
"""

from __future__ import annotations

import json
import sys
import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", UserWarning)  # it imports pkg_resources, which warns that it will go
    import parliament


# A bucket that the action creates gets a rule that aborts old uploads. Who may set rules can have objects expire too:
# the right is the default branch's alone, as docs/aws.md says.
ACCEPTED = ("RESOURCE_POLICY_PRIVILEGE_ESCALATION", "s3:PutLifecycleConfiguration", "DefaultBranchRole/")


def main() -> int:
    """How the process ends."""
    policies = json.load(sys.stdin)
    wrong = 0
    for place, policy in policies.items():
        for finding in parliament.analyze_policy_string(json.dumps(policy), place, config=parliament.config).findings:
            if finding.issue == ACCEPTED[0] and ACCEPTED[1] in str(finding.detail) and place.startswith(ACCEPTED[2]):
                continue
            told = parliament.enhance_finding(finding)
            wrong += 1
            print(f"{place}: {told.title}: {told.description} {told.detail} {told.location}")
    print(f"{len(policies)} policies, {wrong} findings")
    return 1 if wrong or not policies else 0


if __name__ == "__main__":
    sys.exit(main())
