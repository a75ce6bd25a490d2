"""Forges: the issues and pull requests of GitHub, GitLab and Gitea, each in a module of its own behind one protocol.

What a forge answers is foreign. Nothing here prints, and nothing here knows a run.
"""
