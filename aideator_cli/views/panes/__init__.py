"""Side by side: a pane a variation, in a terminal of its own (Textual)."""
