"""Lines and tables, for a terminal, a pipe or Markdown.

They write to the screen that they are given and know nothing of the panes.
"""
