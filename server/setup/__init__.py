"""What `init` writes for a new installation: settings, the app registration's request, the steps; it asks nobody."""
