"""What signed events of requests and of cases have in common: their form and their order."""
