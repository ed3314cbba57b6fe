"""The invented shop of the demo: who it is, what its bot knows, and what was said in the last days."""
