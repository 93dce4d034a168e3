"""What scripts/bench measures: figures, the programs they start, and how results are judged and shown."""
