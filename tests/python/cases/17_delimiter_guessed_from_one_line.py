"""A comma-separated list with a semicolon in its first line, and a semicolon-separated one below an empty line.

No address may be rejected.
"""

import sys

from made import demo, some_addresses

chain, folder = demo()
a, b, c = some_addresses(chain, 3)
bad = False
for name, text in {
    "label with a semicolon": f'{a},"theft; 2016"\n{b},bank\n{c},shop\n',
    "header with a semicolon": f"address,label (who; why)\n{a},x\n{b},y\n{c},z\n",
    "empty first line": f"\naddress;label\n{a};x\n{b};y\n{c};z\n",
}.items():
    (folder / "list.csv").write_text(text)
    found = chain.addresses(folder / "list.csv")
    print(name, "->", found, found.rejected.to_pydict()["reason"][:1])
    bad |= found.known != 3
sys.exit(bad)
