"""Evidence bundles and documents as text, pages and pictures that people read."""
