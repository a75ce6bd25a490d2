"""What a reviewer wants to know about a patch: code that asks whether it is tested, files that do not belong there.

It reads the patch and the base, runs nothing, and decides nothing: the command-line tool weighs what it finds.
"""
