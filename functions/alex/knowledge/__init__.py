"""The knowledge base: documents come in, are kept, found, and go."""
