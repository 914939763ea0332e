"""The Dramatiq pool that fetches prices and filings."""
