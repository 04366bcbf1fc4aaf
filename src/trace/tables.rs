//! Traces as tables, whose rows are made when they are read.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray, TimestampSecondArray};
use arrow_schema::SchemaRef;

use crate::chain::Chain;
use crate::error::Result;
use crate::ids::{AddrNum, OutNum, TxNum, hash_text};
use crate::table::Maker;
use crate::table::Table;
use crate::trace::place::Place;
use crate::trace::sweep::next::senders;
use crate::trace::{Outcome, SourceShare, Step, Trace};

/// A column with its name and whether it can be null.
type Named = (&'static str, ArrayRef, bool);

impl Trace {
    /// One row a step: an output or an account that traced money arrived at, or a part of it that none took (fee, unexplained).
    ///
    /// | column | |
    /// |---|---|
    /// | `step` | its number, from 0 |
    /// | `hop` | steps between wallets from the source on; null without clusters |
    /// | `tx_hop` | transactions from the source on, this one included; 0 for the source |
    /// | `transaction`, `txid`, `height`, `time` | the transaction that moved the money; null for the source |
    /// | `from_address`, `from_cluster_id` | of that transaction's inputs, where all have the same |
    /// | `output`, `output_txid`, `output_position`, `address`, `cluster_id`, `kind`, `value` | where it arrived; null for a fee and the like |
    /// | `amount` | satoshi of traced money |
    /// | `share` | `amount / value` |
    /// | `outcome`, `label` | `followed`, or why the trace ends here; at which label it stopped |
    /// | `next`, `next_txid` | the transaction by which it is followed |
    ///
    /// A row stands for a transaction and an output, not for a pair of input and output. The amounts with a transaction as `next` and the
    /// amounts with it as `transaction` have the same sum, but under poison.
    pub fn steps(&self) -> Table {
        steps(self)
    }

    /// One row an output, or an account, at which the trace ends, in the order of the steps.
    ///
    /// | column | |
    /// |---|---|
    /// | `output`, `txid`, `position`, `address`, `kind` | the output; null for an account |
    /// | `cluster_id` | the cluster that it belongs to |
    /// | `reason`, `label` | why the trace ends here, an outcome of docs/traces.md; at which label it stopped |
    /// | `amount` | satoshi of traced money |
    /// | `value` | satoshi in the output |
    /// | `height`, `time` | of the transaction that it belongs to |
    /// | `hop`, `tx_hop` | steps between wallets, and transactions, from the source to it |
    ///
    /// With the ledger's fees, unclaimed, unexplained and what comes from subsidies, the amounts add up to its source.
    pub fn ends(&self) -> Result<Table> {
        ends(self)
    }

    /// [`Trace::source_shares`] as a table: source (number and name), output, txid, position, cluster_id, reason, label, amount.
    pub fn ends_by_source(&self, progress: impl FnMut(u64) -> bool) -> Result<Table> {
        ends_by_source(self, &self.source_shares(progress)?)
    }
}

fn steps(trace: &Trace) -> Table {
    let trace = trace.clone();
    let end = trace.len();
    made(end, move |rows| {
        let steps: Vec<Step> = rows.clone().map(|number| trace.step(number)).collect::<Result<_>>()?;
        let cells = Cells::of(&trace, &steps);
        let mut columns: Vec<Named> =
            vec![("step", Arc::new(Int64Array::from_iter_values(rows.map(|number| number as i64))), false)];
        columns.extend(cells.moved()?);
        columns.extend(cells.arrived()?);
        columns.extend(cells.became()?);
        Ok(columns)
    })
}

fn ends(trace: &Trace) -> Result<Table> {
    let trace = trace.clone();
    let held = trace.accounts().held().len();
    let outputs = trace.ends_at()?.len();
    Ok(made((outputs + held) as u64, move |rows| {
        let steps: Vec<Step> = rows
            .map(|row| match trace.ends_at()?.get(row as usize) {
                Some(number) => trace.step(*number as u64),
                None => Ok(trace.accounts().held()[row as usize - outputs].step()),
            })
            .collect::<Result<_>>()?;
        Cells::of(&trace, &steps).ended()
    }))
}

fn ends_by_source(trace: &Trace, shares: &[SourceShare]) -> Result<Table> {
    let (trace, shares): (Trace, Arc<[SourceShare]>) = (trace.clone(), shares.into());
    Ok(made(shares.len() as u64, move |rows| {
        let shares = &shares[rows.start as usize..rows.end as usize];
        let steps: Vec<Step> = shares.iter().map(|share| share.step).collect();
        let cells = Cells::of(&trace, &steps);
        let name = |share: &SourceShare| trace.source().names()[share.source as usize].clone();
        Ok(vec![
            ("source", Arc::new(Int64Array::from_iter_values(shares.iter().map(|share| share.source as i64))), false),
            ("name", Arc::new(StringArray::from_iter(shares.iter().map(name))), true),
            ("output", cells.int64(|step| Ok(step.place.output().map(|o| o.0 as i64)))?, true),
            ("txid", cells.text(|step| cells.txid(cells.maker(step)?))?, true),
            ("position", cells.int32(|step| cells.position(step))?, true),
            ("cluster_id", cells.int64(|step| cells.wallet(step))?, true),
            ("reason", cells.text(|step| Ok(Some(step.outcome.name().to_string())))?, false),
            ("label", cells.text(|step| Ok(cells.label(step)))?, true),
            ("amount", Arc::new(Int64Array::from_iter_values(shares.iter().map(|share| share.amount as i64))), false),
        ])
    }))
}

/// Makes the columns of a range of rows.
struct Made<F>(F);

impl<F: Fn(Range<u64>) -> Result<Vec<Named>> + Send + Sync> Maker for Made<F> {
    fn batch(&self, rows: Range<u64>) -> Result<RecordBatch> {
        Ok(RecordBatch::try_from_iter_with_nullable((self.0)(rows)?)
            .expect("the columns have one length, and nulls only where they may"))
    }
}

fn made(end: u64, columns: impl Fn(Range<u64>) -> Result<Vec<Named>> + Send + Sync + 'static) -> Table {
    let maker = Made(columns);
    let schema: SchemaRef = maker.batch(0..0).map(|batch| batch.schema()).expect("no rows need nothing of the chain");
    Table::made(schema, 0..end, maker)
}

/// The steps of one batch, and the cells that they give.
struct Cells<'a> {
    trace: &'a Trace,
    chain: &'a Chain,
    steps: &'a [Step],
    /// The inputs' address and wallet of the transaction that was looked at last: the steps of one stand together.
    from: RefCell<Option<(TxNum, From)>>,
}

/// What all inputs of a transaction have in common.
#[derive(Clone, Copy, Default)]
struct From {
    address: Option<AddrNum>,
    wallet: Option<AddrNum>,
}

impl<'a> Cells<'a> {
    fn of(trace: &'a Trace, steps: &'a [Step]) -> Cells<'a> {
        Cells { trace, chain: trace.chain(), steps, from: RefCell::new(None) }
    }

    /// How money moved.
    fn moved(&self) -> Result<Vec<Named>> {
        Ok(vec![
            ("hop", self.int32(|step| Ok(step.hop.map(|hop| hop as i64)))?, true),
            ("tx_hop", self.int32(|step| Ok(Some(step.tx_hop as i64)))?, false),
            ("transaction", self.int64(|step| Ok(step.by.map(|tx| tx.0 as i64)))?, true),
            ("txid", self.text(|step| self.txid(step.by))?, true),
            ("height", self.int32(|step| self.height(step.by))?, true),
            ("time", self.time(|step| self.block_time(step.by))?, true),
            ("from_address", self.text(|step| self.address_text(self.from(step)?.address))?, true),
            ("from_cluster_id", self.int64(|step| Ok(self.from(step)?.wallet.map(|name| name.0 as i64)))?, true),
        ])
    }

    /// Where it arrived.
    fn arrived(&self) -> Result<Vec<Named>> {
        Ok(vec![
            ("output", self.int64(|step| Ok(step.place.output().map(|o| o.0 as i64)))?, true),
            ("output_txid", self.text(|step| self.txid(self.maker(step)?))?, true),
            ("output_position", self.int32(|step| self.position(step))?, true),
            ("address", self.text(|step| self.address_text(self.owner(step)?))?, true),
            ("cluster_id", self.int64(|step| self.wallet(step))?, true),
            ("kind", self.text(|step| self.kind(step))?, true),
            ("value", self.int64(|step| self.value(step))?, true),
            ("amount", self.int64(|step| Ok(Some(step.amount as i64)))?, false),
            ("share", self.share()?, true),
        ])
    }

    /// What became of it.
    fn became(&self) -> Result<Vec<Named>> {
        Ok(vec![
            ("outcome", self.text(|step| Ok(Some(step.outcome.name().to_string())))?, false),
            ("label", self.text(|step| Ok(self.label(step)))?, true),
            ("next", self.int64(|step| Ok(step.outcome.next().map(|tx| tx.0 as i64)))?, true),
            ("next_txid", self.text(|step| self.txid(step.outcome.next()))?, true),
        ])
    }

    fn ended(&self) -> Result<Vec<Named>> {
        Ok(vec![
            ("output", self.int64(|step| Ok(step.place.output().map(|o| o.0 as i64)))?, true),
            ("txid", self.text(|step| self.txid(self.maker(step)?))?, true),
            ("position", self.int32(|step| self.position(step))?, true),
            ("address", self.text(|step| self.address_text(self.owner(step)?))?, true),
            ("cluster_id", self.int64(|step| self.wallet(step))?, true),
            ("kind", self.text(|step| self.kind(step))?, true),
            ("reason", self.text(|step| Ok(Some(step.outcome.name().to_string())))?, false),
            ("label", self.text(|step| Ok(self.label(step)))?, true),
            ("amount", self.int64(|step| Ok(Some(step.amount as i64)))?, false),
            ("value", self.int64(|step| self.value(step))?, true),
            ("height", self.int32(|step| self.height(self.maker(step)?))?, true),
            ("time", self.time(|step| self.block_time(self.maker(step)?))?, true),
            ("hop", self.int32(|step| Ok(step.hop.map(|hop| hop as i64)))?, true),
            ("tx_hop", self.int32(|step| Ok(Some(step.tx_hop as i64)))?, false),
        ])
    }

    /// The transaction that a step's output belongs to.
    fn maker(&self, step: &Step) -> Result<Option<TxNum>> {
        step.place.output().map(|output| self.chain.transaction_of(output)).transpose()
    }

    fn from(&self, step: &Step) -> Result<From> {
        let Some(by) = step.by else { return Ok(From::default()) };
        if let Some((_, from)) = self.from.borrow().filter(|(tx, _)| *tx == by) {
            return Ok(from);
        }
        let from = From { address: self.only_address(by)?, wallet: self.only_wallet(by)? };
        self.from.replace(Some((by, from)));
        Ok(from)
    }

    fn only_address(&self, tx: TxNum) -> Result<Option<AddrNum>> {
        let mut only = None;
        for input in self.chain.inputs_of(tx)? {
            let Some(output) = self.chain.spends(input)? else { return Ok(None) };
            let address = self.chain.address_of(output)?;
            if *only.get_or_insert(address) != address {
                return Ok(None);
            }
        }
        Ok(only)
    }

    fn only_wallet(&self, tx: TxNum) -> Result<Option<AddrNum>> {
        let Some(clusters) = &self.trace.options().clusters else { return Ok(None) };
        let mut wallets = Vec::new();
        senders(self.chain, clusters, tx, &mut wallets)?;
        Ok(if let [only] = wallets[..] { Some(only) } else { None })
    }

    fn txid(&self, tx: Option<TxNum>) -> Result<Option<String>> {
        tx.map(|tx| Ok(hash_text(&self.chain.txid(tx)?))).transpose()
    }

    fn height(&self, tx: Option<TxNum>) -> Result<Option<i64>> {
        tx.map(|tx| Ok(self.chain.height_of(tx)?.0 as i64)).transpose()
    }

    fn block_time(&self, tx: Option<TxNum>) -> Result<Option<i64>> {
        tx.map(|tx| Ok(self.chain.time_at(self.chain.height_of(tx)?)? as i64)).transpose()
    }

    fn position(&self, step: &Step) -> Result<Option<i64>> {
        let position = |output: OutNum| {
            let first = self.chain.outputs_of(self.chain.transaction_of(output)?)?.start().0;
            Ok((output.0 - first) as i64)
        };
        step.place.output().map(position).transpose()
    }

    fn owner(&self, step: &Step) -> Result<Option<AddrNum>> {
        step.place.output().map(|output| self.chain.address_of(output)).transpose()
    }

    fn wallet(&self, step: &Step) -> Result<Option<i64>> {
        let name = match (step.place, &self.trace.options().clusters) {
            (Place::Account(wallet), _) => Some(wallet),
            (Place::Output(output), Some(clusters)) => Some(clusters.name_of(self.chain.address_of(output)?)?),
            _ => None,
        };
        Ok(name.map(|name| name.0 as i64))
    }

    fn label(&self, step: &Step) -> Option<String> {
        let Outcome::Stopped(label) = step.outcome else { return None };
        self.trace.options().stops.labels().get(label as usize).cloned()
    }

    fn address_text(&self, address: Option<AddrNum>) -> Result<Option<String>> {
        Ok(address.map(|address| self.chain.address_text(address)).transpose()?.flatten())
    }

    fn kind(&self, step: &Step) -> Result<Option<String>> {
        self.owner(step)?.map(|address| Ok(self.chain.kind_of(address)?.name().to_string())).transpose()
    }

    fn value(&self, step: &Step) -> Result<Option<i64>> {
        step.place.output().map(|output| Ok(self.chain.value_of(output)? as i64)).transpose()
    }

    /// Null where there is no value to have a share of.
    fn share(&self) -> Result<ArrayRef> {
        let share = |step: &Step| Ok(self.value(step)?.filter(|value| *value > 0).map(|value| step.amount as f64 / value as f64));
        Ok(Arc::new(Float64Array::from(self.each(share)?)))
    }

    fn each<T>(&self, cell: impl Fn(&Step) -> Result<Option<T>>) -> Result<Vec<Option<T>>> {
        self.steps.iter().map(cell).collect()
    }

    fn int32(&self, cell: impl Fn(&Step) -> Result<Option<i64>>) -> Result<ArrayRef> {
        Ok(Arc::new(Int32Array::from_iter(self.each(cell)?.into_iter().map(|n| n.map(|n| n as i32)))))
    }

    fn int64(&self, cell: impl Fn(&Step) -> Result<Option<i64>>) -> Result<ArrayRef> {
        Ok(Arc::new(Int64Array::from(self.each(cell)?)))
    }

    fn time(&self, cell: impl Fn(&Step) -> Result<Option<i64>>) -> Result<ArrayRef> {
        Ok(Arc::new(TimestampSecondArray::from(self.each(cell)?).with_timezone("UTC")))
    }

    fn text(&self, cell: impl Fn(&Step) -> Result<Option<String>>) -> Result<ArrayRef> {
        Ok(Arc::new(StringArray::from(self.each(cell)?)))
    }
}
