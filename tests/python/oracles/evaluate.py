"""Evaluations done slowly: pair by pair, transaction by transaction, in fractions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from fractions import Fraction
from itertools import combinations

import satrail

#: The quantile of the normal distribution that leaves 2.5 % on either side, to 30 digits.
Z = Fraction("1.959963984540054235524594430520")
SEVERAL = ["equal_output_coinjoin", "joinmarket", "wasabi_1_0", "wasabi_1_1", "wasabi_2_0", "whirlpool"]


def name_of(address: satrail.Address) -> str:
    return address.text or address.script


def labels_of(clusters: satrail.Clusters, addresses: Iterable[str]) -> dict[str, int]:
    """The cluster of each address that was ever paid."""
    table = clusters.of(list(addresses)).to_pydict()
    return {a: c for a, c in zip(table["address"], table["cluster_id"], strict=True) if c is not None}


def received(chain: satrail.Chain) -> Counter[str]:
    sums: Counter[str] = Counter()
    for block in chain:
        for tx in block.transactions():
            for output in tx.outputs():
                sums[name_of(output.address)] += output.value
    return sums


def pairs(labels: dict[str, int], owners: dict[str, str], weight: dict[str, int] | None = None) -> tuple[int, int, int]:
    """True positives, false positives and false negatives; a pair counts as the product of its weights."""
    right = wrong = missed = 0
    for a, b in combinations(sorted(labels), 2):
        worth = weight[a] * weight[b] if weight else 1
        together, same = labels[a] == labels[b], owners[a] == owners[b]
        right += worth * (together and same)
        wrong += worth * (together and not same)
        missed += worth * (same and not together)
    return right, wrong, missed


def main_clusters(labels: dict[str, int], owners: dict[str, str]) -> dict[str, int]:
    """The cluster with most addresses of each owner; of several, the one with the smallest name."""
    of: dict[str, Counter[int]] = defaultdict(Counter)
    for address, label in labels.items():
        of[owners[address]][label] += 1
    return {owner: min(counts, key=lambda label: (-counts[label], label)) for owner, counts in of.items()}


def flows(chain: satrail.Chain, clusters: satrail.Clusters, owners: dict[str, str]) -> dict[str, list[int]]:
    """Of each owner: received, sent, seen_received, seen_sent, cluster_received, cluster_sent."""
    texts = {name_of(output.address) for block in chain for tx in block.transactions() for output in tx.outputs()}
    labels = labels_of(clusters, texts)
    main = main_clusters({a: labels[a] for a in owners if a in labels}, owners)
    sums: dict[str, list[int]] = {owner: [0] * 6 for owner in main}
    for block in chain:
        for tx in block.transactions():
            moves = [(name_of(o.address), o.value, 0) for o in tx.outputs()]
            moves += [(name_of(i.address), 0, i.value) for i in tx.inputs() if i.address]
            for owner, found in sums.items():
                own = [(labels.get(a) == main[owner], to, by) for a, to, by in moves if owners.get(a) == owner]
                to, by = sum(m[1] for m in own), sum(m[2] for m in own)
                seen_to, seen_by = sum(m[1] for m in own if m[0]), sum(m[2] for m in own if m[0])
                cluster = [(to, by) for a, to, by in moves if labels.get(a) == main[owner]]
                net = sum(to for to, _ in cluster) - sum(by for _, by in cluster)
                got, gave = max(to - by, 0), max(by - to, 0)
                parts = [got, gave, min(got, seen_to), min(gave, seen_by), max(net, 0), max(-net, 0)]
                sums[owner] = [a + b for a, b in zip(found, parts, strict=True)]
    return sums


def change_truth(chain: satrail.Chain, owners: dict[str, str]) -> dict[str, dict[int, bool]]:
    """Of each payment of one known owner: which outputs are change, of those of known owners."""
    found: dict[str, dict[int, bool]] = {}
    for block in chain:
        for tx in block.transactions()[1:]:
            senders = {owners.get(name_of(i.address)) for i in tx.inputs() if i.address}
            if len(senders) != 1 or None in senders:
                continue
            (sender,) = senders
            outputs = [(o.position, owners.get(name_of(o.address))) for o in tx.outputs() if o.kind != "op_return"]
            if any(owner != sender for _, owner in outputs):
                found[tx.txid] = {position: owner == sender for position, owner in outputs if owner}
    return {txid: outputs for txid, outputs in found.items() if outputs}


def revealed(chain: satrail.Chain) -> tuple[dict[str, dict[int, bool]], dict[str, int], Counter[str]]:
    """The truth that the chain tells itself, the payers' clusters, and what was left out for which reason."""
    texts = {name_of(output.address) for block in chain for tx in block.transactions() for output in tx.outputs()}
    labels = labels_of(chain.cluster(), texts)
    verdicts = chain.shapes(columns=["txid", *SEVERAL]).to_pydict()
    joint = {txid for i, txid in enumerate(verdicts["txid"]) if any(verdicts[shape][i] != "no" for shape in SEVERAL)}
    found: dict[str, dict[int, bool]] = {}
    clusters: dict[str, int] = {}
    left_out: Counter[str] = Counter()
    for block in chain:
        for tx in block.transactions()[1:]:
            spent = [name_of(i.address) for i in tx.inputs() if i.address]
            if len(tx.outputs()) != 2:
                left_out["not two outputs"] += 1
            elif any(o.kind == "op_return" for o in tx.outputs()):
                left_out["an output of data"] += 1
            elif tx.txid in joint:
                left_out["perhaps a CoinJoin"] += 1
            elif any(name_of(o.address) in spent for o in tx.outputs()):
                left_out["an output to an address of the inputs"] += 1
            else:
                own = {o.position: labels[name_of(o.address)] == labels[spent[0]] for o in tx.outputs()}
                if sum(own.values()) == 1:
                    found[tx.txid], clusters[tx.txid] = own, labels[spent[0]]
                else:
                    reason = "both outputs" if all(own.values()) else "no output"
                    left_out[f"{reason} in the inputs' cluster"] += 1
    return found, clusters, left_out


def rates(
    chain: satrail.Chain, rule: satrail.ChangeRule, truth: dict[str, dict[int, bool]], height: int | None = None
) -> dict[str, int]:
    """The six counts of a rule."""
    table = chain.change(rule.unique()).to_pydict()
    named = dict(zip(table["txid"], table["position"], strict=True))
    counts: Counter[str] = Counter()
    for txid, outputs in truth.items():
        for position, is_change in outputs.items():
            if txid not in named:
                counts["cannot_tell_positive" if is_change else "cannot_tell_negative"] += 1
            elif named[txid] == position:
                counts["true_positive" if is_change else "false_positive"] += 1
            else:
                counts["false_negative" if is_change else "true_negative"] += 1
    return {name: counts[name] for name in COUNTS}


COUNTS = [
    "true_positive",
    "false_negative",
    "cannot_tell_positive",
    "false_positive",
    "true_negative",
    "cannot_tell_negative",
]


def is_wilson(part: int, of: int, ends: tuple[float, float]) -> bool:
    """Whether the ends are the shares p from which part / of is Z standard errors of p away."""
    for end in ends:
        p = Fraction(end)
        off = (Fraction(part, of) - p) ** 2 - Z**2 * p * (1 - p) / of
        slope = 2 * (Fraction(part, of) - p) + Z**2 * (1 - 2 * p) / of
        if abs(off) > abs(slope) * Fraction(1, 10**12):
            return False
    return ends[0] <= Fraction(part, of) <= ends[1]
