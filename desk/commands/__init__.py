"""What an officer, an administrator and the secretariat type: thin commands over the desk's library."""
