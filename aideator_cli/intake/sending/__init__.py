"""What a run sends because no repository has it: commits of this machine, uncommitted changes, and files that git ignores.

It reads the user's repository and changes nothing in it. It knows no backend beyond its name.
"""
