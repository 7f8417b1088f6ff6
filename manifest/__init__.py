"""The add-in's two manifests from one source, and the check of both; it knows neither the server nor the stand-ins."""
