"""Pure cryptography: age files, signed notes, keys and Merkle trees. No clock, disk or network."""
