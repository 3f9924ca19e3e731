"""What a reading agent may call. Nothing of it writes."""
