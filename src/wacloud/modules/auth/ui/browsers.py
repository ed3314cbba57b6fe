"""A browser's name for people, from what it says of itself: enough to know one's own again."""

# Each says the names of those below it as well, so the first that is found is meant.
_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def browser_name(user_agent: str) -> str:
    """`Firefox, Windows`; a program's own name where it is no browser; empty where it says nothing."""
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), "")
    if not browser:
        return user_agent.split(" ", maxsplit=1)[0].partition("/")[0][:40]
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    return f"{browser}, {system}" if system else browser
