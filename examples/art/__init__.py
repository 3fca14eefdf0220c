"""How the examples' pictures, clip and sounds are made: drawn and synthesised, nothing taken from elsewhere."""
