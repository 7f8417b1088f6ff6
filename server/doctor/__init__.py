"""`clickmeeting-addin doctor`: everything that can be tried from where it stands; it looks, and mends nothing."""
