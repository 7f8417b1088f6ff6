"""How the product is hosted: settings, HTTP, storage, work; it holds no decision about meetings."""
