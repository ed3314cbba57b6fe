"""
Measurements of the house by itself: `wacloud bench`.

They drive real processes over real HTTP and read the result off the other side and the database. Nothing here is
used in production, and nothing in production knows that it is being measured.
"""
