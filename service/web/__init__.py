"""What every page and route shares: templates, words, forms, headers, errors as problem details."""
