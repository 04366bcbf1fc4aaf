//! The flows of a set as tables.

use std::collections::BTreeMap;

use crate::chain::cells::{Cells, table};
use crate::error::Result;
use crate::flows::{Consolidation, Counterparty, FlowMovement, Flows, Party, Sums};
use crate::ids::{AddrNum, OutNum, TxNum};
use crate::table::Table;
use crate::table::columns::{TableColumn, always};

/// Sums of a row, and what there is when it is through.
struct Row<T> {
    of: T,
    sums: Sums,
    balance: i64,
}

pub(super) fn periods(flows: &Flows) -> Result<Table> {
    let mut periods: BTreeMap<i64, Sums> = BTreeMap::new();
    for movement in &flows.movements {
        let time = flows.chain.time_at(flows.chain.height_of(movement.transaction)?)?;
        let sums = periods.entry(flows.options.period.start(time)).or_default();
        sums.add(&movement.sums).ok_or_else(|| flows.chain.too_much())?;
    }
    table(&flows.chain, &with_balances(periods), |rows| {
        let mut columns = vec![always(rows.moment("period", |row| Ok(Some(row.of)))?)];
        columns.extend(sums(rows)?);
        columns.push(rows.amount("transactions", |row| row.sums.transactions as i64)?);
        Ok(columns)
    })
}

pub(super) fn movements(flows: &Flows) -> Result<Table> {
    let rows = flows.movements.iter().map(|FlowMovement { transaction, sums }| (*transaction, *sums));
    table(&flows.chain, &with_balances(rows), |rows| {
        let tx = |row: &Row<TxNum>| Some(row.of);
        let mut columns = vec![
            rows.amount("transaction", |row| row.of.0 as i64)?,
            always(rows.txid("txid", tx)?),
            always(rows.height("height", tx)?),
            always(rows.time("time", tx)?),
        ];
        columns.extend(sums(rows)?);
        Ok(columns)
    })
}

fn with_balances<T>(rows: impl IntoIterator<Item = (T, Sums)>) -> Vec<Row<T>> {
    let mut balance = 0;
    let row = |(of, sums): (T, Sums)| {
        balance += sums.balance();
        Row { of, sums, balance }
    };
    rows.into_iter().map(row).collect()
}

fn sums<T>(rows: &Cells<Row<T>>) -> Result<Vec<TableColumn>> {
    Ok(vec![
        rows.amount("received", |row| row.sums.received as i64)?,
        rows.amount("sent", |row| row.sums.sent as i64)?,
        rows.amount("fees", |row| row.sums.fees as i64)?,
        rows.amount("internal", |row| row.sums.internal as i64)?,
        rows.amount("lost", |row| row.sums.lost as i64)?,
        rows.amount("balance", |row| row.balance)?,
    ])
}

pub(super) fn counterparties(flows: &Flows) -> Result<Table> {
    let numbered: Vec<(i64, Counterparty)> = (1..).zip(flows.counterparties.iter().copied()).collect();
    let has_clusters = flows.options.clusters.is_some();
    let label = |party: Party| match address(party) {
        Some(address) => Ok(flows.options.labels.label(address)?.map(str::to_string)),
        None => Ok(None),
    };
    table(&flows.chain, &numbered, |rows| {
        let (first, last) = (|row: &(i64, Counterparty)| Some(row.1.first), |row: &(i64, Counterparty)| Some(row.1.last));
        let wallet = |party| address(party).filter(|_| has_clusters).map(|name| name.0 as i64);
        Ok(vec![
            rows.amount("rank", |row| row.0)?,
            rows.int64("cluster_id", |row| Ok(wallet(row.1.party)))?,
            rows.address("address", |row| Ok(address(row.1.party)))?,
            always(rows.text("kind", |row| kind(flows, row.1.party).map(Some))?),
            rows.text("label", |row| label(row.1.party))?,
            rows.amount("amount_in", |row| row.1.paid as i64)?,
            rows.amount("amount_out", |row| row.1.got as i64)?,
            rows.amount("transactions_in", |row| row.1.payments as i64)?,
            rows.amount("transactions_out", |row| row.1.withdrawals as i64)?,
            always(rows.height("first_height", first)?),
            always(rows.height("last_height", last)?),
            always(rows.time("first_time", first)?),
            always(rows.time("last_time", last)?),
        ])
    })
}

fn address(party: Party) -> Option<AddrNum> {
    match party {
        Party::Other(address) => Some(address),
        Party::Mined | Party::Unexplained => None,
    }
}

/// The kind of an address, or what there is instead of one.
fn kind(flows: &Flows, party: Party) -> Result<String> {
    Ok(match party {
        Party::Other(address) => flows.chain.kind_of(address)?.name().to_string(),
        Party::Mined => "mined".to_string(),
        Party::Unexplained => "unexplained".to_string(),
    })
}

pub(super) fn deposits(flows: &Flows, min_inputs: u64) -> Result<Table> {
    let gathering: Vec<TxNum> = flows.consolidations_of(min_inputs).iter().map(|found| found.transaction).collect();
    let spender = |output: OutNum| Ok(flows.chain.end_of(output)?.spender());
    let rows = flows.deposits.iter().map(|output| Ok((*output, flows.chain.transaction_of(*output)?, spender(*output)?)));
    table(&flows.chain, &rows.collect::<Result<Vec<_>>>()?, |rows| {
        type Deposit = (OutNum, TxNum, Option<TxNum>);
        let (output, tx, spent): (_, _, fn(&Deposit) -> Option<TxNum>) =
            (|row: &Deposit| Some(row.0), |row: &Deposit| Some(row.1), |row| row.2);
        let gathered = |row: &Deposit| row.2.map(|tx| gathering.binary_search(&tx).is_ok());
        Ok(vec![
            always(rows.txid("txid", tx)?),
            always(rows.position("position", output)?),
            always(rows.height("height", tx)?),
            always(rows.time("time", tx)?),
            rows.paid("address", output)?,
            always(rows.value("amount", output)?),
            rows.txid("spent_txid", spent)?,
            rows.height("spent_height", spent)?,
            rows.flag("gathered", |row| Ok(gathered(row)))?,
        ])
    })
}

pub(super) fn consolidations(flows: &Flows, min_inputs: u64) -> Result<Table> {
    let (chain, clusters) = (&flows.chain, flows.options.clusters.as_ref());
    let wallet = |output| clusters.map(|clusters| Ok(clusters.name_of(chain.address_of(output)?)?.0 as i64)).transpose();
    table(chain, &flows.consolidations_of(min_inputs), |rows| {
        let (tx, output) = (|row: &Consolidation| Some(row.transaction), |row: &Consolidation| Some(row.output));
        Ok(vec![
            always(rows.txid("txid", tx)?),
            always(rows.height("height", tx)?),
            always(rows.time("time", tx)?),
            rows.amount("set_inputs", |row| row.set_inputs as i64)?,
            rows.amount("inputs", |row| row.inputs as i64)?,
            rows.amount("amount", |row| row.amount as i64)?,
            always(rows.position("position", output)?),
            rows.paid("address", output)?,
            rows.int64("cluster_id", |row| wallet(row.output))?,
            always(rows.value("value", output)?),
            always(rows.flag("inside", |row| Ok(Some(flows.members.contains(chain.address_of(row.output)?))))?),
        ])
    })
}
