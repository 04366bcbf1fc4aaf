"""CSV as Excel saves it: in Windows-1252 with a letter beyond ASCII in a label, or as "Unicode text" (UTF-16).

It is read, or the encoding is named.
"""

import sys

from made import demo, some_addresses

chain, folder = demo()
rows = [("address", "label")] + [(text, "Caf\xe9") for text in some_addresses(chain, 3)]
bad = False
for encoding, delimiter in (("cp1252", ";"), ("utf-16", "\t")):
    (folder / "list.csv").write_text("\n".join(map(delimiter.join, rows)), encoding=encoding)
    try:
        said = repr(chain.addresses(folder / "list.csv"))
        ok = "3 known" in said
    except ValueError as error:
        said, ok = str(error), "utf" in str(error).lower() or "encod" in str(error).lower()
    print(encoding, "->", said)
    bad |= not ok
sys.exit(bad)
