"""What tells that a question describes an emergency: a grammar, rules as data, learned words."""
