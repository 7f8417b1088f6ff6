"""What the product knows and does; it must not know Flask, SQL, threads or the stand-ins."""
