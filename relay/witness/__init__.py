"""A witness: a service of a member that cosigns the log after checking that it has only grown."""
