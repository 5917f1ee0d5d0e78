"""What people say of their answers, where they say it on purpose."""
