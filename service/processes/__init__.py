"""Questions answered in processes beside the one that serves, so that every core is used."""
