"""
What happened, counted: events, reports, dashboards, exports.

It listens to every other module and changes nothing in them, so it stands above all; none of them may call
it. Numbers are of one business, by its own calendar days.
"""
