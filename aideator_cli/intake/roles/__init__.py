"""Roles: what an agent is told to be, and with which model, tools and limits. Where they are found, and which variation gets which.

It must not know how an agent is run. A role's file may be hostile: it is data and a bounded template, and runs nothing.
"""
