"""A list whose second label begins with a quote that is never closed: no address may vanish without a word."""

import sys

from made import demo, some_addresses

chain, folder = demo()
texts = some_addresses(chain, 40)
rows = [f"{text},label {n}" for n, text in enumerate(texts)]
rows[1] = f'{texts[1]},"the so called bank'
(folder / "list.csv").write_text("address,label\n" + "\n".join(rows) + "\n")
try:
    found = chain.addresses(folder / "list.csv")
except ValueError as error:
    print("refused:", error)
    sys.exit(0)
print(len(texts), "addresses in the file;", found, len(found.rejected), "rejected")
sys.exit(len(found) + len(found.rejected) < len(texts))
