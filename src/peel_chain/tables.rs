//! A peel chain as tables.

use crate::chain::Chain;
use crate::chain::cells::table;
use crate::error::Result;
use crate::ids::OutNum;
use crate::peel_chain::decide::{Reading, names};
use crate::peel_chain::walk::in_words;
use crate::peel_chain::{PeelChain, PeelStep, PeelStop};
use crate::table::Table;
use crate::table::columns::{TableColumn, always};

/// A step, with its sums.
struct StepRow<'a> {
    step: &'a PeelStep,
    input_value: u64,
    change_value: u64,
    peeled: u64,
    /// Of this step and those above it.
    total: u64,
    decided_by: &'static str,
}

/// An output that was peeled off.
struct PeeledRow<'a> {
    step: &'a PeelStep,
    output: OutNum,
    reading: &'a Reading,
}

pub(super) fn steps(peel: &PeelChain) -> Result<Table> {
    table(&peel.chain, &step_rows(peel)?, |rows| {
        Ok(vec![
            rows.amount("step", |row| row.step.step)?,
            always(rows.txid("txid", |row| Some(row.step.transaction))?),
            always(rows.height("height", |row| Some(row.step.transaction))?),
            always(rows.time("time", |row| Some(row.step.transaction))?),
            rows.amount("input_value", |row| row.input_value as i64)?,
            always(rows.position("change_position", |row| Some(row.step.change))?),
            rows.paid("change_address", |row| Some(row.step.change))?,
            rows.amount("change_value", |row| row.change_value as i64)?,
            rows.amount("peeled", |row| row.peeled as i64)?,
            rows.amount("peeled_total", |row| row.total as i64)?,
            always(rows.text("decided_by", |row| Ok(Some(row.decided_by.to_string())))?),
            always(rows.text("features", |row| Ok(Some(names(&row.step.shared))))?),
            always(rows.text("reason", |row| Ok(Some(in_words(&row.step.readings))))?),
        ])
    })
}

fn step_rows(peel: &PeelChain) -> Result<Vec<StepRow<'_>>> {
    let (chain, mut total) = (&peel.chain, 0u64);
    let row = |step| -> Result<StepRow> {
        let peeled = PeelStep::peeled(step, chain)?;
        total = total.saturating_add(peeled);
        Ok(StepRow {
            step,
            input_value: chain.value_of(step.coin)?,
            change_value: chain.value_of(step.change)?,
            peeled,
            total,
            decided_by: step.decided_by(),
        })
    };
    peel.steps.iter().map(row).collect()
}

pub(super) fn peeled(peel: &PeelChain) -> Result<Table> {
    let clusters = peel.options.clusters.as_ref();
    let wallet = |output: OutNum| clusters.map(|clusters| clusters.name_of(peel.chain.address_of(output)?)).transpose();
    let label = |output: OutNum| Ok(peel.options.stop_at.label(peel.chain.address_of(output)?)?.map(str::to_string));
    table(&peel.chain, &peeled_rows(&peel.chain, &peel.steps)?, |rows| {
        Ok(vec![
            rows.amount("step", |row| row.step.step)?,
            always(rows.txid("txid", |row| Some(row.step.transaction))?),
            always(rows.position("position", |row| Some(row.output))?),
            rows.paid("address", |row| Some(row.output))?,
            rows.int64("cluster_id", |row| Ok(wallet(row.output)?.map(|name| name.0 as i64)))?,
            rows.text("label", |row| label(row.output))?,
            always(rows.value("amount", |row| Some(row.output))?),
            always(rows.height("height", |row| Some(row.step.transaction))?),
            always(rows.time("time", |row| Some(row.step.transaction))?),
            always(rows.text("ruled_out_by", |row| Ok(Some(row.reading.name().to_string())))?),
            always(rows.text("reason", |row| Ok(Some(format!("it {}", row.reading))))?),
        ])
    })
}

fn peeled_rows<'a>(chain: &Chain, steps: &'a [PeelStep]) -> Result<Vec<PeeledRow<'a>>> {
    let mut rows = Vec::new();
    for step in steps {
        let outputs = chain.outputs_of(step.transaction)?.zip(&step.readings);
        let others = outputs.filter(|(output, _)| *output != step.change);
        rows.extend(others.map(|(output, reading)| PeeledRow { step, output, reading }));
    }
    Ok(rows)
}

pub(super) fn stop(peel: &PeelChain) -> Result<Table> {
    let candidates = |stop: &PeelStop| stop.readings.iter().filter(|reading| reading.is_candidate()).count() as i64;
    table(&peel.chain, &peel.stops, |rows| -> Result<Vec<TableColumn>> {
        Ok(vec![
            always(rows.text("direction", |stop| Ok(Some(stop.direction.name().to_string())))?),
            always(rows.text("reason", |stop| Ok(Some(stop.reason.name().to_string())))?),
            always(rows.output_txid("coin_txid", |stop| Some(stop.coin))?),
            always(rows.position("coin_position", |stop| Some(stop.coin))?),
            rows.paid("coin_address", |stop| Some(stop.coin))?,
            always(rows.value("coin_value", |stop| Some(stop.coin))?),
            rows.txid("txid", |stop| stop.transaction)?,
            rows.height("height", |stop| stop.transaction)?,
            rows.time("time", |stop| stop.transaction)?,
            rows.int64("candidates", |stop| Ok((!stop.readings.is_empty()).then(|| candidates(stop))))?,
            always(rows.text("explanation", |stop| Ok(Some(stop.explanation.clone())))?),
        ])
    })
}
