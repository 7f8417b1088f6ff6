"""The way from one version of the tables to the next; a migration that was released is never changed."""
