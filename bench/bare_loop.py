"""The floor: bare Python and SQLite on the same terminal. Usage: bare_loop.py CATALOGUE."""

import sqlite3
import sys
import termios
import tty

FIND = """SELECT name, price_minor FROM barcode JOIN item USING (sku) JOIN price USING (sku)
WHERE code = ?"""

mode = termios.tcgetattr(0)
tty.setcbreak(0)
catalogue = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
print("ready", flush=True)
for line in sys.stdin:
    row = catalogue.execute(FIND, (line.strip().zfill(14),)).fetchone()
    print(*(row or ("unknown",)), flush=True)
termios.tcsetattr(0, termios.TCSANOW, mode)
