"""PostgreSQL by psycopg, which is imported only when a PostgreSQL URL is given."""
