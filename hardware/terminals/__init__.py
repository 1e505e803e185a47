"""Card terminals: the nexo Retailer protocol in two skins, and its sealed envelope."""
