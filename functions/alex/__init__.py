"""Alex's core library: documents become passages, questions find them, research is remembered.

Nothing here knows AWS, a web framework or a Lambda event; `alex.aws` and `alex.local` hold the
adapters, and `alex.wiring` alone decides which of them are used.
"""

__version__ = "0.1.0"
