"""The contract between relay and desk: what crosses the wire, and the checks both ends make on it."""
