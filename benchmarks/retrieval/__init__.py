"""How often Alex's search finds what a question asks for, beside simpler ways of searching."""
