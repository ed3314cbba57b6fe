"""How many tokens a text is, without asking its model: never too few."""

# Spanish is near 3.5 bytes a token with today's models, code and emoji nearer 2.5. Too many are counted rather than too
# few: who counts too few is cut off by the provider.
_BYTES_A_TOKEN = 3


def estimate_tokens(text: str) -> int:
    """Tokens of this text, rounded up."""
    return -(-len(text.encode("utf-8", "replace")) // _BYTES_A_TOKEN)
