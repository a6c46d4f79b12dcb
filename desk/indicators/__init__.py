"""What a desk may publish of its own work: figures from which nobody is picked out."""
