"""A stand-in for AWS on one machine: ministack, plus S3 Vectors and SageMaker, which it lacks.

Runs in its own environment (`rehearsal/pyproject.toml`), as `python -m rehearsal.stand_in`.
Requests of the two added services are checked against botocore's own models, so that what the
stand-in takes, the real service takes as far as its model says; where AWS's documents leave a
rule open, the stricter reading is played, and the module says so.
"""
