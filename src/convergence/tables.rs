//! Where payments meet, as tables.

use crate::chain::End;
use crate::chain::cells::table;
use crate::convergence::{Arrival, Convergence, Meeting, WalletMeeting, Waypoint};
use crate::error::Result;
use crate::ids::OutNum;
use crate::table::Table;
use crate::table::columns::always;

pub(super) fn payments(gathering: &Convergence) -> Result<Table> {
    let numbered: Vec<(usize, OutNum)> = gathering.payments.iter().copied().enumerate().collect();
    let chain = &gathering.chain;
    let hops = |payment: usize| {
        let arrivals = gathering.meetings.last().into_iter().flat_map(|meeting| &meeting.arrivals);
        arrivals.into_iter().find(|arrival| arrival.payment as usize == payment).map(|arrival| arrival.tx_hops as i64)
    };
    let spent = |output| Ok(matches!(chain.end_of(output)?, End::Spent(_)));
    table(chain, &numbered, |rows| {
        let output = |row: &(usize, OutNum)| Some(row.1);
        Ok(vec![
            rows.amount("payment", |row| row.0 as i64)?,
            always(rows.output_txid("txid", output)?),
            always(rows.position("position", output)?),
            always(rows.output_height("height", output)?),
            always(rows.output_time("time", output)?),
            rows.paid("address", output)?,
            always(rows.value("amount", output)?),
            always(rows.flag("spent", |row| Ok(Some(spent(row.1)?)))?),
            rows.amount("transactions_reached", |row| gathering.reached[row.0] as i64)?,
            rows.int32("tx_hops", |row| Ok(hops(row.0)))?,
        ])
    })
}

pub(super) fn meetings(gathering: &Convergence) -> Result<Table> {
    table(&gathering.chain, &gathering.meetings, |rows| {
        let tx = |row: &Meeting| Some(row.transaction);
        Ok(vec![
            rows.amount("at_least", |row| row.at_least as i64)?,
            rows.amount("transaction", |row| row.transaction.0 as i64)?,
            always(rows.txid("txid", tx)?),
            always(rows.height("height", tx)?),
            always(rows.time("time", tx)?),
            rows.amount("count", |row| row.arrivals.len() as i64)?,
            always(rows.text("payments", |row| Ok(Some(listed(&row.arrivals, |arrival| arrival.payment as u32))))?),
            always(rows.text("tx_hops", |row| Ok(Some(listed(&row.arrivals, |arrival| arrival.tx_hops))))?),
        ])
    })
}

pub(super) fn wallets(gathering: &Convergence) -> Result<Table> {
    table(&gathering.chain, &gathering.wallets, |rows| {
        let tx = |row: &WalletMeeting| Some(row.transaction);
        Ok(vec![
            rows.amount("at_least", |row| row.at_least as i64)?,
            rows.amount("cluster_id", |row| row.wallet.0 as i64)?,
            rows.address("address", |row| Ok(Some(row.wallet)))?,
            always(rows.txid("txid", tx)?),
            always(rows.height("height", tx)?),
            always(rows.time("time", tx)?),
            rows.amount("count", |row| row.arrivals.len() as i64)?,
            always(rows.text("payments", |row| Ok(Some(listed(&row.arrivals, |arrival| arrival.payment as u32))))?),
            always(rows.text("tx_hops", |row| Ok(Some(listed(&row.arrivals, |arrival| arrival.tx_hops))))?),
        ])
    })
}

/// "0, 2, 5"
fn listed(arrivals: &[Arrival], number: impl Fn(&Arrival) -> u32) -> String {
    arrivals.iter().map(|arrival| number(arrival).to_string()).collect::<Vec<_>>().join(", ")
}

pub(super) fn paths(gathering: &Convergence, paths: &[Waypoint]) -> Result<Table> {
    let (chain, clusters) = (&gathering.chain, gathering.options.clusters.as_ref());
    let wallet = |coin| clusters.map(|clusters| Ok(clusters.name_of(chain.address_of(coin)?)?.0 as i64)).transpose();
    table(chain, paths, |rows| {
        let coin = |row: &Waypoint| Some(row.coin);
        Ok(vec![
            rows.amount("payment", |row| row.payment as i64)?,
            rows.amount("tx_hop", |row| row.hop as i64)?,
            always(rows.output_txid("txid", coin)?),
            always(rows.position("position", coin)?),
            always(rows.output_height("height", coin)?),
            always(rows.output_time("time", coin)?),
            rows.paid("address", coin)?,
            rows.int64("cluster_id", |row| wallet(row.coin))?,
            always(rows.value("amount", coin)?),
            rows.txid("next_txid", |row| row.next)?,
            rows.height("next_height", |row| row.next)?,
        ])
    })
}
