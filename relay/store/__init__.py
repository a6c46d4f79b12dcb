"""What the relay keeps of the directory and of access: contracts, in memory, in SQLite files of stated lifetimes."""
