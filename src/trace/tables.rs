//! Traces as tables, whose rows are made when they are read.

use std::cell::RefCell;
use std::sync::Arc;

use crate::chain::cells::Cells;
use crate::error::Result;
use crate::ids::{AddrNum, OutNum, TxNum};
use crate::table::Table;
use crate::table::columns::{TableColumn, always, amount, int64, made, nullable};
use crate::trace::place::Place;
use crate::trace::sweep::next::senders;
use crate::trace::{Outcome, SourceShare, Step, Trace};

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
        Ok(ends_by_source(self, &self.source_shares(progress)?))
    }
}

fn steps(trace: &Trace) -> Table {
    let trace = trace.clone();
    made(trace.len(), move |rows| {
        let steps: Vec<Step> = rows.clone().map(|number| trace.step(number)).collect::<Result<_>>()?;
        let cells = StepCells::of(&trace, &steps);
        let mut columns = vec![int64("step", rows.map(|number| number as i64))];
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
        StepCells::of(&trace, &steps).ended()
    }))
}

fn ends_by_source(trace: &Trace, shares: &[SourceShare]) -> Table {
    let (trace, shares): (Trace, Arc<[SourceShare]>) = (trace.clone(), shares.into());
    made(shares.len() as u64, move |rows| {
        let shares = &shares[rows.start as usize..rows.end as usize];
        let steps: Vec<Step> = shares.iter().map(|share| share.step).collect();
        let steps = StepCells::of(&trace, &steps);
        let mut columns = vec![
            int64("source", shares.iter().map(|share| share.source as i64)),
            nullable::text("name", shares.iter().map(|share| trace.source().names()[share.source as usize].as_ref())),
        ];
        columns.extend(steps.coin()?);
        columns.extend([steps.wallet()?, steps.reason("reason"), steps.label()?]);
        columns.push(amount("amount", shares.iter().map(|share| share.amount)));
        Ok(columns)
    })
}

/// The steps of one batch, and the cells that they give.
struct StepCells<'a> {
    trace: &'a Trace,
    cells: Cells<'a, Step>,
    /// The inputs' address and wallet of the transaction that was looked at last: the steps of one stand together.
    from: RefCell<Option<(TxNum, From)>>,
}

/// What all inputs of a transaction have in common.
#[derive(Clone, Copy, Default)]
struct From {
    address: Option<AddrNum>,
    wallet: Option<AddrNum>,
}

impl<'a> StepCells<'a> {
    fn of(trace: &'a Trace, steps: &'a [Step]) -> StepCells<'a> {
        StepCells { trace, cells: Cells { chain: trace.chain(), rows: steps }, from: RefCell::new(None) }
    }

    /// How money moved.
    fn moved(&self) -> Result<Vec<TableColumn>> {
        let (cells, by) = (&self.cells, |step: &Step| step.by);
        let mut columns = self.hops()?;
        columns.extend([
            cells.int64("transaction", |step| Ok(step.by.map(|tx| tx.0 as i64)))?,
            cells.txid("txid", by)?,
            cells.height("height", by)?,
            cells.time("time", by)?,
            cells.address("from_address", |step| Ok(self.from(step)?.address))?,
            cells.int64("from_cluster_id", |step| Ok(self.from(step)?.wallet.map(|name| name.0 as i64)))?,
        ]);
        Ok(columns)
    }

    fn hops(&self) -> Result<Vec<TableColumn>> {
        Ok(vec![
            self.cells.int32("hop", |step| Ok(step.hop.map(|hop| hop as i64)))?,
            always(self.cells.int32("tx_hop", |step| Ok(Some(step.tx_hop as i64)))?),
        ])
    }

    /// Where it arrived.
    fn arrived(&self) -> Result<Vec<TableColumn>> {
        Ok(vec![
            self.cells.int64("output", |step| Ok(output(step).map(|output| output.0 as i64)))?,
            self.cells.output_txid("output_txid", output)?,
            self.cells.position("output_position", output)?,
            self.cells.paid("address", output)?,
            self.wallet()?,
            self.kind()?,
            self.cells.value("value", output)?,
            self.amount()?,
            self.share()?,
        ])
    }

    /// What became of it.
    fn became(&self) -> Result<Vec<TableColumn>> {
        Ok(vec![
            self.reason("outcome"),
            self.label()?,
            self.cells.int64("next", |step| Ok(step.outcome.next().map(|tx| tx.0 as i64)))?,
            self.cells.txid("next_txid", |step| step.outcome.next())?,
        ])
    }

    fn ended(&self) -> Result<Vec<TableColumn>> {
        let mut columns = self.coin()?;
        columns.extend([
            self.cells.paid("address", output)?,
            self.wallet()?,
            self.kind()?,
            self.reason("reason"),
            self.label()?,
            self.amount()?,
            self.cells.value("value", output)?,
            self.cells.output_height("height", output)?,
            self.cells.output_time("time", output)?,
        ]);
        columns.extend(self.hops()?);
        Ok(columns)
    }

    /// The output, and where it stands.
    fn coin(&self) -> Result<Vec<TableColumn>> {
        Ok(vec![
            self.cells.int64("output", |step| Ok(output(step).map(|output| output.0 as i64)))?,
            self.cells.output_txid("txid", output)?,
            self.cells.position("position", output)?,
        ])
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
        for input in self.cells.chain.inputs_of(tx)? {
            let Some(output) = self.cells.chain.spends(input)? else { return Ok(None) };
            let address = self.cells.chain.address_of(output)?;
            if *only.get_or_insert(address) != address {
                return Ok(None);
            }
        }
        Ok(only)
    }

    fn only_wallet(&self, tx: TxNum) -> Result<Option<AddrNum>> {
        let Some(clusters) = &self.trace.options().clusters else { return Ok(None) };
        let mut wallets = Vec::new();
        senders(self.cells.chain, clusters, tx, &mut wallets)?;
        Ok(if let [only] = wallets[..] { Some(only) } else { None })
    }

    fn wallet(&self) -> Result<TableColumn> {
        let name = |step: &Step| match (step.place, &self.trace.options().clusters) {
            (Place::Account(wallet), _) => Ok(Some(wallet)),
            (Place::Output(output), Some(clusters)) => clusters.name_of(self.cells.chain.address_of(output)?).map(Some),
            _ => Ok(None),
        };
        self.cells.int64("cluster_id", |step| Ok(name(step)?.map(|name| name.0 as i64)))
    }

    fn reason(&self, name: &'static str) -> TableColumn {
        self.cells.word(name, |step| step.outcome.name())
    }

    fn label(&self) -> Result<TableColumn> {
        self.cells.text("label", |step| {
            let Outcome::Stopped(label) = step.outcome else { return Ok(None) };
            Ok(self.trace.options().stops.labels().get(label as usize))
        })
    }

    fn kind(&self) -> Result<TableColumn> {
        let chain = self.cells.chain;
        self.cells.text("kind", |step| output(step).map(|output| Ok(chain.kind_of(chain.address_of(output)?)?.name())).transpose())
    }

    fn amount(&self) -> Result<TableColumn> {
        self.cells.amount("amount", |step| step.amount as i64)
    }

    /// Null where there is no value to have a share of.
    fn share(&self) -> Result<TableColumn> {
        let value = |step: &Step| output(step).map(|output| self.cells.chain.value_of(output)).transpose();
        let share = |step: &Step| Ok(value(step)?.filter(|value| *value > 0).map(|value| step.amount as f64 / value as f64));
        self.cells.float64("share", share)
    }
}

/// The output that money arrived at.
fn output(step: &Step) -> Option<OutNum> {
    step.place.output()
}
