"""What is said of a hit: whether and where it answers, who else says so, what its source states."""
