"""Coding agents that are programs of their own: what is known of each, which variation gets which, and where it finds its model.

It must not know how one is run: that is the pod's program.
"""
