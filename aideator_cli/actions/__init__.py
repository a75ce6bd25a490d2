"""Everything you can do with runs: start, watch, wait, retry, cancel, delete, select, judge, apply, undo, export, report, count.

Each action takes `Here` and a request, and returns a value or an iterator. It prints nothing, asks nothing and does not know its caller.
"""
