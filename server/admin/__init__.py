"""The console of an organisation's administrator, under `/admin`; it reads and asks, use cases decide."""
