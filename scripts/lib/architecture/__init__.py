"""What scripts/check-architecture checks: the tree it reads (tree, swift) and the rules."""
