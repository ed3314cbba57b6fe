"""Stand-ins for the vendors, as separate servers that ship with the product.

A vendor's address is the only switch between the real service and its twin: the code that talks to it is
the same. The twins are the vendors, so they know nothing of the house: no import of modules, shared or main.
"""
