"""The canslim command: everything embedded on one machine, and a client of the API."""
