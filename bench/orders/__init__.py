"""How well and how fast orders are routed, beside simpler rules and a solver."""
