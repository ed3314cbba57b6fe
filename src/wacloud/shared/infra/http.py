"""The one way out of the house: a shared HTTP client with a time-out for everything."""

import aiohttp

# Servers that close idle connections after five seconds are common. A request written into a connection that is just
# being closed has an unknown outcome, so ours are given up well before that.
KEEP_ALIVE_S = 3.0


def open_egress(
    *, at_once: int = 200, total_s: float = 20, connect_s: float = 5, wait_s: float = 8
) -> aiohttp.ClientSession:
    """
    A client session; its owner closes it.

    :param at_once: connections at most; more calls wait for one.
    :param wait_s: the wait for a connection, free or new. It ends as `ConnectionTimeoutError`, which says that nothing
        was sent; the total time-out could not tell. So it is the shorter of the two.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=at_once, keepalive_timeout=KEEP_ALIVE_S, ttl_dns_cache=60),
        timeout=aiohttp.ClientTimeout(total=total_s, connect=wait_s, sock_connect=connect_s, sock_read=total_s),
        headers={"User-Agent": "wacloud/0.1"},
        auto_decompress=True,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
    )
