"""How much our pages cost, in ratio to hand-written ones that show the same: `python dev.py bench`."""
