"""PostgreSQL, the truth: tables, transactions, jobs, the read model."""
