"""A small site of our own to research: pages as the web has them, about a made-up company."""
