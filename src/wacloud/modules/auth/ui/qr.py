"""A QR code as SVG that may stand inside a page: shapes only, no script and no style."""

import segno


def qr_svg(text: str) -> str:
    """Black on white, whatever the page's colours: cameras expect it."""
    drawn: str = segno.make(text, error="m").svg_inline(
        border=3, light="#fff", omitsize=True, svgclass=None, lineclass=None
    )
    return drawn
