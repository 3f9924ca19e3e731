"""How fast the laptop edition's index is, beside the bare operations it is made of."""
