"""What a log line of the relay may hold (`config.logs`): counts, times, places; no content, names, codes or tokens.

`device` is the first 8 digits of a device's id. `address` only comes where the settings ask for it.
"""

FIELDS = frozenset(
    {
        "address",
        "count",
        "device",
        "method",
        "milliseconds",
        "port",
        "problem",
        "reason",
        "route",
        "status",
        "tree_size",
        "witness",
    }
)
