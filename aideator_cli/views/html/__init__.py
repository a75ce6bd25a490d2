"""The page of `report`, as values for its template.

It knows nothing about files or browsers: the caller writes the file.
"""
