"""The HTML page: its template, its charts, and what its counts lead to."""
