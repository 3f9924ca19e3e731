"""What the alarms and the dashboard count, written to the log in CloudWatch's embedded format."""

import json
import sys

from alex.research.jobs import Job

NAMESPACE = "Alex"
COST = "ResearchCost"


def record_cost(stack: str, job: Job) -> None:
    """Count the dollars that a finished job spent on model calls."""
    metric = {
        "_aws": {
            "Timestamp": int(job.updated.timestamp() * 1000),
            "CloudWatchMetrics": [
                {"Namespace": NAMESPACE, "Dimensions": [["Stack"]], "Metrics": [{"Name": COST}]}
            ],
        },
        "Stack": stack,
        COST: job.cost.get("usd", 0.0),
        "job_id": job.id,
        "status": job.status,
    }
    sys.stdout.write(json.dumps(metric) + "\n")
