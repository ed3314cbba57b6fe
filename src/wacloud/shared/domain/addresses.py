"""Which numeric addresses belong to the public internet."""

import ipaddress
import re
from typing import Final

# Addresses that lead to others: an IPv4 address inside an IPv6 one.
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_TO_V4: Final = tuple(ipaddress.ip_network(one) for one in ("2002::/16", "2001::/32", "64:ff9b:1::/48"))
# A host that ends so is read as a number by whoever calls it: 127.1, 0177.0.0.1, 0x7f000001.
_NUMERIC: Final = re.compile(r"(?:^|\.)(?:\d+|0x[0-9a-f]*)$", re.IGNORECASE)


def is_public(address: str) -> bool:
    """Whether this IP address is one of the public internet."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return is_public(str(found.ipv4_mapped))
        if found in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)))
        if any(found in network for network in _TO_V4):
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def is_number(host: str) -> bool:
    """Whether a host, as it stands in an address, is a number rather than a name."""
    return ":" in host or bool(_NUMERIC.search(host))
