"""Language models: who writes, what it costs, and how long a run waits."""
