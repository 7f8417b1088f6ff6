"""The main job done as a client does it, told as a story; it uses the product only through its addresses."""
