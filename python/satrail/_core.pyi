"""
The compiled part of satrail; use it through the package `satrail`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from os import PathLike
from typing import Any, Final, Literal, SupportsFloat, SupportsIndex, final

import igraph
import networkx
import numpy
import pandas
import polars
import pyarrow
import rustworkx
from _typeshed import SupportsGetItem
from typing_extensions import CapsuleType

from satrail.report import IngestReport, SimulationReport, StoreInfo, VerifyReport
from satrail.types import (
    Addresses,
    ArrowStream,
    Best,
    CannotLink,
    ClusterIds,
    CoinJoin,
    Columns,
    Direction,
    End,
    Feature,
    Fees,
    Json,
    Labels,
    Level,
    Moment,
    Period,
    Policy,
    Progress,
    Source,
    StopAt,
    Value,
)

__all__ = [
    "VERSION",
    "Address",
    "AddressSet",
    "Batches",
    "Block",
    "Blocks",
    "Boltzmann",
    "Chain",
    "ChangeRule",
    "Clusters",
    "Column",
    "Comparison",
    "Convergence",
    "Evaluation",
    "Exposure",
    "Fingerprint",
    "Flows",
    "Input",
    "Judgement",
    "Ledger",
    "Output",
    "PeelChain",
    "PolicyComparison",
    "Predicate",
    "Proof",
    "Rates",
    "Recipe",
    "Revealed",
    "Table",
    "Trace",
    "TraceEvaluation",
    "TraceGraph",
    "Transaction",
    "Truth",
    "Wallet",
    "Wallets",
    "_restore_boltzmann",
    "_restore_chain",
    "_restore_judgement",
    "_restore_ledger",
    "_restore_predicate",
    "_restore_table",
    "boltzmann",
    "card",
    "evaluate",
    "ingest",
    "inspect",
    "judge",
    "open",
    "read_truth",
    "rerun",
    "simulate",
    "thresholds",
    "truth_from_chain",
    "verify",
]

VERSION: Final[str]
"""
The version of the package.
"""

@final
class Address:
    """
    An address: one distinct output script, and all that happened to it, as of the chain's height. Amounts are satoshi.

    Examples
    --------
    >>> address = chain.block(300).transactions()[0].outputs()[0].address
    >>> address.received() - address.sent() == address.balance()
    True
    >>> address.first_height() <= 300 <= address.last_height()
    True
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[object, ...]: ...
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    def balance(self, /) -> int:
        """
        Satoshi that it received and that were neither sent on nor lost for good.
        """
    def first_height(self, /) -> int | None:
        """
        The height of the first transaction that pays it.
        """
    def first_time(self, /) -> datetime | None:
        """
        The time of the first block that pays it (UTC).
        """
    @property
    def kind(self, /) -> str:
        """
        The kind of its script, as in `Output.kind`.
        """
    def last_height(self, /) -> int | None:
        """
        The height of the last transaction that pays it or spends from it.
        """
    def last_time(self, /) -> datetime | None:
        """
        The time of the last block that pays it or spends from it (UTC).
        """
    @property
    def number(self, /) -> int:
        """
        Its number, in order of first appearance in the chain.
        """
    def outputs(self, /) -> list[Output]:
        """
        The outputs that pay it, in chain order.
        """
    def payments(self, /) -> int:
        """
        The number of outputs that pay it.
        """
    def received(self, /) -> int:
        """
        Satoshi of all outputs that pay it.
        """
    @property
    def revealed(self, /) -> Revealed | None:
        """
        What its first spend revealed; None before it, and for kinds that hide nothing.
        """
    @property
    def script(self, /) -> str:
        """
        Its output script, as hex.
        """
    def sent(self, /) -> int:
        """
        Satoshi of its outputs that were spent.
        """
    @property
    def text(self, /) -> str | None:
        """
        Its text on the chain's network; None for kinds that have none (p2pk, multisig, op_return, nonstandard).
        """
    def transactions(self, /) -> list[Transaction]:
        """
        The transactions that pay it or spend from it, in chain order.
        """

@final
class AddressSet:
    """
    Distinct addresses, in the order in which they were given first; most may never have been paid.

    Examples
    --------
    >>> watch = chain.addresses([o.address.text for o in chain.block(300).transactions()[0].outputs() if o.address.text])
    >>> watch.summary().columns[:4]
    ['address', 'kind', 'known', 'received']
    """
    def __len__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[object, ...]:
        """
        Pickles carry the texts; they are looked up again when they are read.
        """
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    @property
    def given(self, /) -> int:
        """
        How many texts were given.
        """
    @property
    def known(self, /) -> int:
        """
        How many of the addresses are in the chain.
        """
    @property
    def rejected(self, /) -> Table:
        """
        The texts that are not addresses: row (from 0, int64), text, reason.
        """
    def summary(self, /) -> Table:
        """
        One row an address, in the order given, as of the chain's height.

        Columns: address, kind (text), known (bool: ever paid), received, sent, balance (int64, satoshi), payments (int64: outputs that pay
        it), and null where it was never paid: first_height, last_height (int32), first_time, last_time (header times, microseconds UTC).
        """

@final
class Batches:
    """
    The batches of a table, one after the other.
    """
    def __iter__(self, /) -> Batches: ...
    def __next__(self, /) -> Table: ...

@final
class Block:
    """
    A block of a chain.

    Examples
    --------
    >>> block = chain.block(1)
    >>> block.height, len(block), block.parent == chain.block(0).hash
    (1, 1, True)
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __len__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[object, ...]: ...
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    @property
    def chain_work(self, /) -> int:
        """
        The expected number of hashes done for the chain up to this block.
        """
    @property
    def hash(self, /) -> str:
        """
        Its hash, as hex.
        """
    @property
    def header(self, /) -> bytes:
        """
        The 80 bytes of its header.
        """
    @property
    def height(self, /) -> int:
        """
        Its distance from the genesis block.
        """
    @property
    def median_time(self, /) -> datetime:
        """
        The median of the last eleven header times, its own included (UTC); dates are compared with it.
        """
    @property
    def merkle_root(self, /) -> str:
        """
        The Merkle root of its transactions, as hex.
        """
    @property
    def parent(self, /) -> str:
        """
        The hash of the block before it; zeros for the genesis block.
        """
    @property
    def size(self, /) -> int:
        """
        Bytes, witnesses included.
        """
    @property
    def time(self, /) -> datetime:
        """
        The time in its header (UTC). It may be earlier than that of the block before.
        """
    def transactions(self, /) -> list[Transaction]:
        """
        Its transactions, the coinbase first.
        """
    @property
    def weight(self, /) -> int:
        """
        Weight units (BIP141).
        """

@final
class Blocks:
    """
    The blocks of a chain, one after the other.
    """
    def __iter__(self, /) -> Blocks: ...
    def __next__(self, /) -> Block: ...

@final
class Boltzmann:
    """
    In how many ways a transaction's inputs can have paid its outputs, and how likely each of the links between them is.

    An interpretation divides the inputs into blocks and the outputs into as many, and matches them one to one, so that the inputs of each pair
    of blocks have as much as its outputs, and at most the transaction's fee more. The entropy is the binary logarithm of the number
    of interpretations; the probability of a link is the share of those in which the input and the output are in one pair.

    Examples
    --------
    >>> links = satrail.shapes.boltzmann([50, 50], [50, 50])
    >>> links.interpretations, round(links.entropy, 3)
    (3, 1.585)
    >>> links.link_probabilities().to_pydict()["probability"][0]
    0.6666666666666666
    >>> satrail.shapes.boltzmann([50] * 60, [50] * 60)
    Boltzmann(not computed: there are more ways than 128 bits can count)
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[object, ...]: ...
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    @property
    def computed(self, /) -> bool:
        """
        Whether the count was finished within its budget. It is exact then; else there are no numbers at all.
        """
    def deterministic_links(self, /) -> list[tuple[int, int]]:
        """
        The positions of inputs and outputs that are linked in every interpretation; none where it was not computed.
        """
    @property
    def entropy(self, /) -> float | None:
        """
        The entropy in bits; None where it was not computed.
        """
    @property
    def interpretations(self, /) -> int | None:
        """
        The number of interpretations; None where it was not computed.
        """
    def link_probabilities(self, /) -> Table | None:
        """
        One row a pair of an input and an output; None where it was not computed.

        Columns: input, output (their positions, int32), probability (of their link, float64), is_deterministic (bool: they are linked in
        every interpretation).
        """
    @property
    def reason(self, /) -> str | None:
        """
        Why nothing was computed; None where it was.
        """

@final
class Chain:
    """
    The chain of a store, as of a height.

    All that is asked of it is answered as if later blocks did not exist. It can be shared by threads; it keeps showing the
    version of the store that it was opened at, whatever is ingested meanwhile.

    Examples
    --------
    >>> chain.height, chain.network
    (495, 'regtest')
    >>> chain.at(100).height
    100
    >>> chain.block(0).hash
    '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206'
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __iter__(self, /) -> Blocks: ...
    def __len__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[object, ...]:
        """
        Pickles carry the store's path and the tip's hash; the store must be there when they are read.
        """
    def __repr__(self, /) -> str: ...
    def _object(self, /, kind: str, number: SupportsIndex) -> object:
        """
        An object of the chain by its number; pickles use it.
        """
    def _repr_html_(self, /) -> str: ...
    def address(self, text: str, /) -> Address:
        """
        The address of a text: an address of the chain's network, or an output script in hex (some scripts have no address text).

        Raises
        ------
        ValueError : the text is not an address of this network; the message says why.
        NotInChainError : the address was never paid, up to the chain's height.

        Examples
        --------
        >>> address = chain.block(300).transactions()[0].outputs()[0].address
        >>> chain.address(address.text) == chain.address(address.script)
        True
        """
    def addresses(self, texts: Addresses | Iterable[str | None], /) -> AddressSet:
        """
        A set of addresses, up to millions, of which many may never have been paid.

        Parameters
        ----------
        texts : a list of texts; a column (of polars, pandas, pyarrow, NumPy), or a table with a column "address"; the path of a text, CSV or
            Parquet file; or what stands for addresses: `Address`, `AddressSet`, `Wallet`, or a list or mapping of these. Texts are addresses
            or output scripts in hex. Repeated ones count once; those that are not an address are kept with the reason in `rejected`.

        Examples
        --------
        >>> watch = chain.addresses([chain.block(300).transactions()[0].outputs()[0].address.text, "no address"])
        >>> len(watch), len(watch.rejected)
        (1, 1)
        """
    def at(self, moment: Moment, /) -> Chain:
        """
        The chain as it was at a moment: a height, a block hash, or a date (ISO text, date, datetime, numpy.datetime64 or pandas Timestamp;
        without a time zone it is UTC), or seconds since 1970 as a float.

        A date means the last block whose median time past is not later. Header times are not used for it, because they can go
        back; the median of the last eleven cannot.

        Raises
        ------
        NotInChainError : a height beyond the tip, an unknown hash, a date before the first block or more than a day after the last.
        ValueError : a text that is neither a date nor a hash.

        Examples
        --------
        >>> chain.at(10).counts["blocks"]
        11
        >>> chain.at("2024-01-03").time <= chain.time
        True
        """
    def block(self, moment: Moment, /) -> Block:
        """
        The block at a height or with a hash; a date means the last block whose median time past is not later.

        Raises
        ------
        NotInChainError : there is no such block in the chain.

        Examples
        --------
        >>> chain.block(1).transactions()[0].is_coinbase
        True
        """
    def blocks(
        self, /, start: Moment | None = None, stop: Moment | None = None, *, columns: list[str] | None = None
    ) -> Table:
        """
        Blocks from `start` (inclusive) to `stop` (exclusive), as a table: heights, dates or hashes; a date means the first block whose
        median time past is not earlier. All columns, or those named.

        Columns: height (int32), hash, parent, merkle_root (text), time, median_time (microseconds UTC), version (int32), bits, nonce
        (int64), size (bytes), weight, transactions (int32), inputs, outputs, value_out, fees (int64, satoshi).

        Examples
        --------
        >>> chain.blocks(0, 10, columns=["fees"]).columns
        ['fees']
        """
    def change(
        self,
        /,
        rule: ChangeRule | str,
        start: Moment | None = None,
        stop: Moment | None = None,
        *,
        threads: int | None = None,
    ) -> Table:
        """
        What a change rule leaves in the blocks from `start` (inclusive) to `stop` (exclusive), one row an output, in chain order. The rule is
        asked about all of it before this returns; rows are made when they are read. docs/rules.md says what each rule is, and how often
        it is right on a chain whose owners are known.

        Columns: transaction (number, int64), txid (text), height (int32), time (of the block's header, microseconds UTC), output (number, int64),
        position (int32), address (text; null where the kind has none), value (int64, satoshi), and as of the chain's height spent (bool).

        Parameters
        ----------
        rule : a rule of `satrail.change`, or the name of one. Rules that look at later spends are evaluated as of the chain's height.
        start, stop : heights, dates or block hashes, as for `blocks`; the whole chain when not given.
        threads : how many threads to use; all processors when not given. The result is the same.

        Raises
        ------
        ValueError : an unknown rule; names that are near are offered. A user's function that returns another number of marks than there are
            outputs, or a user's table with outputs that are not in the chain.
        TypeError : what is given is not a rule, or a user's function returns no bools.

        Examples
        --------
        >>> found = chain.change(satrail.change.optimal() & satrail.change.fresh())
        >>> found.columns
        ['transaction', 'txid', 'height', 'time', 'output', 'position', 'address', 'value', 'spent']
        >>> len(chain.change("optimal")) > len(found) > 0
        True
        """
    def cluster(
        self,
        /,
        rules: str | ChangeRule | list[str | ChangeRule] | None = None,
        *,
        coinjoin: CoinJoin = "exclude",
        cannot_link: CannotLink | None = None,
        threads: int | None = None,
    ) -> Clusters:
        """
        Joins the chain's addresses into clusters, as of its height, with the reason for every join.

        What was joined is kept in the folder "clusters" of the store, found again, and gone on from when blocks were added; where the
        store cannot be written it is made anew each time. It takes about 16 bytes of memory an address.

        Parameters
        ----------
        rules : a rule or a list of rules. "co_spend" (the default): the inputs of a transaction are of one owner (Nakamoto 2008).
            "same_key": P2PK, P2PKH, P2WPKH and wrapped P2WPKH of one key, P2WSH and wrapped P2WSH of one script. A change rule of
            `satrail.change`, or its name: the change is of the owner of the inputs, where the rule leaves one output.
        coinjoin : "exclude" leaves out transactions whose shape is a CoinJoin's; "exclude_undecided" also those that could be one and were
            not decided; "include" takes them as any other.
        cannot_link : what must not be joined: a mapping of owners to their addresses, or a list of tuples of addresses of which no two are one
            owner's. A union that would join them is refused, in chain order, and told in `Clusters.refused`. Addresses that were never
            paid are passed over.
        threads : None for all; the result is the same.

        Raises
        ------
        ValueError : an unknown rule or choice; `cannot_link` contradicts itself.

        Examples
        --------
        >>> clusters = chain.cluster()
        >>> len(clusters) < chain.counts["addresses"]
        True
        """
    def compare_policies(
        self,
        /,
        source: Source,
        policies: list[Policy] | tuple[Policy, ...] | None = None,
        *,
        stop_at: StopAt | None = None,
        direction: Direction = "out",
        clusters: Clusters | list[Clusters | None] | Mapping[str, Clusters | None] | None = None,
        max_hops: int | None = None,
        max_tx_hops: int | None = None,
        min_value: int | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        fees: Fees = "report",
        budget: int | None = None,
    ) -> PolicyComparison:
        """
        Traces one source under several policies, and by several rules of who belongs together, side by side: a conclusion that does not hold
        under all of them depends on a convention. See `trace` for the parameters that are not named here.

        Parameters
        ----------
        policies : their names; all that can be used when not given (those of accounts with clusters, direction "out", reported fees and no since).
        clusters : clusters, a list of them, or a mapping of names to them; None among them means that nobody says who belongs together. Those that
            a wallet among source and stop_at brings when not given.

        Raises
        ------
        ValueError : as for `trace`.

        Examples
        --------
        >>> clusters = [chain.cluster(), chain.cluster(coinjoin="include")]
        >>> compared = chain.compare_policies(chain.block(200).transactions()[0], ["haircut", "account_fifo"], clusters=clusters, max_hops=3)
        >>> len(compared)
        4
        """
    def convergence(
        self,
        /,
        outputs: Source,
        *,
        clusters: Clusters | None = None,
        max_tx_hops: int | None = None,
        stop_at: StopAt | None = None,
    ) -> Convergence:
        """
        Where several payments meet again, as test payments to a service gather in its wallet: the first transaction that all of them reach, and
        with clusters the first wallet. The search ends at the first place where all are together. docs/convergence.md says what each word means.

        Parameters
        ----------
        outputs : the payments, from 2 to 128, as what a trace can begin at: outputs, texts like "txid:n", a table with txid and position, ...
            Each output that is meant is a payment, whole, in the order given. One that is given twice counts once.
        clusters : of this chain at this height, to look for wallets, too. A wallet among outputs or stop_at brings its own.
        max_tx_hops : transactions that a payment is followed through at most.
        stop_at : whose coins are not followed, given as for `trace`.

        Raises
        ------
        NotInChainError : an output is not in the chain.
        ValueError : fewer than two payments or too many, clusters of another height, something of another chain.

        Examples
        --------
        >>> payments = [chain.block(height).transactions()[0].outputs()[0] for height in (10, 11)]
        >>> chain.convergence(payments, max_tx_hops=0).meet
        False
        """
    @property
    def counts(self, /) -> dict[str, int]:
        """
        How many blocks, transactions, inputs, outputs and addresses there are; an address is a distinct output script.
        """
    def digest(self, /) -> str:
        """
        One SHA-256 over all that the chain says up to its height, as hex: the same for the same blocks on any machine, whatever
        files they stood in and however they were ingested. docs/format.md has its definition.

        Examples
        --------
        >>> chain.digest() == satrail.open(store).digest()
        True
        """
    def exposure(
        self,
        /,
        target: Source,
        labels: Labels,
        *,
        policy: Policy = "haircut",
        direction: Direction = "out",
        clusters: Clusters | None = None,
        max_hops: int | None = None,
        max_tx_hops: int | None = None,
        min_value: int | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        fees: Fees = "report",
        budget: int | None = None,
    ) -> Exposure:
        """
        Which share of the money of a target went to (direction "out") or came from ("in") whom: the first labelled wallets on every way,
        directly (in one transaction) or by others. A trace with the labels as its stop set; see `trace` for the parameters.

        Parameters
        ----------
        target : what a trace can begin at; for a wallet all that it was ever paid.
        labels : as `stop_at` of `trace`; with clusters, or wallets among target or labels, whole wallets are labelled.

        Raises
        ------
        ValueError : as for `trace`.

        Examples
        --------
        >>> clusters = chain.cluster()
        >>> target, other = clusters.largest(2)
        >>> chain.exposure(target, {other: "other"}, direction="in").table().columns
        ['kind', 'label', 'direct', 'indirect', 'amount', 'share']
        """
    def flows(
        self,
        /,
        addresses: Addresses,
        *,
        by: Period = "month",
        clusters: Clusters | None = None,
        labels: Labels | None = None,
    ) -> Flows:
        """
        Money in and out of a set of addresses as a whole; what moves inside the set is netted out. docs/flows.md says what each word means.

        Parameters
        ----------
        addresses : an `Address`, `AddressSet` or `Wallet`, an `Output` (for the address that it pays), a text, a table with address, a file, or a
            list or mapping of these. Addresses that were never paid are passed over.
        by : how long a row of `Flows.table` is: "day", "week", "month" or "year", in UTC, by the times of headers.
        clusters : of this chain at this height, to rank counterparties as wallets; a wallet among addresses or labels brings its own.
        labels : names for `Flows.counterparties`, given as `stop_at` of `trace`.

        Raises
        ------
        ValueError : a text that is not an address, an unknown period, clusters of another height, something of another chain.

        Examples
        --------
        >>> wallet = chain.cluster().largest(1)[0]
        >>> flows = chain.flows(wallet, by="day")
        >>> flows.balance == wallet.balance()
        True
        >>> sum(flows.counterparties().to_pydict()["amount_in"]) == flows.received
        True
        """
    def headers(self, /) -> bytes:
        """
        The headers of all blocks from the genesis block on, 80 bytes each: what a proof is checked against.

        Examples
        --------
        >>> len(chain.headers()) == 80 * len(chain)
        True
        """
    @property
    def height(self, /) -> int:
        """
        The height of the last block.
        """
    @property
    def identity(self, /) -> tuple[str, int, str]:
        """
        What the chain is: its network, height, and the hash of the block at that height. Takes constant time, and is the same whatever
        store, files or version it is asked of.
        """
    def inputs(
        self, /, start: Moment | None = None, stop: Moment | None = None, *, columns: list[str] | None = None
    ) -> Table:
        """
        A table of the inputs of a range of blocks, which is given as for `blocks`.

        Columns: transaction (number, int64), txid (text), height (int32), time (microseconds UTC), position (int32), sequence (int64); and of the
        output that it spends, null for coinbases: spends (its number, int64), spends_txid (text), spends_position (int32), value
        (int64, satoshi), address_number (int64), address (text; null where the kind has none), kind (text).

        Examples
        --------
        >>> chain.inputs(0, 2, columns=["value"]).to_pydict()
        {'value': [None, None]}
        """
    @property
    def network(self, /) -> str:
        """
        "mainnet", "testnet3", "testnet4", "signet" or "regtest".
        """
    def output(self, outpoint: str, /) -> Output:
        """
        The output that "txid:n" names, n being its position from 0.

        Raises
        ------
        ValueError : the text is not of that form.
        NotInChainError : no such transaction is in the chain, or it has no such output.

        Examples
        --------
        >>> chain.output(chain.block(1).transactions()[0].txid + ":0").value
        5000000000
        """
    def outputs(
        self, /, start: Moment | None = None, stop: Moment | None = None, *, columns: list[str] | None = None
    ) -> Table:
        """
        A table of the outputs of a range of blocks, which is given as for `blocks`.

        Columns: output (number, int64), transaction (number, int64), txid (text), height (int32), time (microseconds UTC), position (int32), value
        (int64, satoshi), address_number (int64), address (text; null where the kind has none), kind (text), and as of the
        chain's height, null while unspent: spent_by (number of the transaction, int64), spent_by_txid (text), spent_height (int32); is_lost (bool:
        it can never be spent, because it is the genesis block's or was replaced by a coinbase of the same id).

        Examples
        --------
        >>> chain.outputs(0, 1, columns=["value", "kind"]).to_pydict()
        {'value': [5000000000], 'kind': ['p2pk']}
        """
    def peel_chain(
        self,
        /,
        output: Output | str,
        *,
        direction: Direction | Literal["both"] = "out",
        clusters: Clusters | None = None,
        stop_at: StopAt | None = None,
        features: list[Feature] | None = None,
        max_steps: int | None = None,
        max_inputs: int | None = None,
        max_outputs: int | None = None,
        rule_out_unspent: bool = False,
    ) -> PeelChain:
        """
        Follows the peel chain that a coin is in: at each transaction on by the one output that can be the change, because nothing rules it out;
        else it stops. After Kappos et al. 2022; docs/peel_chain.md has the rules, which of them are our choice, and how often they are right.

        Parameters
        ----------
        output : an `Output`, or a text like "txid:n".
        direction : "out" (by those that spend), "in" (to where it began) or "both".
        clusters : of this chain at this height. Then change into the payer's cluster is known to be it, and the cluster's transactions show the
            wallet's habits, too. A wallet in stop_at brings its own.
        stop_at : where it stops, given as for `trace`.
        features : what tells a wallet from others, of version, locktime, sequence, segwit, bip69, low_r, compressed_keys, input_kinds; all by default.
        max_steps : in each direction at most.
        max_inputs, max_outputs : of a step, by default 1 and 2: a peel chain. More outputs allow payouts to several.
        rule_out_unspent : whether an output that nothing spends as of the height cannot be the change. By default it may be.

        Raises
        ------
        NotInChainError : the output is not in the chain.
        ValueError : an unknown direction or feature, clusters of another height, something of another chain.

        Examples
        --------
        >>> first = chain.tx("7365607599a4b749bc84cd9929d488307dfe59d3bcf0c9e7bbbba5cdf8f1c282").inputs()[0].spends
        >>> peel = chain.peel_chain(first, clusters=chain.cluster())
        >>> len(peel), peel.stopped
        (6, {'out': 'no_candidate'})
        """
    def shapes(
        self,
        /,
        start: Moment | None = None,
        stop: Moment | None = None,
        *,
        columns: list[str] | None = None,
        **thresholds: float,
    ) -> Table:
        """
        A table of the shapes of the transactions of a range of blocks, which is given as for `blocks`: CoinJoins of several kinds, and
        payments that are known by their form, as of the chain's height. docs/shapes.md says what each shape is, after which
        publication, and how often each is right on real transactions.

        Columns: transaction (number, int64), height (int32), time (of the block's header, microseconds UTC); two for each shape, "no", "undecided"
        or "yes", and what decided (text, dictionary-encoded): the first predicate that failed, or the first that could not be decided, or "all";
        and, only where it is named, txid (text). The shapes: equal_output_coinjoin, joinmarket, wasabi_1_0, wasabi_1_1, wasabi_2_0, whirlpool,
        whirlpool_tx0, stonewall, payjoin_warning, peeling, consolidation, batch_payment, self_transfer, lightning_open, lightning_close; the
        second column of a shape has "_decided_by" behind its name.

        Parameters
        ----------
        columns : names of columns; only shapes that they are about are looked for.
        thresholds : by name, see `satrail.shapes.thresholds`; the defaults are those of the chain's network.

        Raises
        ------
        ValueError : an unknown column or threshold, or a value out of range.
        TypeError : a value of another type.

        Examples
        --------
        >>> chain.shapes(columns=["equal_output_coinjoin"]).to_pydict()["equal_output_coinjoin"].count("yes")
        69
        >>> chain.shapes(0, 1, columns=["joinmarket", "joinmarket_decided_by"]).to_pydict()
        {'joinmarket': ['no'], 'joinmarket_decided_by': ['outputs']}
        """
    @property
    def store(self, /) -> str:
        """
        The folder of the store.
        """
    @property
    def time(self, /) -> datetime:
        """
        The median time past of the last block (UTC): the time by which dates are compared.
        """
    @property
    def tip(self, /) -> Block:
        """
        The last block.
        """
    def trace(
        self,
        /,
        source: Source,
        *,
        policy: Policy = "haircut",
        stop_at: StopAt | None = None,
        direction: Direction = "out",
        clusters: Clusters | None = None,
        max_hops: int | None = None,
        max_tx_hops: int | None = None,
        min_value: int | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        fees: Fees = "report",
        budget: int | None = None,
    ) -> Trace:
        """
        Follows money: where that of a source went, or where it came from, every satoshi accounted for, as of the chain's height.

        Parameters
        ----------
        source : an `Output`; a `Transaction` (all its outputs); an `Address`, `AddressSet` or `Wallet` (all outputs that pay them, spent or not);
            a text that names an output ("txid:n"), a transaction or an address; a table with the columns txid, position and perhaps amount
            (satoshi that are meant), or with a column address; or any iterable or mapping of these (docs/given.md). Outputs named more than once
            count once. Each item of a list, each key of a mapping, each address of a set and each row of a table is a source of its own for
            `Trace.ends_by_source`.
        direction : "out", where it went, or "in", where it came from.
        policy : how a transaction divides traced money. "haircut": pro rata over its outputs and its fee (direction "in": over its
            inputs), in whole satoshi by the largest remainder, ties to the output with the smaller position, the fee last. "poison": whatever
            it touches is traced whole, which makes money (`Ledger.joined`): an upper bound. "fifo": the satoshi of the inputs, in order, go to
            the outputs in order, the fee takes the last (Clayton's Case 1816; Anderson et al. 2018). "lifo": the same with the inputs in reverse
            order. "highest_outputs_first": to the outputs of the highest values first (TIHO, Tironsakkul et al. 2019). Two keep an account
            for each wallet, as courts do: "account_fifo" pays out what came first; "lowest_intermediate_balance" pays out what is not traced
            first (Roscoe v Winder 1915). They need clusters, and go "out" only.
        stop_at : where the trace stops: addresses, address sets, wallets, cluster ids; a mapping of these to labels, or of labels to lists of
            these; or a table with address (or txid and position) and label (docs/given.md). The ledger has a line for each label. With clusters an address stands for its wallet.
        clusters : who belongs together (`Chain.cluster`), as of the chain's height: for hops, accounts, and whole wallets in stop_at. A wallet
            among source or stop_at brings its own.
        max_hops : outputs so many steps between wallets from the source are not followed; change is not a step.
        max_tx_hops : outputs so many transactions from the source are not followed.
        min_value : outputs with less traced money, in satoshi, are not followed.
        since, until : heights, dates or block hashes; transactions outside the half-open range of blocks [since, until) are not
            followed. A date means the first block whose median time past is not earlier.
        fees : "report" ends the trace at fees (and at coinbases, going in); "follow" goes on into the coinbase of the block (going in, to those
            who paid the fees): the subsidy stands first, then the fees in the order of their transactions.
        budget : steps after which no transaction is passed any more; the rest is in the ledger as cut_off_budget. 100 million when not given,
            which take up to 3.2 GB of memory, and 16 bytes for each transaction of the chain at the most.

        Raises
        ------
        ValueError : an empty source, an unknown direction, policy or cluster, limits that contradict each other, max_hops without clusters, a text
            that names nothing, something of another chain.
        NotInChainError : an output or transaction that is not in the chain.

        Examples
        --------
        >>> print(chain.trace(chain.block(495).transactions()[0].outputs()[0]).ledger.lines["fees"])
        0
        >>> chain.trace(chain.tip.transactions()[0], direction="in").ledger.mined > 0
        True
        >>> clusters = chain.cluster()
        >>> big, other = clusters.largest(2)
        >>> trace = chain.trace(big, policy="fifo", stop_at={other: "other"}, max_hops=3)
        >>> trace.ledger.source == sum(trace.ledger.lines.values())
        True
        """
    def transactions(
        self, /, start: Moment | None = None, stop: Moment | None = None, *, columns: list[str] | None = None
    ) -> Table:
        """
        A table of the transactions of a range of blocks, which is given as for `blocks`.

        Columns: transaction (its number in chain order, int64), txid (text), height, position (int32), time (of the block's header,
        microseconds UTC), version (int32), locktime (int64), size, vsize, weight, inputs, outputs (int32), value_in (null for coinbases),
        value_out, fee (null for coinbases) (int64, satoshi), is_coinbase, fingerprint (int64, see docs/format.md).

        Examples
        --------
        >>> fees = chain.transactions("2024-01-01", columns=["height", "fee"])  # pl.DataFrame(fees).group_by("height").sum()
        >>> fees.columns
        ['height', 'fee']
        """
    def tx(self, txid: str, /) -> Transaction:
        """
        The transaction with an id (64 hex digits).

        Of two with the same id (there are two such pairs of coinbases, see BIP30) it is the later one.

        Raises
        ------
        ValueError : the text is not a transaction id.
        NotInChainError : no such transaction is in the chain.

        Examples
        --------
        >>> tx = chain.block(200).transactions()[0]
        >>> chain.tx(tx.txid) == tx
        True
        """

@final
class ChangeRule:
    """
    A rule that tells, for a transaction, the outputs that it cannot rule out as the change. Made by the functions of `satrail.change`.

    `a | b`, `a & b` and `a - b` leave the union, intersection and difference; `a.unique()` keeps the only output that is left, or none.
    Data outputs (OP_RETURN) are never left, and a coinbase has no change.

    Examples
    --------
    >>> from satrail import change
    >>> rule = (change.optimal() & change.fresh()).unique()
    >>> rule
    ChangeRule((optimal & fresh).unique())
    >>> rule.dynamic, change.locktime().dynamic
    (False, True)
    """
    def __and__(self, other: ChangeRule, /) -> ChangeRule: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __or__(self, other: ChangeRule, /) -> ChangeRule: ...
    def __reduce__(self, /) -> tuple[object, ...]:
        """
        Pickles carry what the rule was made of; one with a function is as picklable as that.
        """
    def __repr__(self, /) -> str:
        """
        Its text; of a rule by itself, with default options, also what was measured of it (docs/cards).
        """
    def __sub__(self, other: ChangeRule, /) -> ChangeRule: ...
    @staticmethod
    def address_reuse() -> ChangeRule:
        """
        Outputs to an address that the transaction spends from (Androulaki et al., Evaluating User Privacy in Bitcoin, 2013).

        Examples
        --------
        >>> len(chain.change(satrail.change.address_reuse()))
        0
        """
    @staticmethod
    def address_type() -> ChangeRule:
        """
        Outputs of the inputs' kind of address, where the inputs are all of one; else none.

        Examples
        --------
        >>> tx = chain.block(300).transactions()[1]
        >>> kinds = {i.spends.kind for i in tx.inputs()}
        >>> all({output.kind} == kinds for output in tx.change(satrail.change.address_type()))
        True
        """
    def digests(self, chain: Chain, /) -> dict[str, str]:
        """
        What functions and tables that it is made of chose as of a chain's height: by their names the SHA-256 over the numbers of the outputs,
        ascending, 8 bytes each, the lowest byte first.

        Examples
        --------
        >>> first = chain.block(200).transactions()[0]
        >>> list(satrail.change.table("mine", [(first.txid, 0)]).digests(chain))
        ['mine']
        """
    @property
    def dynamic(self, /) -> bool:
        """
        Whether what it leaves can change when outputs are spent, or addresses paid, later. Such a rule is evaluated as of the chain's height.
        """
    @staticmethod
    def fingerprint(features: Iterable[str] | None = None) -> ChangeRule:
        """
        Unspent outputs, and those whose spender could have been made by the same software (Kappos et al., How to Peel a Million, 2022).

        Parameters
        ----------
        features : what must agree: "version", "locktime" (whether there is one), "sequence" (the classes of the inputs' sequences), "segwit",
            "bip69", "low_r", "compressed_keys", "input_kinds". None for the first four.

        Examples
        --------
        >>> satrail.change.fingerprint(["version", "low_r"])
        ChangeRule(fingerprint(version, low_r))
        """
    @staticmethod
    def fixed_fee() -> ChangeRule:
        """
        Unspent outputs, and those whose spender pays the same fee rate, in whole satoshi for 1000 virtual bytes.

        Examples
        --------
        >>> satrail.change.fixed_fee().dynamic
        True
        """
    @staticmethod
    def fresh() -> ChangeRule:
        """
        Outputs to an address that appears in the chain for the first time (Androulaki et al., 2013: shadow addresses). One transaction can
        have several.

        Examples
        --------
        >>> tx = chain.block(300).transactions()[1]
        >>> [output.position for output in tx.change(satrail.change.fresh())]
        [0, 1]
        """
    @staticmethod
    def function(name: str, function: Callable[[Table], Iterable[bool] | ArrowStream]) -> ChangeRule:
        """
        A rule of one's own. It is called with tables of outputs in chain order, in whole blocks, those of coinbases left out, and returns
        for each row whether the output could be the change: a list, a numpy array or an Arrow array of bools.

        Columns: output, transaction (numbers), height, time, position, value (satoshi), address_number, kind, fresh (bool), spent_by (number
        of the transaction, as of the chain's height, or null), and of its transaction: inputs, outputs (how many), value_in,
        smallest_input, fee (satoshi), version, locktime, fingerprint (bits as in the table of transactions).

        What it chose is recorded with the name and a digest. It is asked about all outputs of a chain when the rule is used there first, and
        again for another chain or height.

        Raises
        ------
        TypeError : when it is used: what it returned holds no bools.
        ValueError : when it is used: what it returned has another length than the table.

        Examples
        --------
        >>> odd = satrail.change.function("odd", lambda outputs: [v % 2 == 1 for v in outputs.to_pydict()["value"]])
        >>> all(value % 2 for value in chain.change(odd).to_pydict()["value"])
        True
        """
    def identity(self, chain: Chain, /) -> str:
        """
        What tells the rule from all others as of a chain's height: its text, and the versions and digests of what it is made of.
        """
    @staticmethod
    def locktime() -> ChangeRule:
        """
        Unspent outputs, and those whose spender has a locktime if this transaction has, and none if it has none.

        Examples
        --------
        >>> satrail.change.locktime() & satrail.change.spent()
        ChangeRule((locktime & spent))
        """
    @property
    def name(self, /) -> str:
        """
        Its text: what it is made of.
        """
    @staticmethod
    def named(name: str, /) -> ChangeRule:
        """
        The rule of a name, with its default options.

        Raises
        ------
        ValueError : there is none; names that are near are offered.

        Examples
        --------
        >>> satrail.change.named("optimal") == satrail.change.optimal()
        True
        """
    @staticmethod
    def none() -> ChangeRule:
        """
        No output.

        Examples
        --------
        >>> len(chain.change(satrail.change.none()))
        0
        """
    @staticmethod
    def one_time_change(
        wait: int | None = None, gambling: Iterable[str] | None = None, skip_self_change: bool = False
    ) -> ChangeRule:
        """
        The one output to a fresh address, where no output returns to an address of the inputs (Meiklejohn et al., A Fistful of Bitcoins,
        2013, heuristic 2).

        Parameters
        ----------
        wait : seconds; None where another transaction pays the address again in a block whose header's time is at most so much later. This
            looks at what comes later, up to the chain's height.
        gambling : addresses of gambling services (texts), which pay back to where a bet came from: what they pay does not count as paid
            again.
        skip_self_change : none where an output pays an address that an earlier transaction had among both inputs and outputs.

        Examples
        --------
        >>> from satrail import change
        >>> rule = change.one_time_change(wait=7 * 24 * 3600)
        >>> len(chain.change(rule)) <= len(chain.change(change.one_time_change()))
        True
        """
    @staticmethod
    def optimal(with_fee: bool = False) -> ChangeRule:
        """
        Values below the smallest input: with a larger change that input would not have been needed (Nick, Data-Driven De-Anonymization
        in Bitcoin, 2015). `with_fee` adds the transaction's fee to
        the value. With one input all outputs pass.

        Examples
        --------
        >>> from satrail import change
        >>> len(chain.change(change.optimal())) >= len(chain.change(change.optimal(with_fee=True)))
        True
        """
    @staticmethod
    def peeling() -> ChangeRule:
        """
        In a peeling chain, unspent outputs and those whose spender is of the chain, too: a transaction of one input and two outputs, before
        or behind which is another one (Meiklejohn et al., 2013; Kappos et al., How to Peel a Million, 2022).

        Examples
        --------
        >>> rule = satrail.change.peeling().unique()
        >>> all(len(chain.tx(txid).outputs()) == 2 for txid in chain.change(rule).to_pydict()["txid"][:20])
        True
        """
    @staticmethod
    def power_of_ten(digits: SupportsIndex = 6) -> ChangeRule:
        """
        Values that are not a multiple of 10 to the `digits` satoshi: what is paid is often round.

        Examples
        --------
        >>> round_ones = chain.change(satrail.change.power_of_ten(digits=3)).to_pydict()["value"]
        >>> any(value % 1000 == 0 for value in round_ones)
        False
        """
    @staticmethod
    def round_fiat(
        prices: Mapping[date | str, float] | ArrowStream,
        unit: SupportsFloat | SupportsIndex = 10.0,
        tolerance: SupportsFloat | SupportsIndex = 0.002,
    ) -> ChangeRule:
        """
        Values that were not round in a currency at the time; where there was no price, all of them.

        Parameters
        ----------
        prices : what one bitcoin cost: a mapping of days or moments (date, datetime, or text like "2018-03-05" or "2018-03-05T12:30:00Z") to
            prices, or a table (Arrow, polars, pandas) with the columns date or time, and price. A price holds from its moment on, for a
            day or until the next one; all in UTC. A transaction's moment is the time in its block's header.
        unit : multiples of it are round, 10 by default; in the prices' currency.
        tolerance : by what share of itself an amount may be off, 0.002 by default. Where that is half a unit or more, nothing is round.

        Raises
        ------
        ValueError : no price, a price that is not an amount of money, a unit or tolerance out of range.

        Examples
        --------
        >>> satrail.change.round_fiat({"2026-01-01": 90_000.0, "2026-01-02": 91_500.0}, unit=5)
        ChangeRule(round_fiat(2 prices, unit=5, tolerance=0.002))
        """
    @staticmethod
    def spent() -> ChangeRule:
        """
        Outputs that are spent. Rules that look at spenders leave what is unspent; `rule & spent()` drops it.

        Examples
        --------
        >>> from satrail import change
        >>> waiting = chain.change(change.fresh() - change.spent())
        >>> any(waiting.to_pydict()["spent"])
        False
        """
    @staticmethod
    def table(name: str, outputs: Iterable[tuple[str, int]] | ArrowStream) -> ChangeRule:
        """
        The outputs of somebody's model: a table (Arrow, polars, pandas) with columns txid and position, or a list of (txid, position).

        Raises
        ------
        ValueError : a text that is not a transaction id; when it is used, an output that is not in the chain.

        Examples
        --------
        >>> coinbase, payment = chain.block(300).transactions()[:2]
        >>> payment.change(satrail.change.table("model", [(payment.txid, 0)])) == payment.outputs()[:1]
        True
        """
    def unique(self, /) -> ChangeRule:
        """
        Keeps the only output that the rule leaves, where it leaves one, and else none.
        """
    @property
    def versions(self, /) -> dict[str, int]:
        """
        The versions of the rules that it is made of, by name. A version is raised when what the rule leaves changes.
        """

@final
class Clusters:
    """
    Addresses joined by rules, as of the chain's height, with the reason for every join.

    A cluster's id is the number of its first address: the same on any machine and for any number of threads. Data outputs (OP_RETURN) are
    nobody's and in no cluster of `len(clusters)`.

    Examples
    --------
    >>> clusters = chain.cluster()
    >>> wallet = clusters.largest(1)[0]
    >>> wallet.size() == len(wallet.members())
    True
    >>> first, last = wallet.members().to_pydict()["address"][0], wallet.members().to_pydict()["address"][-1]
    >>> clusters.why(first, last).steps().columns
    ['step', 'from', 'to', 'rule', 'txid', 'height', 'time']
    """
    def __contains__(self, given: Wallet | Address | Output | str, /) -> bool:
        """
        Whether a wallet is one of these clusters, or several of them; or whether an address is in one of them.
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __getitem__(self, addresses: ClusterIds, /) -> Wallet:
        """
        The wallet of an address or of a cluster id, or of several: the clusters that they are in, seen as one purse.

        Raises
        ------
        NotInChainError : an address was never paid.
        """
    def __hash__(self, /) -> int: ...
    def __iter__(self, /) -> Wallets:
        """
        The wallets of all clusters, each once, by their cluster ids.
        """
    def __len__(self, /) -> int:
        """
        How many clusters there are, those of one address included.
        """
    def __reduce__(self, /) -> tuple[object, ...]:
        """
        Pickles carry the chain and the recipe; the result is made again when they are read.
        """
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    def at(self, moment: Moment, /) -> Clusters:
        """
        The clusters as they were at an earlier moment: a height, date or block hash, as in `Chain.at`.

        Raises
        ------
        ValueError : the height is later than that of these clusters, or their rules look at later spends.

        Examples
        --------
        >>> clusters = chain.cluster()
        >>> clusters.at(200).digest() == chain.at(200).cluster().digest()
        True
        """
    def between(self, a: ClusterIds, b: ClusterIds, /) -> Table:
        """
        What two clusters paid each other, one row a transaction and direction, in chain order.

        Columns: transaction, txid, height, time, from_cluster_id, to_cluster_id, amount (satoshi, net: change is not paid).
        docs/flows.md says who pays whom where several clusters pay.
        """
    def bridges(self, a: Address | Output | str, b: Address | Output | str, /) -> list[Transaction]:
        """
        The transactions without any one of which two addresses that are together would not be, in chain order. An empty list says that
        no single transaction decides it.

        Raises
        ------
        NotJoinedError : they are in different clusters.
        """
    @property
    def chain(self, /) -> Chain:
        """
        The chain that they are of, at their height.
        """
    @property
    def coinjoin(self, /) -> str:
        """
        What was done with CoinJoins: "exclude", "exclude_undecided" or "include".
        """
    def compare(self, /, other: Clusters) -> Comparison:
        """
        Compares with other clusters of the same chain, over the addresses that both know.

        Examples
        --------
        >>> comparison = chain.cluster().compare(chain.cluster(coinjoin="include"))
        >>> comparison.split, comparison.joined > 0
        (0, True)
        """
    def digest(self, /) -> str:
        """
        SHA-256, as hex, over the settings, the last block's hash, the clusters and their evidence: the same on any machine.
        """
    @property
    def height(self, /) -> int:
        """
        The height that they are as of.
        """
    def largest(self, /, n: SupportsIndex) -> list[Wallet]:
        """
        The wallets of the `n` clusters with most addresses, the largest first.
        """
    def members(self, cluster: ClusterIds, /) -> Table:
        """
        The members of a cluster (a cluster id, an address or a wallet): cluster_id, address_number, address.
        """
    def merges(self, /, min_size: SupportsIndex = 100) -> Table:
        """
        The joins of two clusters that had at least `min_size` addresses each, in chain order. Large clusters rarely merge; when they do,
        the join may be false (Harrigan and Fretter 2016).

        Columns: transaction, txid, height, time, rule, left, right (the addresses that the evidence is about), left_size, right_size.
        """
    def of(self, addresses: Addresses | PathLike[str], /) -> Table:
        """
        Which clusters many addresses are in: a table of address (as it was given first), cluster_id, size (addresses in it); the last
        two are null where an address was never paid. Texts that are not addresses are told as by `Chain.addresses`.

        Examples
        --------
        >>> text = chain.block(300).transactions()[0].outputs()[0].address.text
        >>> clusters = chain.cluster()
        >>> clusters.of([text]).to_pydict()["cluster_id"] == clusters[text].cluster_ids
        True
        """
    @property
    def recipe(self, /) -> Recipe:
        """
        The call that made it: `satrail.rerun` makes it again. Results with equal recipes are equal.
        """
    def refused(self, /) -> Table:
        """
        The unions that were refused because of `cannot_link`, in chain order.

        Columns: transaction, txid, height, time, rule, left, right (the addresses that the evidence is about), left_size, right_size
        (addresses that would have been joined), left_cannot_link, right_cannot_link (those on either side that must stay apart).
        """
    @property
    def rules(self, /) -> list[str]:
        """
        The rules that joined them, by name.
        """
    def table(self, /, *, min_size: SupportsIndex = 1) -> Table:
        """
        One row a cluster of at least `min_size` addresses, by cluster id.

        Columns: cluster_id, address (the first of the cluster), size (addresses), received, sent, balance (satoshi; what moves within
        the cluster is received and sent, too), transactions (that pay it or spend from it), first_height, last_height, first_time,
        last_time (microseconds UTC), kinds (of its addresses, joined by commas).
        """
    def transfers(self, clusters: ClusterIds | None = None, /) -> Table:
        """
        The money between different clusters, summed: one row a pair and direction, ordered by cluster ids. For a cluster they are the
        counterparties of `chain.flows(wallet, clusters=clusters)`; docs/flows.md defines both.

        Parameters
        ----------
        clusters : only transfers from or to these (cluster ids, addresses or wallets, or a list of them); None for all.

        Columns: from_cluster_id, to_cluster_id, from_address, to_address, amount (satoshi), transactions, first_height, last_height, first_time, last_time.
        """
    def why(self, a: Address | Output | str, b: Address | Output | str, /, *, shortest: bool = False) -> Proof:
        """
        Why two addresses are together: the transactions that join them, one after the other.

        The steps are those with the earliest evidence, so the latest of them is the one since which the two are joined; with
        shortest=True as few steps as can be, which takes a search through their cluster.

        Raises
        ------
        NotJoinedError : they are in different clusters; the message says how large those are.

        Examples
        --------
        >>> members = chain.cluster().largest(1)[0].members().to_pydict()["address"]
        >>> proof = chain.cluster().why(members[0], members[-1])
        >>> proof.verify(chain.headers())  # from raw transactions and Merkle branches alone
        """

@final
class Column:
    """
    A column of a table, which polars, pyarrow and others take without a copy: `pl.Series(column)`, `pa.chunked_array(column)`.

    Examples
    --------
    >>> column = chain.blocks(0, 3)["height"]
    >>> column.name, len(column), column.to_list()
    ('height', 3, [0, 1, 2])
    """
    def __arrow_c_stream__(self, /, requested_schema: CapsuleType | None = None) -> CapsuleType:
        """
        The Arrow stream of its batches (Arrow PyCapsule interface).
        """
    def __iter__(self, /) -> Iterator[Value]: ...
    def __len__(self, /) -> int: ...
    def __repr__(self, /) -> str: ...
    def _numbers(self, /) -> tuple[str, bytes, bytes] | None:
        """
        Its numbers or times as NumPy's type and bytes, with a byte for each row that says whether it is null; None for other columns.
        """
    def _repr_html_(self, /) -> str: ...
    @property
    def name(self, /) -> str:
        """
        Its name.
        """
    def to_list(self, /) -> list[Value]:
        """
        Its values as Python objects (int, float, str, bool, datetime, None).
        """
    def to_numpy(self, /) -> numpy.ndarray:
        """
        Its values as a NumPy array: whole numbers with nulls become floats with NaN, times become datetime64 in UTC, texts objects.

        Raises
        ------
        ImportError : NumPy is not installed.
        """

@final
class Comparison:
    """
    How much two clusterings differ, over pairs of addresses.

    Examples
    --------
    >>> comparison = chain.cluster().compare(chain.cluster("same_key"))
    >>> comparison.joined, comparison.together_in_both
    (0, 0)
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[object, ...]:
        """
        Pickles carry the chain and the recipe; the result is made again when they are read.
        """
    def __repr__(self, /) -> str: ...
    @property
    def addresses(self, /) -> int:
        """
        The addresses that both know.
        """
    @property
    def adjusted_rand(self, /) -> float:
        """
        The Rand index less what chance would give: 1 for the same clusters, about 0 for unrelated ones (Hubert and Arabie 1985).
        """
    @property
    def joined(self, /) -> int:
        """
        Pairs that only the second joins.
        """
    def moved(self, /) -> Table:
        """
        The clusters that moved most, up to a thousand: change ("split": one of the first, which the second takes apart; "joined": one of the
        second, which the first has in parts), cluster_id, size, parts, pairs (of its addresses that only one of the two joins; as
        float64, for there may be very many).
        """
    @property
    def rand(self, /) -> float:
        """
        The Rand index: the share of pairs that both treat alike (Rand 1971).
        """
    @property
    def recipe(self, /) -> Recipe:
        """
        The call that made it: `satrail.rerun` makes it again. Results with equal recipes are equal.
        """
    @property
    def split(self, /) -> int:
        """
        Pairs that only the first joins.
        """
    @property
    def together_in_both(self, /) -> int:
        """
        Pairs that both join.
        """

@final
class Convergence:
    """
    Where several payments meet again: the first transaction that all of them reach, and with clusters the first wallet.

    Reach is an upper bound: whatever a transaction pays out may hold a payment, once an input may.

    Examples
    --------
    >>> coinbases = [chain.block(height).transactions()[0].outputs()[0] for height in (110, 111, 112)]
    >>> gathering = chain.convergence(coinbases)
    >>> gathering.meet
    True
    >>> gathering.meetings().to_pydict()["at_least"]
    [2, 3]
    """
    def __bool__(self, /) -> bool:
        """
        An answer is there even where the payments do not meet.
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[object, ...]:
        """
        Pickles carry the chain and the recipe; the result is made again when they are read.
        """
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    @property
    def chain(self, /) -> Chain:
        """
        The chain that it is of, at its height.
        """
    @property
    def meet(self, /) -> bool:
        """
        Whether all payments meet, in a transaction or, with clusters, in a wallet.
        """
    def meetings(self, /) -> Table:
        """
        The first transaction that at least so many of the payments reach, one row for each number from 2 on, as far as they meet.

        Columns: at_least, transaction (number), txid, height, time, count (how many reach it), payments (which, as text), tx_hops (of each, in the
        same order: transactions from the payment on, that one included).
        """
    @property
    def overlapping(self, /) -> int:
        """
        How often a payment was given that had been given already; each counts once.
        """
    def paths(self, /) -> Table:
        """
        The shortest way of each payment to the transaction where most of them meet, one row a coin.

        Columns: payment, tx_hop (0 for the payment itself), txid, position, height, time, address, cluster_id (null without clusters), amount (satoshi in
        the coin), next_txid, next_height (of the transaction that spends it on the way).
        """
    def payments(self, /) -> Table:
        """
        One row a payment: payment (its place among those given, from 0), txid, position, height, time, address, amount (satoshi), spent (bool),
        transactions_reached, tx_hops (to the transaction where most payments meet; null where it does not reach it).
        """
    @property
    def recipe(self, /) -> Recipe:
        """
        The call that made it: `satrail.rerun` makes it again. Results with equal recipes are equal.
        """
    @property
    def transaction(self, /) -> Transaction | None:
        """
        The first transaction that all payments reach; None where there is none up to where the search ended.
        """
    @property
    def transactions(self, /) -> int:
        """
        How many transactions were passed.
        """
    @property
    def wallet(self, /) -> Wallet | None:
        """
        The first wallet that all payments have come to; None where there is none, or no clusters.
        """
    def wallet_paths(self, /) -> Table:
        """
        The same to the wallet where most of them meet; the last row of each is the coin by which it came there first.
        """
    def wallets(self, /) -> Table:
        """
        The first wallet that at least so many of the payments have come to, one row for each number from 2 on; no row without clusters.

        Columns: at_least, cluster_id, address (the first of the cluster), txid, height, time (of the transaction with which the last of
        them came), count, payments (which, in the order in which they came), tx_hops (of each, to its coming there first).
        """

@final
class Evaluation:
    """
    Clusters held against the owners of addresses.

    A pair of addresses of known owners is a true positive where the two are together and of one owner, a false positive where they are
    together and of two, a false negative where they are apart and of one. By value, a pair counts as the product of the satoshi that its
    two addresses received.

    Examples
    --------
    >>> first, second = (chain.block(h).transactions()[0].outputs()[0].address.text for h in (150, 151))
    >>> truth = satrail.Truth.of(chain, {"ann": [first, second]})
    >>> evaluation = satrail.evaluate(chain.cluster("same_key"), truth)
    >>> evaluation.true_positive, evaluation.false_positive, evaluation.false_negative
    (0, 0, 1)
    >>> evaluation.owners().to_pydict()["clusters"]
    [2]
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[object, ...]:
        """
        Pickles carry the chain and the recipe; the result is made again when they are read.
        """
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    @property
    def addresses(self, /) -> int:
        """
        Paid addresses whose owner is known.
        """
    @property
    def by_value(self, /) -> dict[str, int | float | None]:
        """
        The same by value: "true_positive", "false_positive", "false_negative" (sums of products of satoshi), "precision" and "recall".
        """
    @property
    def clusters(self, /) -> Clusters:
        """
        The clusters.
        """
    @property
    def false_negative(self, /) -> int:
        """
        Pairs that are apart and of one owner.
        """
    @property
    def false_positive(self, /) -> int:
        """
        Pairs that are together and of two owners.
        """
    def overlap(self, /) -> Table:
        """
        What is seen of each owner by who takes the cluster with most of its addresses for all of it (after Lubbertsen et al., Ghost
        Clusters, 2025): the addresses.

        Columns: owner, category, cluster_id, cluster_address, size (all its addresses), addresses (the owner's paid ones), found (of
        them in it), coverage (their share), foreign (of other known owners in it), unknown (of no known owner in it), false_share (foreign
        among those of known owners).
        """
    def owners(self, /) -> Table:
        """
        One row an owner of whom an address was paid, those with most addresses first.

        Columns: owner, category, addresses (its paid ones), clusters (that they are spread over), largest_share (of them in one cluster),
        recall (share of their pairs that are together; null for one address), foreign (addresses of other known owners in those clusters),
        value (satoshi that they received).
        """
    @property
    def precision(self, /) -> float | None:
        """
        Of the pairs that are together, the share that is of one owner; None where no pair is.
        """
    @property
    def recall(self, /) -> float | None:
        """
        Of the pairs of one owner, the share that is together; None where there is no such pair.
        """
    @property
    def recipe(self, /) -> Recipe:
        """
        The call that made it: `satrail.rerun` makes it again. Results with equal recipes are equal.
        """
    def roles(self, /) -> Table:
        """
        The same as `overlap` and `transfers` for what addresses are for (deposit, hot, cold, change ...), where the truth says it.

        Columns: owner, category, role, addresses (the owner's paid ones), found (of them in its cluster), coverage (their share), value
        (satoshi that they received), found_value.
        """
    def transfers(self, /, *, threads: int | None = None) -> Table:
        """
        The same for money: what came to an owner from outside and went out, transaction by transaction, net of what moved within, and how
        much of it came to and from its addresses in that cluster.

        Columns: owner, category, received, sent, seen_received, seen_sent (satoshi), received_share, sent_share (null where there is
        none), cluster_received, cluster_sent (what the cluster as a whole shows, right or wrong).
        """
    @property
    def true_positive(self, /) -> int:
        """
        Pairs of addresses that are together and of one owner.
        """
    def wrong_joins(self, /) -> Table:
        """
        The joins whose evidence is about addresses of two known owners, in chain order: where the rules were fooled.

        Columns: transaction, txid, height, time, rule, left, right (addresses), left_owner, right_owner, purpose, profile (of the transaction,
        where the truth says it).
        """

@final
class Exposure:
    """
    Which share of the money of a target went to, or came from, whom: the first labelled wallets on every way.

    Examples
    --------
    >>> clusters = chain.cluster()
    >>> target, a, b = clusters.largest(3)
    >>> exposure = chain.exposure(target, {a: "a", b: "b"})
    >>> round(sum(exposure.table().to_pydict()["share"]), 9)
    1.0
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[object, ...]:
        """
        Pickles carry the chain and the recipe; the result is made again when they are read.
        """
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    @property
    def ledger(self, /) -> Ledger:
        """
        The ledger of the trace behind it.
        """
    @property
    def recipe(self, /) -> Recipe:
        """
        The call that made it: `satrail.rerun` makes it again. Results with equal recipes are equal.
        """
    def table(self, /) -> Table:
        """
        One row a label, the largest first; then "held" (direction "out": what the target itself still has), and last "unattributed" (all else:
        unspent elsewhere, mined, fees, cut off; the ledger tells them apart). Columns: kind ("label", "held", "unattributed"), label, direct
        (satoshi whose least way between target and label is one transaction), indirect, amount (both), share (of the whole). Amounts add up to the
        money of the target, each satoshi once.
        """
    @property
    def trace(self, /) -> Trace:
        """
        The trace behind it; its hops between wallets are only counted where max_hops was given.
        """

@final
class Fingerprint:
    """
    What a transaction's shape tells about the software that made it. Lists name the classes that occur in it.

    Examples
    --------
    >>> print(chain.block(1).transactions()[0].fingerprint.sequences)
    ['final']
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, bits: SupportsIndex) -> Fingerprint: ...
    def __reduce__(self, /) -> tuple[object, ...]: ...
    def __repr__(self, /) -> str: ...
    @property
    def bip69(self, /) -> bool:
        """
        Whether inputs and outputs both stand in the order of BIP69.
        """
    @property
    def bits(self, /) -> int:
        """
        All of it as a number; docs/format.md says what each bit means.
        """
    @property
    def compressed_keys(self, /) -> bool | None:
        """
        Whether all public keys shown are compressed; None when none is shown.
        """
    @property
    def input_kinds(self, /) -> list[str]:
        """
        Kinds of the outputs that it spends.
        """
    @property
    def low_r(self, /) -> bool | None:
        """
        Whether all ECDSA signatures have a low R; None when there are none.
        """
    @property
    def output_kinds(self, /) -> list[str]:
        """
        Kinds of its outputs.
        """
    @property
    def replaceable(self, /) -> bool:
        """
        Whether it signals that it may be replaced (BIP125).
        """
    @property
    def schnorr(self, /) -> bool:
        """
        Whether an input spends a taproot output by its key, with a Schnorr signature.
        """
    @property
    def segwit(self, /) -> bool:
        """
        Whether it has a witness.
        """
    @property
    def sequences(self, /) -> list[str]:
        """
        Classes of its inputs' sequences: "final", "locktime", "replaceable", "relative".
        """

@final
class Flows:
    """
    Money in and out of a set of addresses as a whole, as of a height; what moves inside the set is netted out.

    In satoshi, received - sent - fees - lost = balance, for all of it and up to each row of its tables. docs/flows.md says what each word means.

    Examples
    --------
    >>> flows = chain.flows(chain.addresses(blocks / "charity.csv"), by="year")
    >>> flows.received - flows.sent - flows.fees - flows.lost == flows.balance
    True
    >>> flows.table().columns
    ['period', 'received', 'sent', 'fees', 'internal', 'lost', 'balance', 'transactions']
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[object, ...]:
        """
        Pickles carry the chain and the recipe; the result is made again when they are read.
        """
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    @property
    def addresses(self, /) -> int:
        """
        How many addresses of the set are in the chain.
        """
    @property
    def balance(self, /) -> int:
        """
        Satoshi that can still be spent.
        """
    @property
    def by(self, /) -> str:
        """
        "day", "week", "month" or "year": how long a row of `table` is.
        """
    @property
    def chain(self, /) -> Chain:
        """
        The chain that they are of, at its height.
        """
    def consolidations(self, /, *, min_inputs: int | None = None) -> Table:
        """
        Where deposits gather: one row a transaction that spends at least `min_inputs` outputs of the set into a single output (data not
        counted), in chain order. A payment without change looks the same.

        Columns: txid, height, time, set_inputs, inputs (of all, where others take part), amount (satoshi of the set's inputs), position, address,
        cluster_id (null without clusters), value (satoshi of the output), inside (whether its address is of the set).
        """
    def counterparties(self, /) -> Table:
        """
        Whom the set has money from and to, the largest sum of both first.

        Columns: rank, cluster_id (null without clusters), address (of a cluster the first), kind (of that address; or
        "mined", or "unexplained" where a transaction pays more than it takes in), label (of `labels`, or null), amount_in (satoshi from it to the
        set), amount_out (from the set to it), transactions_in, transactions_out, first_height, last_height, first_time, last_time.

        The amounts add up to `received` and `sent`.
        """
    def deposits(self, /, *, min_inputs: int | None = None) -> Table:
        """
        One row an output of the set in a transaction to which the set gave nothing, in chain order.

        Columns: txid, position, height, time, address, amount (satoshi); spent_txid, spent_height (null while unspent); gathered (whether that
        transaction is one of `consolidations`; null while unspent).
        """
    @property
    def fees(self, /) -> int:
        """
        Satoshi that it paid as fees.
        """
    @property
    def internal(self, /) -> int:
        """
        Satoshi that went from the set to the set: change, and consolidations.
        """
    @property
    def lost(self, /) -> int:
        """
        Satoshi that can never be spent (genesis, BIP30).
        """
    @property
    def received(self, /) -> int:
        """
        Satoshi that others paid the set.
        """
    @property
    def recipe(self, /) -> Recipe:
        """
        The call that made it: `satrail.rerun` makes it again. Results with equal recipes are equal.
        """
    @property
    def sent(self, /) -> int:
        """
        Satoshi that others got of it.
        """
    def table(self, /) -> Table:
        """
        One row a period in which something moved, by header time.

        Columns: period (its beginning, microseconds UTC; weeks begin on Monday), received, sent, fees, internal, lost, balance (satoshi; at the period's
        end), transactions. Headers' times are not in chain order, so a balance in between can be below zero.
        """
    def transactions(self, /) -> Table:
        """
        One row a transaction that touches the set, in chain order: transaction, txid, height, time, received, sent, fees, internal, lost, balance
        (after it).
        """

@final
class Input:
    """
    An input of a transaction.

    Examples
    --------
    >>> tx = next(tx for block in chain for tx in block.transactions() if not tx.is_coinbase)
    >>> tx.inputs()[0].spends.spent_by.transaction == tx
    True
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[object, ...]: ...
    def __repr__(self, /) -> str: ...
    @property
    def address(self, /) -> Address | None:
        """
        The address that it spends from; None for the input of a coinbase.
        """
    @property
    def position(self, /) -> int:
        """
        Its place among the transaction's inputs, from 0.
        """
    @property
    def sequence(self, /) -> int:
        """
        Its sequence number.
        """
    @property
    def spends(self, /) -> Output | None:
        """
        The output that it spends; None for the input of a coinbase.
        """
    @property
    def transaction(self, /) -> Transaction:
        """
        The transaction that it belongs to.
        """
    @property
    def value(self, /) -> int | None:
        """
        Satoshi that it brings in; None for the input of a coinbase.
        """

@final
class Judgement:
    """
    Whether a transaction has a shape: the verdict, what decided, and every predicate that was looked at.

    Examples
    --------
    >>> judgement = chain.block(200).transactions()[0].shapes(only=["consolidation"])[0]
    >>> judgement.shape, judgement.verdict, judgement.decided_by
    ('consolidation', 'no', 'inputs')
    >>> judgement
    Judgement(consolidation: no, decided by inputs: found 0, wanted at least 3)
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[object, ...]: ...
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    @property
    def decided_by(self, /) -> str:
        """
        The name of the first predicate that failed; where none did, of the first that could not be decided; else "all".
        """
    @property
    def predicates(self, /) -> list[Predicate]:
        """
        The predicates, in the order in which they are held against the transaction.
        """
    @property
    def shape(self, /) -> str:
        """
        The name of the shape.
        """
    @property
    def verdict(self, /) -> str:
        """
        "yes", "no" or "undecided".
        """

@final
class Ledger:
    """
    The sums of a trace, in satoshi: `source` and `joined` are exactly the sum of the lines.

    Examples
    --------
    >>> ledger = chain.trace(chain.block(495).transactions()[0]).ledger
    >>> ledger.unspent == ledger.source
    True
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(
        cls, /, source: SupportsIndex = 0, joined: SupportsIndex = 0, ends: dict[str, int] | None = None, **lines: int
    ) -> Ledger:
        """
        From the amounts by name, as in `lines`; those not given are 0.

        Raises
        ------
        ValueError : the lines do not add up to the source, or one has an unknown name.

        Examples
        --------
        >>> satrail.Ledger(source=5, ends={"exchange": 2}, unspent=3).lines["stopped: exchange"]
        2
        """
    def __reduce__(self, /) -> tuple[object, ...]: ...
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    @property
    def cut_off_budget(self, /) -> int:
        """
        What was not followed because the budget was used up.
        """
    @property
    def cut_off_date(self, /) -> int:
        """
        What was not followed because of since or until.
        """
    @property
    def cut_off_hops(self, /) -> int:
        """
        What was not followed because of max_hops.
        """
    @property
    def cut_off_tx_hops(self, /) -> int:
        """
        What was not followed because of max_tx_hops.
        """
    @property
    def cut_off_value(self, /) -> int:
        """
        What was not followed because of min_value.
        """
    @property
    def ends(self, /) -> dict[str, int]:
        """
        What arrived at the stop set, by label.
        """
    @property
    def fees(self, /) -> int:
        """
        What went to miners as fees.
        """
    @property
    def joined(self, /) -> int:
        """
        What the policy poison added by tracing what was not traced; 0 under every other.
        """
    @property
    def lines(self, /) -> dict[str, int]:
        """
        All lines by name, without source and joined; the labels of the stop set as "stopped: LABEL".
        """
    @property
    def lost(self, /) -> int:
        """
        What stands in outputs that can never be spent (genesis, BIP30).
        """
    @property
    def mined(self, /) -> int:
        """
        What came from coinbases (direction "in"); where fees are followed, from subsidies.
        """
    @property
    def rejoined(self, /) -> int:
        """
        What arrived at outputs of the source, which are traced from there already: where a source has outputs before and behind each
        other, its amount counts the same money more than once, and source less rejoined counts it once.
        """
    @property
    def source(self, /) -> int:
        """
        What the source had.
        """
    @property
    def unclaimed(self, /) -> int:
        """
        What coinbases could have claimed and did not, where fees are followed.
        """
    @property
    def unexplained(self, /) -> int:
        """
        What transactions pay out beyond what they take in, which no valid chain has.
        """
    @property
    def unspent(self, /) -> int:
        """
        What stands in outputs that are not spent, as of the chain's height; under policies of accounts, in wallets.
        """

@final
class Output:
    """
    An output of a transaction: a coin, as a thing that moves.

    Examples
    --------
    >>> coin = chain.output(chain.block(1).transactions()[0].txid + ":0")
    >>> coin.value, coin.kind, coin.position
    (5000000000, 'p2pk', 0)
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[object, ...]: ...
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    @property
    def address(self, /) -> Address:
        """
        The address that it pays.
        """
    @property
    def is_lost(self, /) -> bool:
        """
        Whether it can never be spent because it is the genesis block's, or was replaced by a coinbase of the same id (BIP30).
        """
    @property
    def kind(self, /) -> str:
        """
        The kind of its script: "p2pk", "p2pkh", "p2sh", "multisig", "p2wpkh", "p2wsh", "p2tr", "anchor", "witness_unknown", "op_return" or
        "nonstandard", as Bitcoin Core tells them apart.
        """
    @property
    def number(self, /) -> int:
        """
        Its number in chain order.
        """
    @property
    def outpoint(self, /) -> str:
        """
        Its name: "txid:n".
        """
    @property
    def position(self, /) -> int:
        """
        Its place among the transaction's outputs, from 0.
        """
    @property
    def spent_by(self, /) -> Input | None:
        """
        The input that spends it, as of the chain's height; None while it is unspent.
        """
    @property
    def transaction(self, /) -> Transaction:
        """
        The transaction that it belongs to.
        """
    @property
    def value(self, /) -> int:
        """
        Satoshi.
        """

@final
class PeelChain:
    """
    A peel chain: a coin is spent, a payment is peeled off, and what is left is spent in the same way again.

    Its tables can be pickled; it itself cannot, because it may hold clusters.

    Examples
    --------
    >>> peel = chain.peel_chain(chain.tx("7365607599a4b749bc84cd9929d488307dfe59d3bcf0c9e7bbbba5cdf8f1c282").inputs()[0].spends)
    >>> peel.steps().columns[:6]
    ['step', 'txid', 'height', 'time', 'input_value', 'change_position']
    >>> sum(peel.peeled().to_pydict()["amount"]) == peel.peeled_total()
    True
    """
    def __bool__(self, /) -> bool:
        """
        A peel chain is an answer even where it has no step.
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __len__(self, /) -> int:
        """
        How many steps it has.
        """
    def __reduce__(self, /) -> tuple[object, ...]:
        """
        Pickles carry the chain and the recipe; the result is made again when they are read.
        """
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    @property
    def chain(self, /) -> Chain:
        """
        The chain that it is of, at its height.
        """
    def peeled(self, /) -> Table:
        """
        One row an output that was peeled off: who got it.

        Columns: step, txid, position, address, cluster_id (null without clusters), label (of `stop_at`, or null), amount
        (satoshi), height, time, ruled_out_by ("data", "reused_address", "another_is_own", "form", "coinjoin", "features", "unspent"), reason
        (the same in words).
        """
    def peeled_total(self, /) -> int:
        """
        Satoshi that were peeled off in all steps.
        """
    @property
    def recipe(self, /) -> Recipe:
        """
        The call that made it: `satrail.rerun` makes it again. Results with equal recipes are equal.
        """
    @property
    def start(self, /) -> Output:
        """
        The coin that it was followed from.
        """
    def steps(self, /) -> Table:
        """
        One row a step, in chain order: a transaction of the chain whose change is known.

        Columns: step (from 0 on forward, from -1 on backward), txid, height, time (microseconds UTC); input_value (satoshi of the coin of the chain),
        change_position, change_address, change_value, peeled (satoshi in the other outputs), peeled_total (of this row and those above);
        decided_by ("own_address", "same_wallet", "spender"), features (those that the wallet's transactions shared, and
        that the spender was held against), reason (what was read of each output, in words).
        """
    def stop(self, /) -> Table:
        """
        Where it stops and why, one row a direction.

        Columns: direction ("out" or "in"), reason (see `stopped`), coin_txid, coin_position, coin_address, coin_value (the last coin of the
        chain); txid, height, time of the transaction that is not a step of it any more, null where there is none; candidates (outputs of that
        transaction that are not ruled out, null where they were not looked at), explanation (the reason in a sentence).
        """
    @property
    def stopped(self, /) -> dict[str, str]:
        """
        Why it stops, by direction: "unspent", "lost", "no_candidate", "several_candidates", "form", "coinjoin", "coinbase", "stop_at", "features",
        "not_the_change", "several_inputs" or "max_steps"; docs/peel_chain.md says what each means.
        """

@final
class PolicyComparison:
    """
    One source traced under several policies, and by several rules of who belongs together: what holds in all of them.

    Examples
    --------
    >>> compared = chain.compare_policies(chain.block(200).transactions()[0], ["haircut", "fifo"], max_tx_hops=4)
    >>> compared.table().columns
    ['policy', 'rules', 'line', 'amount', 'share']
    >>> compared.conclusions().columns
    ['line', 'least', 'most', 'runs', 'of', 'holds']
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __len__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[object, ...]:
        """
        Pickles carry the chain and the recipe; the result is made again when they are read.
        """
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    def conclusions(self, /) -> Table:
        """
        What holds whichever policy and rules are chosen, one row a line: line, least, most (satoshi, in any run), runs (how many found money
        there), of (how many there are), holds (whether all did).
        """
    @property
    def recipe(self, /) -> Recipe:
        """
        The call that made it: `satrail.rerun` makes it again. Results with equal recipes are equal.
        """
    def table(self, /) -> Table:
        """
        All runs side by side, one row a run and a line of its ledger: policy, rules (of the clusters), line, amount (satoshi), share (of the
        money of the source, each satoshi once).
        """
    @property
    def traces(self, /) -> list[Trace]:
        """
        The traces, in the order in which they were done.
        """

@final
class Predicate:
    """
    One predicate of a shape, as it was for one transaction.

    Examples
    --------
    >>> predicate = chain.block(200).transactions()[0].shapes(only=["joinmarket"])[0].predicates[0]
    >>> predicate.name, predicate.passed, predicate.found, predicate.wanted
    ('outputs', False, 2, 'at least 3')
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[object, ...]: ...
    def __repr__(self, /) -> str: ...
    @property
    def found(self, /) -> bool | int | float | str | None:
        """
        What the transaction has: a number (amounts in satoshi), a share, True or False, or a verdict; None where it was not looked for.
        """
    @property
    def name(self, /) -> str:
        """
        Its name.
        """
    @property
    def passed(self, /) -> bool | None:
        """
        Whether the transaction passed it; None where it could not be decided, or was not looked at because another had failed.
        """
    @property
    def wanted(self, /) -> str:
        """
        What that is held against.
        """

@final
class Proof:
    """
    Steps that lead from one address to another, each with a transaction that says that the two belong together.

    Examples
    --------
    >>> members = chain.cluster().largest(1)[0].members().to_pydict()["address"]
    >>> proof = chain.cluster().why(members[0], members[-1])
    >>> proof.height == max(proof.steps().to_pydict()["height"])
    True
    """
    def __bool__(self, /) -> bool:
        """
        A proof is there even where there is nothing to prove.
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __len__(self, /) -> int:
        """
        How many steps there are.
        """
    def __reduce__(self, /) -> tuple[object, ...]:
        """
        Pickles carry the chain and the recipe; the result is made again when they are read.
        """
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    @property
    def height(self, /) -> int | None:
        """
        The height from which on these steps join the two; None where they are one address.
        """
    def json(self, /) -> str:
        """
        The proof as a JSON document that can be checked without satrail: raw transactions, and Merkle branches to the headers of their
        blocks. The block files must be at hand. docs/proof.md says what each part is; python/satrail/check_proof.py checks it.

        Raises
        ------
        BlockFilesError : the block files are not there any more.
        """
    @property
    def recipe(self, /) -> Recipe:
        """
        The call that made it: `satrail.rerun` makes it again. Results with equal recipes are equal.
        """
    def steps(self, /) -> Table:
        """
        One row a step: step (from 1), from, to (addresses), rule, txid (of the transaction that joins the two), height, time (microseconds UTC).
        A step by "same_key" follows from the addresses alone; its transaction is the one since which both are there.
        """
    def verify(self, /, headers: bytes) -> None:
        """
        Checks the proof from its JSON alone against block headers, by code that knows nothing of the store.

        Parameters
        ----------
        headers : the headers of the chain from the genesis block on, 80 bytes each, as `Chain.headers` and nodes give them.

        Raises
        ------
        ValueError : it does not hold; the message says where.
        """

@final
class Rates:
    """
    How often a change rule or a shape is right. Positives are outputs that are change, or transactions of the kind; negatives are the others
    of which it is known. Of what it cannot tell there are counts apart, which are in the rates' denominators.

    Examples
    --------
    >>> rates = satrail.evaluate(satrail.change.fresh(), satrail.truth.from_chain(chain))
    >>> low, high = rates.interval("true_positive_rate")
    >>> low <= rates.true_positive_rate <= high
    True
    >>> sum(rates.years().to_pydict()["true_positive"]) == rates.true_positive
    True
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[object, ...]:
        """
        Pickles carry the chain and the recipe; the result is made again when they are read.
        """
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    @property
    def cannot_tell_negative(self, /) -> int:
        """
        Negatives of which it cannot tell.
        """
    @property
    def cannot_tell_positive(self, /) -> int:
        """
        Positives of which it cannot tell: outputs of a transaction of which the rule leaves none or several; undecided verdicts.
        """
    @property
    def false_negative(self, /) -> int:
        """
        Positives that it says are none.
        """
    @property
    def false_positive(self, /) -> int:
        """
        Negatives that it says are positives.
        """
    @property
    def false_positive_rate(self, /) -> float | None:
        """
        Of all negatives, the share that it takes for positives; None where there are none.
        """
    @property
    def height(self, /) -> int:
        """
        The height that they are as of.
        """
    @property
    def identity(self, /) -> str:
        """
        What tells the rule or shape from all others, versions and thresholds included.
        """
    def interval(self, rate: str, /) -> tuple[float, float] | None:
        """
        The 95 % interval of a rate ("true_positive_rate", "false_positive_rate" or "precision") after Wilson (1927); None where there is no
        rate. It takes draws for independent; outputs of one wallet are not, so the truth may be farther off.
        """
    @property
    def name(self, /) -> str:
        """
        The rule's or shape's text.
        """
    @property
    def precision(self, /) -> float | None:
        """
        Of what it says is a positive, the share that is one; None where it never says so.
        """
    def profiles(self, /) -> Table:
        """
        By the software that made the transaction, where the truth says it; those with most false positives first. Columns: profile, and
        those of `years`.
        """
    def purposes(self, /) -> Table:
        """
        By what the transaction is for, where the truth says it; those with most false positives first. Columns: purpose, and those of
        `years`.
        """
    @property
    def recipe(self, /) -> Recipe:
        """
        The call that made it: `satrail.rerun` makes it again. Results with equal recipes are equal.
        """
    @property
    def true_negative(self, /) -> int:
        """
        Negatives that it says are none.
        """
    @property
    def true_positive(self, /) -> int:
        """
        Positives that it says are positives.
        """
    @property
    def true_positive_rate(self, /) -> float | None:
        """
        Of all positives, the share that it finds; None where there are none.
        """
    def years(self, /) -> Table:
        """
        By year of the block's header, UTC.

        Columns: year, the six counts, and true_positive_rate, false_positive_rate and precision, each with the ends of its interval (_low,
        _high); a rate of nothing is null.
        """

@final
class Recipe:
    """
    The call that made a result, as one canonical JSON value (RFC 8785): the chain by network, height and block hash, the function, and its
    arguments; inputs and other results by their digest, and beside the arguments in full. docs/recipes.md defines it.

    It reads like a mapping: `recipe["call"]`, `dict(recipe)`; `str(recipe)` is the JSON. Two results are equal where their recipes are.

    Examples
    --------
    >>> recipe = chain.cluster().recipe
    >>> recipe["call"], recipe["arguments"]["coinjoin"]
    ('chain.cluster', 'exclude')
    >>> satrail.Recipe(str(recipe)) == recipe
    True
    """
    def __contains__(self, name: str, /) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __getitem__(self, name: str, /) -> Any: ...
    def __hash__(self, /) -> int: ...
    def __iter__(self, /) -> Any: ...
    def __len__(self, /) -> int: ...
    def __new__(cls, json: str | Mapping[str, Any], /) -> Recipe:
        """
        Reads a recipe from its JSON, as a text or as the mapping that the text stands for.
        """
    def __reduce__(self, /) -> tuple[object, ...]: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    @property
    def digest(self, /) -> str:
        """
        SHA-256, as hex, of the canonical JSON of version, chain, call and arguments; inputs and results are covered by their digests.
        """
    def keys(self, /) -> list[str]:
        """
        The names of its parts: "recipe" (its version), "chain", "call", "arguments", and where there are any "inputs", "results", "as_given".
        """
    @property
    def rerunnable(self, /) -> bool:
        """
        Whether `satrail.rerun` can make the result again. It cannot where a Python function was used as a rule.
        """

@final
class Revealed:
    """
    What the first spend from an address revealed. It is taken from the spend's form: before the soft forks that made p2sh, segwit and
    taproot rules, such outputs could be spent in any way.

    Examples
    --------
    >>> spent = next(o for b in chain for t in b.transactions() for o in t.outputs() if o.kind == "p2wpkh" and o.spent_by)
    >>> spent.address.revealed.inner, len(spent.address.revealed.keys)
    ('key', 1)
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[object, ...]: ...
    def __repr__(self, /) -> str: ...
    @property
    def inner(self, /) -> str:
        """
        What stood behind the address: "key", "p2pk", "p2pkh", "multisig", "other", "key_path" or "script_path".
        """
    @property
    def keys(self, /) -> list[str]:
        """
        The public keys as hex of 33 bytes. One that was shown uncompressed begins with 04 or 05 (even or odd y) in place of 02 or 03.
        """
    @property
    def required(self, /) -> int:
        """
        Signatures needed; 0 where it cannot be told.
        """
    @property
    def total(self, /) -> int:
        """
        Keys listed; 0 where it cannot be told.
        """
    @property
    def wrapped(self, /) -> bool:
        """
        Whether a p2sh address turned out to hold a witness program.
        """

@final
class Table:
    """
    A table of named columns, which polars, pandas, pyarrow and DuckDB take without a copy: `pl.DataFrame(table)`,
    `pd.DataFrame.from_arrow(table)`, `pa.table(table)`.

    Tables of the chain make their rows when they are read, so a table of all inputs costs nothing until then. Amounts are
    64-bit satoshi, times are timestamps in microseconds UTC, hashes are hex as everybody writes it.

    Examples
    --------
    >>> table = chain.blocks(0, 3, columns=["height", "transactions"])
    >>> table.columns
    ['height', 'transactions']
    >>> len(table)
    3
    >>> table.to_pydict()
    {'height': [0, 1, 2], 'transactions': [1, 1, 1]}
    >>> table["height"].to_list()
    [0, 1, 2]
    >>> sum(len(batch) for batch in chain.outputs()) == len(chain.outputs())
    True
    """
    def __arrow_c_schema__(self, /) -> CapsuleType:
        """
        The Arrow schema of the table (Arrow PyCapsule interface).
        """
    def __arrow_c_stream__(self, /, requested_schema: CapsuleType | None = None) -> CapsuleType:
        """
        The Arrow stream of the table's batches (Arrow PyCapsule interface).
        """
    def __getitem__(self, column: str, /) -> Column:
        """
        A column by its name. Of a table of the chain only that column is read.

        Raises
        ------
        KeyError : there is no such column.
        """
    def __iter__(self, /) -> Batches:
        """
        The batches of the table one after the other, each a table of up to 65,536 rows. Rows are made when their batch is asked for.
        """
    def __len__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[object, ...]:
        """
        Pickles carry the rows.
        """
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    def _write_parquet(self, /, path: str | PathLike[str]) -> None:
        """
        Writes the rows to a Parquet file, which is replaced.
        """
    @property
    def columns(self, /) -> list[str]:
        """
        The names of the columns.
        """
    def head(self, /, n: SupportsIndex = 5) -> Table:
        """
        The first `n` rows.

        Examples
        --------
        >>> len(chain.outputs().head(3))
        3
        """
    def to_arrow(self, /) -> pyarrow.Table:
        """
        The table as a `pyarrow.Table`, read batch by batch, so that Ctrl-C can end it.

        Raises
        ------
        ImportError : pyarrow is not installed.
        """
    def to_pandas(self, /) -> pandas.DataFrame:
        """
        The table as a `pandas.DataFrame`; pandas reads Arrow tables with the help of pyarrow.

        Raises
        ------
        ImportError : pandas or pyarrow is not installed.
        """
    def to_polars(self, /) -> polars.DataFrame:
        """
        The table as a `polars.DataFrame`, read batch by batch, so that Ctrl-C can end it.

        Raises
        ------
        ImportError : polars is not installed.
        """
    def to_pydict(self, /) -> dict[str, list[Value]]:
        """
        The columns as lists of Python values (int, str, bool, datetime, None). For small tables; it needs no other package.
        """
    def write_csv(self, /, path: str | PathLike[str], *, overwrite: bool = False) -> None:
        """
        Writes the rows to a CSV file, batch by batch. Times are written in ISO 8601, null is an empty cell.

        Raises
        ------
        FileExistsError : the file is there already, and overwrite is False.

        Examples
        --------
        >>> chain.blocks(0, 2, columns=["height", "time"]).write_csv("blocks.csv")
        >>> print(open("blocks.csv").read().splitlines()[0])
        height,time
        """
    def write_parquet(self, /, path: str | PathLike[str], *, overwrite: bool = False) -> None:
        """
        Writes the rows to a Parquet file, batch by batch.

        Raises
        ------
        FileExistsError : the file is there already, and overwrite is False.
        """

@final
class Trace:
    """
    One run of following money: where it went (direction "out"), or where it came from (direction "in"). docs/traces.md defines every word.

    Examples
    --------
    >>> trace = chain.trace(chain.block(150).transactions()[0], max_tx_hops=2)
    >>> trace.ledger.source == sum(trace.ledger.lines.values())
    True
    >>> trace.ends().columns[:3]
    ['output', 'txid', 'position']
    """
    def __bool__(self, /) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __len__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[object, ...]:
        """
        Pickles carry the chain and the recipe; the result is made again when they are read.
        """
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    @property
    def chain(self, /) -> Chain:
        """
        The chain that it was done on, at its height.
        """
    def choke_points(
        self, /, ends: End | None = None, *, level: Level = "transaction", share: SupportsFloat | SupportsIndex = 1.0
    ) -> Table:
        """
        What at least a share of the traced money passes that reaches certain ends, the largest amount first.

        Parameters
        ----------
        ends : as in `paths`; without it, all outputs and accounts where the trace ended (but no fees).
        level : "transaction", "address" or "wallet". A transaction is passed by what it moves, an address or a wallet by what is
            ever in it, so those of the source and of the ends are among them.
        share : above 0, and 1 for all.

        Returns
        -------
        One row each: kind, name, number, amount (satoshi that reach the ends and pass it), share, on_every_way (whether every way
        from the source to the ends leads through it, whatever the amounts), first_height, last_height, first_time, last_time (of
        what moves that money by or into it). Within an output money is one money: the part of it that goes on to the ends came in
        proportion to what came.

        Examples
        --------
        >>> points = chain.trace(chain.block(150).transactions()[0], max_tx_hops=3).choke_points(share=0.5).to_pydict()
        >>> points["share"] == sorted(points["share"], reverse=True)
        True
        """
    @property
    def clusters(self, /) -> Clusters | None:
        """
        The clusters that say who belongs together, or None.
        """
    @property
    def direction(self, /) -> str:
        """
        "out" or "in".
        """
    def ends(self, /) -> Table:
        """
        One row an output, or a wallet under policies of accounts, at which the trace ends: output, txid, position, address, cluster_id, kind,
        reason ("unspent", "stopped", "lost", "mined", "rejoined" or a limit, "cut_off_..."), label (where it stopped), amount (satoshi of
        traced money), value (satoshi in the output), height, time, hop, tx_hop (from the source to it).
        """
    def ends_by_source(self, /) -> Table:
        """
        How much of each end came from which source: source (number of the item that was given), name (of a mapping's key, a text, an address of
        a set or an output of a table; else null), output, txid, position, cluster_id, reason, label, amount (satoshi). What ended in fees and
        the like has no output. The trace is done once more for it, with an eye on whose money it is.

        Examples
        --------
        >>> a, b = chain.block(150).transactions()[0], chain.block(151).transactions()[0]
        >>> trace = chain.trace({"a": a, "b": b}, policy="fifo", max_tx_hops=3)
        >>> table = trace.ends_by_source().to_pydict()
        >>> sum(table["amount"]) == trace.ledger.source
        True
        >>> set(table["name"]) == {"a", "b"}
        True
        """
    @property
    def fees(self, /) -> str:
        """
        What was done with fees: "report" or "follow".
        """
    def graph(self, /, level: Level = "wallet") -> TraceGraph:
        """
        Who paid whom, as a graph of transactions, addresses or wallets.

        Raises
        ------
        ValueError : level "wallet" without clusters, another level under a policy of accounts, or no such level.

        Examples
        --------
        >>> chain.trace(chain.block(150).transactions()[0], max_tx_hops=3).graph("transaction").level
        'transaction'
        """
    @property
    def ledger(self, /) -> Ledger:
        """
        What became of the money, in sums that add up exactly.
        """
    @property
    def limits(self, /) -> dict[str, int]:
        """
        The limits that were given, by name: max_hops, max_tx_hops, min_value (satoshi), since and until (heights), budget (steps).
        """
    def min_cut(self, /, start: End | None = None, end: End | None = None) -> Table:
        """
        The movements with the smallest sum whose removal separates one end from another, both as in `paths`; among equal ones the
        nearest to `start`. Columns as in `movements`. The sum is also as much as could come from the one to the other.

        Raises
        ------
        ValueError : something belongs to both ends.

        Examples
        --------
        >>> trace = chain.trace(chain.block(150).transactions()[0], max_tx_hops=3)
        >>> sum(trace.min_cut("source", "ends").to_pydict()["amount"]) == trace.ledger.source - trace.ledger.fees
        True
        """
    def movements(self, /) -> Table:
        """
        Where the money of each step came from: one row a movement from place to place, in the order and direction of the trace.

        Columns: transaction, txid, height, time of what moved it; from, to (outputs as txid:n, or what else it is: a fee, an
        account, ...), from_address, to_address, amount (satoshi). The trace is done once more for it, with an eye on that. What
        poison adds comes from nowhere.

        Examples
        --------
        >>> trace = chain.trace(chain.block(150).transactions()[0], max_tx_hops=3)
        >>> trace.movements().columns[4:]
        ['from', 'from_address', 'to', 'to_address', 'amount']
        """
    @property
    def overlapping(self, /) -> int:
        """
        How often the source named an output that it had named already; each counts once.
        """
    def paths(
        self, /, start: End | None = None, end: End | None = None, *, k: int | None = None, best: Best = "fewest_hops"
    ) -> Table:
        """
        The best ways that the traced money took from one end to another, in the direction in which it moved.

        Parameters
        ----------
        start, end : where the trace begins and ended, when not given; else "source", "ends" (outputs and accounts where the trace
            ended), a label of the stop set, an output, a transaction (its outputs), an address, an address set, a wallet, a text
            that names one, or a list of these. A path leaves the one and goes to where it first reaches the other; it touches
            neither in between.
        k : how many paths at most; 10 when not given.
        best : "fewest_hops" (steps between wallets where the trace has clusters, else transactions), "most_value" (the largest
            smallest amount on the way, then fewest hops) or "earliest" (the earliest arrival, then fewest hops).

        Returns
        -------
        One row a step: path, step (from 1), transaction, txid, height, time, from, from_address, to, to_address (outputs as
        txid:n), amount (satoshi), hop (so far), bottleneck (the least amount of the path).

        Examples
        --------
        >>> trace = chain.trace(chain.block(150).transactions()[0], max_tx_hops=3)
        >>> table = trace.paths("source", "ends", k=1, best="most_value").to_pydict()
        >>> table["bottleneck"][0] == min(table["amount"])
        True
        """
    @property
    def policy(self, /) -> str:
        """
        The policy by which the money was divided.
        """
    @property
    def recipe(self, /) -> Recipe:
        """
        The call that made it: `satrail.rerun` makes it again. Results with equal recipes are equal.
        """
    def steps(self, /) -> Table:
        """
        One row a step: an output (or, under policies of accounts, a wallet) that traced money arrived at, or a part of it that none took.

        Columns: step, hop (steps between wallets from the source on; null without clusters), tx_hop (transactions from the source on; 0 for
        the source); transaction, txid, height, time of the transaction that moved the money, null for the source; from_address, from_cluster_id of
        its inputs, where all have the same; output, output_txid, output_position, address, cluster_id, kind, value
        (satoshi) of where it arrived, null for a fee; amount (satoshi of traced money), share (amount / value), outcome ("followed", or why
        the trace ends here), label (of the stop set), and next, next_txid, the transaction by which it is followed.

        A row stands for a transaction and an output, not for a pair of input and output.
        """
    @property
    def transactions(self, /) -> int:
        """
        How many transactions it passed.
        """

@final
class TraceEvaluation:
    """
    A trace held against where the money truly went: money is its owner's until they pay it to somebody else, through however many
    transactions and CoinJoins of their own, and what the payee does with it is the payee's business. docs/evaluate.md defines it.

    What is *right* is found at the owner to whom it truly came, by the transaction that brought it, or where the owner has moved it since and the
    trace went with it. The sums are of all that came to others than the owners of the source.

    Examples
    --------
    >>> miner, payee = (chain.block(h).transactions()[0].outputs()[0].address.text for h in (150, 151))
    >>> truth = satrail.Truth.of(chain, {"ann": [miner], "bob": [payee]})
    >>> trace = chain.trace(chain.block(150).transactions()[0].outputs()[0])
    >>> evaluation = satrail.evaluate(trace, truth)
    >>> evaluation.true == evaluation.right + evaluation.missed
    True
    >>> evaluation.found == evaluation.right + evaluation.blamed
    True
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[object, ...]:
        """
        Pickles carry the chain and the recipe; the result is made again when they are read.
        """
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    def arrivals(self, /) -> Table:
        """
        One row for what one transaction brought to one owner, truly or by the trace, in chain order. What a trace by a policy of accounts
        leaves in an account came by no transaction in particular and has no row.

        Columns: transaction, txid, height, time, owner, category, entity, true, brought (by the trace, whether it ends there or goes on),
        found (what ends there), right (what of the truth is found, here or where the owner has moved it), missed (satoshi).
        """
    @property
    def blamed(self, /) -> int:
        """
        Satoshi that were found at somebody to whom they never came.
        """
    def categories(self, /) -> Table:
        """
        The same sums by the owners' category, without the owners of the source. Columns: category, true, found, right, missed, blamed,
        precision, recall.
        """
    @property
    def found(self, /) -> int:
        """
        Satoshi that the trace says came to others: what stopped at labels, and what ended at their addresses.
        """
    @property
    def missed(self, /) -> int:
        """
        Satoshi that truly came to others and were not found there.
        """
    def owners(self, /) -> Table:
        """
        One row an owner, those to whom most came first.

        Columns: owner, category (null for addresses of whom nobody knows), entity (the number in a simulated chain's truth), is_source
        (whether the trace began with the owner's money: then the row is what they kept), true, found, right, missed, blamed (satoshi), precision,
        recall (null where there is nothing).
        """
    @property
    def precision(self, /) -> float | None:
        """
        Of what was found, the share that is right; None where nothing was.
        """
    @property
    def recall(self, /) -> float | None:
        """
        Of what truly came, the share that was found; None where nothing did.
        """
    @property
    def recipe(self, /) -> Recipe:
        """
        The call that made it: `satrail.rerun` makes it again. Results with equal recipes are equal.
        """
    @property
    def right(self, /) -> int:
        """
        Satoshi that are both.
        """
    @property
    def trace(self, /) -> Trace:
        """
        The trace.
        """
    @property
    def true(self, /) -> int:
        """
        Satoshi that truly came to others.
        """
    @property
    def true_fees(self, /) -> int:
        """
        Satoshi that truly went to miners on the way. They count for nobody.
        """
    @property
    def true_rejoined(self, /) -> int:
        """
        Satoshi that truly came back to outputs of the source, from where they are followed anyway.
        """

@final
class TraceGraph:
    """
    Who paid whom how much of the money of a trace. Edges lead from payer to payee, in the direction of time, whatever the
    direction of the trace; what a wallet or an address paid to itself is not an edge.

    Examples
    --------
    >>> graph = chain.trace(chain.block(150).transactions()[0], max_tx_hops=3).graph("address")
    >>> nodes = graph.nodes().to_pydict()
    >>> sum(nodes["held"]) == sum(nodes["source"])
    True
    >>> graph.edges().columns[:5]
    ['from', 'to', 'from_name', 'to_name', 'amount']
    >>> graph.write("flow.graphml")
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[object, ...]:
        """
        Pickles carry the chain and the recipe; the result is made again when they are read.
        """
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    @property
    def direction(self, /) -> str:
        """
        The direction of the trace: "out" or "in".
        """
    def edges(self, /) -> Table:
        """
        One row an edge, from payer to payee: from, to (numbers of nodes), from_name, to_name, amount (satoshi), transactions (how
        many), first_height, last_height, first_time, last_time (microseconds UTC).
        """
    @property
    def height(self, /) -> int:
        """
        The height that the trace is as of.
        """
    @property
    def level(self, /) -> str:
        """
        What the nodes are: "transaction", "address" or "wallet".
        """
    def nodes(self, /) -> Table:
        """
        One row a node, sources first: node (its number, from 0), kind ("transaction", "address", "wallet", "fees", "subsidy",
        "unclaimed" or "unexplained"), name (the txid, the address, or the first address of a wallet's cluster), number
        (of the transaction or address, or the cluster's name), label (of the stop set), is_source, source (satoshi that the trace
        begins with here), amount_in, amount_out (satoshi of its edges), kept (satoshi that it paid to itself), held (satoshi with
        which the trace ended here, whatever the reason), joined (satoshi that poison added).

        At every node source + joined + amount_in = amount_out + held where the trace goes out, and source + joined + amount_out =
        amount_in + held where it goes in.
        """
    @property
    def recipe(self, /) -> Recipe:
        """
        The call that made it: `satrail.rerun` makes it again. Results with equal recipes are equal.
        """
    def to_igraph(self, /) -> igraph.Graph:
        """
        A directed igraph.Graph: vertices are numbered as the nodes, with the columns of the tables as attributes.

        Raises
        ------
        ImportError : igraph is not installed.
        """
    def to_networkx(self, /) -> networkx.DiGraph:
        """
        A networkx.DiGraph: nodes by number, with the columns of the tables as attributes; what is null is left out.

        Raises
        ------
        ImportError : networkx is not installed.
        """
    def to_rustworkx(self, /) -> rustworkx.PyDiGraph:
        """
        A rustworkx.PyDiGraph: indices are the numbers of the nodes, weights are dicts of the columns of the tables.

        Raises
        ------
        ImportError : rustworkx is not installed.
        """
    def write(self, path: str | PathLike[str], /, *, overwrite: bool = False) -> None:
        """
        Writes the graph to a file, whose suffix says how: .graphml, .gexf, .dot, .json (node-link, as networkx.node_link_graph
        reads it), .csv or .parquet (the edges; the nodes beside them, as NAME.nodes.csv). Times are texts in ISO 8601. In GEXF
        and DOT the label of the stop set is called stop_label, and in DOT the name is the tooltip.

        Raises
        ------
        FileExistsError : there is such a file, and `overwrite` is not True.
        ValueError : the suffix is none of these.
        """

@final
class Transaction:
    """
    A transaction of a chain.

    Examples
    --------
    >>> tx = chain.block(200).transactions()[0]
    >>> tx.is_coinbase, tx.fee(), tx.height
    (True, None, 200)
    >>> sum(output.value for output in tx.outputs()) > 0
    True
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[object, ...]: ...
    def __repr__(self, /) -> str: ...
    def _input(self, /, position: SupportsIndex) -> Input | None:
        """
        The input at a position; pickles use it.
        """
    def _repr_html_(self, /) -> str: ...
    @property
    def block(self, /) -> Block:
        """
        Its block.
        """
    def boltzmann(
        self, /, *, budget: SupportsIndex = 100000000, merge_addresses: bool = False, intrafees: SupportsIndex = 0
    ) -> Boltzmann:
        """
        In how many ways its inputs can have paid its outputs, and how likely each of the links between them is. Outputs of data are
        left out.

        Parameters
        ----------
        budget : steps that the count may take: 16 for each block of coins by amounts, each pair of blocks that is matched and each
            remainder of coins, and one for each pair that is held against a remainder. A hundred million take one to three seconds,
            and up to half a gigabyte. When they are used up, nothing is computed.
        merge_addresses : whether inputs of one address are taken as one input.
        intrafees : satoshi that one participant may pay another: so much less, or more beyond the fee, may the inputs of a block have.

        Raises
        ------
        ValueError : a number out of range.
        TypeError : something that is not a whole number.

        Examples
        --------
        >>> tx = next(tx for block in chain for tx in block.transactions() if len(tx.inputs()) == 1 and not tx.is_coinbase)
        >>> tx.boltzmann().interpretations
        1
        >>> chain.block(200).transactions()[0].boltzmann()
        Boltzmann(not computed: it has no inputs)
        """
    def change(self, rule: ChangeRule | str, /) -> list[Output]:
        """
        The outputs that a change rule cannot rule out.

        Examples
        --------
        >>> chain.block(300).transactions()[1].change("fresh") == [
        ...     output for output in chain.block(300).transactions()[1].outputs() if output.address.first_height() == 300
        ... ]
        True
        """
    def fee(self, /) -> int | None:
        """
        Satoshi that the inputs have more than the outputs; None for a coinbase.
        """
    @property
    def fingerprint(self, /) -> Fingerprint:
        """
        What its shape tells about the software that made it.
        """
    @property
    def height(self, /) -> int:
        """
        The height of its block.
        """
    def inputs(self, /) -> list[Input]:
        """
        Its inputs.
        """
    @property
    def is_coinbase(self, /) -> bool:
        """
        Whether it is the first of its block, which spends nothing.
        """
    @property
    def locktime(self, /) -> int:
        """
        Its locktime: a height below 500,000,000, else seconds UTC.
        """
    @property
    def number(self, /) -> int:
        """
        Its number in chain order.
        """
    def outputs(self, /) -> list[Output]:
        """
        Its outputs.
        """
    @property
    def position(self, /) -> int:
        """
        Its place in its block, from 0.
        """
    def raw(self, /) -> bytes:
        """
        Its bytes, read back from the block files and compared with its id.

        Raises
        ------
        BlockFilesError : the files are gone, moved or changed; `satrail.open(store, blocks=...)` says where they are.
        """
    def shapes(self, /, *, only: Iterable[str] | None = None, **thresholds: float) -> list[Judgement]:
        """
        Its shapes: of each the verdict, what decided, and all predicates. docs/shapes.md says what each shape is.

        Parameters
        ----------
        only : names of shapes; all when not given.
        thresholds : by name, see `satrail.shapes.thresholds`; the defaults are those of the chain's network.

        Raises
        ------
        ValueError : an unknown shape or threshold, or a value out of range.
        TypeError : a value of another type.

        Examples
        --------
        >>> table = chain.shapes(columns=["txid", "joinmarket"]).to_pydict()
        >>> tx = chain.tx(table["txid"][table["joinmarket"].index("yes")])
        >>> tx.shapes(only=["joinmarket"])
        [Judgement(joinmarket: yes, decided by all)]
        >>> tx.shapes(only=["joinmarket"], min_participants=50)[0].verdict
        'no'
        """
    @property
    def size(self, /) -> int:
        """
        Bytes, witnesses included.
        """
    @property
    def time(self, /) -> datetime:
        """
        The time in its block's header (UTC).
        """
    @property
    def txid(self, /) -> str:
        """
        Its id, as hex.
        """
    @property
    def version(self, /) -> int:
        """
        Its version; negative ones exist.
        """
    @property
    def vsize(self, /) -> int:
        """
        A quarter of the weight, rounded up.
        """
    @property
    def weight(self, /) -> int:
        """
        Weight units (BIP141).
        """

@final
class Truth:
    """
    What is known to be true of a chain: who owns addresses, what transactions are for, which outputs are change. Made by
    `satrail.truth.read`, `Truth.of` and `satrail.truth.from_chain`; `satrail.evaluate` holds rules against it.

    Examples
    --------
    >>> payments = chain.block(300).transactions()[1:4]
    >>> truth = satrail.Truth.of(chain, transactions={"payment": [tx.txid for tx in payments]})
    >>> truth.tables
    []
    >>> satrail.evaluate("joinmarket", truth).true_negative
    3
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[object, ...]:
        """
        Pickles carry what it was made of: a folder's path, the owners and purposes that were given, or the chain that reveals it.
        """
    def __repr__(self, /) -> str: ...
    @property
    def digest(self, /) -> str:
        """
        A digest of it: the one that the simulator wrote down, or the SHA-256 over the tip's hash and all that is known.
        """
    @staticmethod
    def of(chain: Chain, owners: Columns | None = None, *, transactions: Columns | None = None) -> Truth:
        """
        A truth that you know: owners of addresses, what transactions are for, or both.

        Parameters
        ----------
        chain : the chain that it is about.
        owners : a mapping of owners to their addresses, or a table (Arrow by protocol, or a dict of lists) with the columns address and owner,
            and role where you like. Addresses that were never paid count for nothing.
        transactions : a mapping of purposes to transaction ids, or a table with the columns txid and purpose, and profile (the software
            that made it) where you like. docs/evaluate.md says which purposes make a transaction one of a shape.

        Raises
        ------
        ValueError : it does not fit the chain: no address was ever paid, or a transaction is not in it; or it contradicts itself.

        Examples
        --------
        >>> first, second = (chain.block(h).transactions()[0].outputs()[0].address.text for h in (150, 151))
        >>> truth = satrail.Truth.of(chain, {"ann": [first], "bob": [second]})
        >>> truth
        Truth(the truth that was given: 2 owners of 2 addresses, height=495)
        """
    def table(self, name: str, /) -> Table:
        """
        One of its tables. Those of a simulated chain are as docs/simulate.md describes them. The chain's own truth has "changes" (one row a
        transaction: transaction, txid, height, time, output, position of the change, value, cluster of the payer, fold) and "left_out"
        (reason, transactions).

        Raises
        ------
        ValueError : there is no such table; a file cannot be read.

        Examples
        --------
        >>> satrail.truth.from_chain(chain).table("left_out").columns
        ['reason', 'transactions']
        """
    @property
    def tables(self, /) -> list[str]:
        """
        The names of its tables.
        """

@final
class Wallet:
    """
    One or several clusters seen as somebody's purse.

    Examples
    --------
    >>> wallet = chain.cluster().largest(1)[0]
    >>> wallet.balance() == wallet.received() - wallet.sent()
    True
    """
    def __contains__(self, address: Address | Output | str, /) -> bool:
        """
        Whether an address is one of it; False for one that was never paid.
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __len__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[object, ...]:
        """
        Pickles carry the chain and the recipe; the result is made again when they are read.
        """
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    def balance(self, /) -> int:
        """
        Satoshi that can still be spent.
        """
    @property
    def cluster_ids(self, /) -> list[int]:
        """
        The ids of its clusters, ascending.
        """
    @property
    def clusters(self, /) -> Clusters:
        """
        The clusters that it is of.
        """
    def members(self, /) -> Table:
        """
        Its addresses: cluster_id, address_number, address.
        """
    def received(self, /) -> int:
        """
        Satoshi of all outputs that pay it; what moves within it counts, too.
        """
    @property
    def recipe(self, /) -> Recipe:
        """
        The call that made it: `satrail.rerun` makes it again. Results with equal recipes are equal.
        """
    def sent(self, /) -> int:
        """
        Satoshi of those that were spent.
        """
    def size(self, /) -> int:
        """
        How many addresses it has.
        """
    def table(self, /) -> Table:
        """
        Its clusters, one row each, with the columns of `Clusters.table`.
        """
    def why(self, a: Address | Output | str, b: Address | Output | str, /, *, shortest: bool = False) -> Proof:
        """
        Why two of its addresses are together; see `Clusters.why`.
        """

@final
class Wallets:
    """
    The wallets of clusters, one after the other.
    """
    def __iter__(self, /) -> Wallets: ...
    def __next__(self, /) -> Wallet: ...

def _restore_boltzmann(
    reason: int | None, interpretations: SupportsIndex, links: list[list[int]], inputs: list[int], outputs: list[int]
) -> Boltzmann:
    """
    Makes the links of a transaction from their pickle.
    """

def _restore_chain(
    store: str | PathLike[str], blocks: str | PathLike[str] | None, height: SupportsIndex, tip: str
) -> Chain:
    """
    Opens a chain from its pickle.
    """

def _restore_judgement(shape: str, predicates: SupportsGetItem[int, Predicate]) -> Judgement:
    """
    Makes a judgement from its pickle.
    """

def _restore_ledger(
    source: SupportsIndex,
    joined: SupportsIndex,
    ends: dict[str, SupportsIndex],
    lines: SupportsGetItem[int, tuple[str, SupportsIndex]],
) -> Ledger:
    """
    Makes a ledger from its pickle.
    """

def _restore_predicate(name: str, passed: bool | None, found: object, wanted: str) -> Predicate:
    """
    Makes a predicate from its pickle.
    """

def _restore_table(bytes: bytes) -> Table:
    """
    Makes a table from the bytes of its pickle.
    """

def boltzmann(
    inputs: Iterable[int], outputs: Iterable[int], *, budget: SupportsIndex = 100000000, intrafees: SupportsIndex = 0
) -> Boltzmann:
    """
    The same as `Transaction.boltzmann`, for amounts in satoshi.

    Parameters
    ----------
    inputs, outputs : the amounts in satoshi.
    budget : steps that the count may take, as there.
    intrafees : satoshi that one participant may pay another, as there.

    Raises
    ------
    ValueError : an amount or a number out of range.
    TypeError : something that is not a whole number.

    Examples
    --------
    >>> satrail.shapes.boltzmann([10, 20], [10, 19]).deterministic_links()
    [(0, 0), (1, 1)]
    >>> [satrail.shapes.boltzmann([1] * n, [1] * n).interpretations for n in range(2, 6)]
    [3, 16, 131, 1496]
    """

def card(name: str, /) -> dict[str, Json]:
    """
    What was measured of a rule or shape, as docs/cards has it: exact counts by the chain that they were counted on.

    Parameters
    ----------
    name : "co_spend", "same_key", a change rule or a CoinJoin's shape, by name.

    Raises
    ------
    ValueError : there is no card of that name.

    Examples
    --------
    >>> card = satrail.change.card("optimal")
    >>> card["kind"], card["version"]
    ('change rule', 1)
    """

def evaluate(
    what: Clusters | ChangeRule | Trace | str,
    truth: Truth,
    *,
    chain: Chain | None = None,
    threads: int | None = None,
    labels: dict[str, str | None] | None = None,
    **thresholds: float,
) -> Evaluation | Rates | TraceEvaluation:
    """
    Holds clusters, a change rule, a shape or a trace against what is known to be true.

    Clusters give an `Evaluation`, as of their height. Change rules (objects of `satrail.change`) and shapes (a name of `chain.shapes`;
    "wasabi": any of its versions; "coinjoin": whether the inputs are of several owners, as clusterings ask) give `Rates`. A trace going out
    gives a `TraceEvaluation`: of what truly came to each owner, how much it finds. docs/evaluate.md defines every figure.

    Parameters
    ----------
    what : clusters, a change rule, the name of a shape, or a trace.
    truth : what is known.
    chain : for rules and shapes, the chain at the height that is asked about; the truth's own when not given. A simulated chain's truth needs
        it.
    threads : how many threads to use; all processors when not given. The result is the same.
    labels : for traces, whom the labels of the stop set mean, by the owners' names in the truth; None for one that claims nothing, and then
        the money counts for those whose the addresses are. Labels that are not given mean the owner of that name.
    thresholds : for shapes, other thresholds than the network's, as in `Chain.shapes`.

    Raises
    ------
    ValueError : the truth does not fit the chain, or does not know what is asked; an unknown shape; a label that is nobody's name.

    Examples
    --------
    >>> truth = satrail.truth.from_chain(chain)
    >>> satrail.evaluate(satrail.change.none(), truth).true_positive
    0
    """

def ingest(
    blocks: str | PathLike[str],
    store: str | PathLike[str],
    *,
    network: str | None = None,
    until: Moment | None = None,
    threads: int | None = None,
    memory_limit: int | str | None = None,
    verify: bool = True,
    progress: Progress = None,
) -> IngestReport:
    """
    Brings a store up to date with a node's block files, and makes it where there is none.

    Blocks are found whatever their order in the files; the chain with the most work is taken. Only what is new is added; after a
    reorganisation the store goes back to the fork first. A gap or an invalid block is named in the report, and the chain goes up to it.
    The work can be stopped at any time (Ctrl-C, a crash) and goes on with the next call.

    Parameters
    ----------
    blocks : path of the folder with blk*.dat (and xor.dat), "blocks" in a node's data directory. The node may be running.
    store : path of the store's folder; it is made if it is not there.
    network : "mainnet", "testnet3", "testnet4", "signet", "regtest", or the 8 hex digits of a custom signet's magic. Found from the
        data when not given.
    until : the last height to ingest, or a date: the last block whose median time past is not later.
    threads : how many threads to use; all processors when not given.
    memory_limit : bytes that the process should stay within, or a text like "4 GB"; 2 GiB when not given. A store whose indexes, ids
        and scripts do not fit in it is ingested several times slower.
    verify : check Merkle roots and witness commitments. Proof of work is always checked.
    progress : None shows a bar in terminals and notebooks, True always, False never; or a function that is called about ten
        times a second with a dict of phase ("scan", "blocks", "index"), blocks, blocks_total, bytes, bytes_total, height, seconds.

    Returns
    -------
    IngestReport : what was done and found.

    Raises
    ------
    FileNotFoundError : no such folder, or no block files in it.
    ValueError : the files are of another network; an unknown network; a memory limit below 256 MiB.
    BlockFilesError : xor.dat is damaged, or there is no genesis block.
    LockedError : somebody else is writing to the store.
    StoreError : the folder holds something else, or a damaged store.
    OSError : the disk is full or cannot be written; the store stays at its last commit.

    Examples
    --------
    >>> report = satrail.ingest(blocks, store, progress=False)
    >>> report.height, report.blocks_added
    (495, 0)
    """

def inspect(store: str | PathLike[str], /) -> StoreInfo:
    """
    What a store is, without looking at its rows.

    Raises
    ------
    FileNotFoundError : there is no such folder.
    StoreError : it is not a store, or one of a newer format.

    Examples
    --------
    >>> info = satrail.inspect(store)
    >>> info.network, info.height, info.format
    ('regtest', 495, 1)
    """

def judge(
    inputs: Iterable[tuple[int, str]],
    outputs: Iterable[tuple[int, str]],
    *,
    height: int | None = None,
    network: str = "mainnet",
    locktime: SupportsIndex = 0,
    sequences: Iterable[int] | None = None,
    only: Iterable[str] | None = None,
    **thresholds: float,
) -> list[Judgement]:
    """
    The shapes of a transaction that is in no store.

    What only a chain shows (neighbours, what spends revealed) is undecided. docs/shapes.md says what each shape is, after which
    publication, and how often each is right on real transactions.

    Parameters
    ----------
    inputs, outputs : for each its amount in satoshi and its address, or its output script in hex.
    height : of its block. Without it the heights at which wallets began are not looked at.
    network : that of the addresses, "mainnet", "testnet3", "testnet4", "signet" or "regtest"; the defaults of thresholds depend on it.
    locktime : its locktime, which Lightning's shapes look at.
    sequences : the sequence of each input; final ones when not given.
    only : names of shapes; all when not given.
    thresholds : by name, see `satrail.shapes.thresholds`.

    Raises
    ------
    ValueError : an unknown shape, threshold or network, a value out of range, a text that is not an address.
    TypeError : something of another type.

    Examples
    --------
    >>> def script(n): return "0014" + f"{n:040x}"
    >>> inputs = [(1_500_000 + n, script(n)) for n in range(4)]
    >>> outputs = [(1_000_000, script(10 + n)) for n in range(4)] + [(499_000 + n, script(20 + n)) for n in range(4)]
    >>> satrail.shapes.judge(inputs, outputs, only=["equal_output_coinjoin"])
    [Judgement(equal_output_coinjoin: yes, decided by all)]
    >>> satrail.shapes.judge(inputs, outputs, only=["joinmarket"], min_participants=5)
    [Judgement(joinmarket: no, decided by inputs: found 4, wanted at least 5)]
    """

def open(store: str | PathLike[str], *, blocks: str | PathLike[str] | None = None) -> Chain:
    """
    Opens a store for reading, at the tip of its last commit.

    Parameters
    ----------
    store : path of a folder that `satrail.ingest` has made.
    blocks : path of the node's block files, if they have moved since the ingest. Only raw bytes are read from them.

    Raises
    ------
    FileNotFoundError : there is no such folder.
    StoreError : it is not a store, one of a newer format, a damaged or an empty one.

    Examples
    --------
    >>> satrail.open(store).height
    495
    """

def read_truth(folder: str | PathLike[str]) -> Truth:
    """
    The truth of a simulated chain, from the folder that `satrail.simulate` has made. Its tables are read when they are needed.

    Parameters
    ----------
    folder : path of the folder with scenario.json and truth/.

    Raises
    ------
    FileNotFoundError : there is no such folder.
    ValueError : it is not a folder of a simulated chain, or of another format.

    Examples
    --------
    >>> truth = satrail.truth.read("no such folder")
    Traceback (most recent call last):
      ...
    FileNotFoundError: no such folder of a simulated chain: no such folder; check the path
    """

def rerun(chain: Chain, recipe: Recipe | str | Mapping[str, Any], truth: Truth | None = None) -> Any:
    """
    Makes a result again from its recipe, on any store that has the recipe's chain up to its height.

    Parameters
    ----------
    chain : the chain; it may be longer than the recipe's.
    recipe : the `recipe` of a result, or its JSON.
    truth : for evaluations, the truth that they were made with; a recipe only has its digest.

    Raises
    ------
    ValueError : an evaluation without its truth; the recipe is of another chain, ends later than this one, was made with other versions of rules, was changed, or holds a
        Python function.

    Examples
    --------
    >>> trace = chain.trace(chain.block(150).transactions()[0], max_tx_hops=3)
    >>> satrail.rerun(chain, str(trace.recipe)) == trace
    True
    """

def simulate(
    scenario: str,
    folder: str | PathLike[str],
    *,
    seed: SupportsIndex = 0,
    scale: SupportsFloat | SupportsIndex = 1.0,
    progress: Progress = None,
) -> SimulationReport:
    """
    Simulates a chain whose truth is known: real block files of regtest, and beside them who owns what and why it moved.

    The folder gets `blocks` (for [ingest](satrail.ingest)), `truth` with tables as Parquet (entities, addresses, transactions, outputs,
    accounts, balances; for a hidden service also payers and cashouts), `tags.yaml`, a TagPack of what is publicly known, and
    `scenario.json`, which is written last. The same scenario, seed and scale give the same bytes on every machine. What is modelled,
    and what is not, stands in docs/simulate.md, with every column.

    Parameters
    ----------
    scenario : "city" (people, exchanges, merchants, pools, casinos and mixers, 2012 to 2024; about 100,000 transactions at scale 1), or
        "hidden-service" (a service with an address for every user inside a city, 2013 to 2018; at scale 1 with 1,000,000 addresses,
        7,300 payments of 420 BTC and about 250,000 transactions; `watch.csv` and `test_payments.csv` are what an investigator has).
    folder : path of a folder that is empty or not there yet.
    seed : a whole number from 0 to 2**64 - 1.
    scale : how large it is; above 0, and at most 600 (city) or 20 (hidden-service).
    progress : None shows a bar in terminals and notebooks, True always, False never; or a function that is called about ten
        times a second with a dict of phase ("simulate"), blocks, blocks_total, bytes, transactions, seconds.

    Returns
    -------
    SimulationReport : what was made, with the digest over all blocks and all rows of the truth.

    Raises
    ------
    ValueError : an unknown scenario; a scale or a seed that is out of range.
    TypeError : a seed that is not a whole number.
    FileExistsError : the folder is not empty.
    OSError : the disk is full or cannot be written. What was made so far is removed, as it is on Ctrl-C.

    Examples
    --------
    >>> report = satrail.simulate("city", "a-city", seed=1, scale=0.004, progress=False)
    >>> report.height, report.network
    (1200, 'regtest')
    """

def thresholds(network: str = "mainnet") -> dict[str, int | float | bool]:
    """
    The thresholds that shapes are held against, by name, with the defaults of a network. docs/shapes.md says what each means.

    Raises
    ------
    ValueError : an unknown network.

    Examples
    --------
    >>> satrail.shapes.thresholds()["min_participants"]
    3
    >>> satrail.shapes.thresholds("regtest")["whirlpool_first_height"]
    0
    """

def truth_from_chain(chain: Chain, *, folds: Iterable[int] | None = None, threads: int | None = None) -> Truth:
    """
    A truth about change that the chain tells itself, after Möser and Narayanan (Resurrecting Address Clustering in Bitcoin, 2022): of a
    payment with two outputs, one is spent later together with other coins of the payer, so that it ends up in the cluster of the inputs by
    co-spend, and the other does not. It is worked out as of the chain's height, on any store.

    Left out are CoinJoins and what may be one, payments that return something to an address of their inputs, and those of which both outputs, or
    none, end up in the cluster. The table "left_out" counts them.

    Its bias: it is about those who spend their change together with other coins, the careless and the busy; change that is spent alone, or
    never, is not in it, and large services are in it more than once. Where co-spend joined two owners, it is wrong. A rule's rates on
    it say how the rule does there; they are not rates for the whole chain.

    Parameters
    ----------
    folds : only the payers' clusters of these of ten parts, 0 to 9, into which clusters are dealt by a hash of their names. So a rule can
        be chosen on some and measured on others, and no payer is in both.
    threads : how many threads to use; all processors when not given. The result is the same.

    Raises
    ------
    ValueError : a fold that is not from 0 to 9.

    Examples
    --------
    >>> truth = satrail.truth.from_chain(chain)
    >>> rates = satrail.evaluate(satrail.change.optimal(), truth)
    >>> rates.true_positive + rates.false_negative + rates.cannot_tell_positive == len(truth.table("changes"))
    True
    """

def verify(
    store: str | PathLike[str],
    *,
    blocks: str | PathLike[str] | None = None,
    check_blocks: bool = True,
    progress: Progress = None,
) -> VerifyReport:
    """
    Checks a store: the checksums of its files, every reference from one table to another, its indexes and postings; and against the
    block files, every block, transaction, input and output.

    Damage never raises: it is a problem in the report.

    Parameters
    ----------
    store : path of the store's folder.
    blocks : path of the block files, if they have moved since the ingest.
    check_blocks : False leaves the block files alone.
    progress : as in `ingest`; a function gets a dict of phase ("verify"), check, rows, rows_total, problems, seconds.

    Returns
    -------
    VerifyReport : which checks were made, and the problems found.

    Raises
    ------
    FileNotFoundError : there is no such folder.
    StoreError : it is not a store, or one of a newer format.

    Examples
    --------
    >>> satrail.verify(store, progress=False).is_sound
    True
    """
