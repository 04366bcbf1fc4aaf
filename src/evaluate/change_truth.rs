//! Which outputs are change, from what is known of their owners and purposes.
//!
//! An output is change when it returns to who made the transaction, and another of its outputs does not. What one owner moves from himself to
//! himself has no change; neither has a transaction of several owners. Outputs of data are nobody's and count nowhere, and outputs whose
//! owner is not known are neither change nor anything else.

use std::ops::Range;

use crate::chain::pieces::{go_on_or_stop, in_order};
use crate::chain::{BlockFacts, Chain, Facts};
use crate::error::Result;
use crate::evaluate::folder::Folder;
use crate::evaluate::truth::{ChangeTruth, Owners, Truth};
use crate::ids::Height;
use crate::script::Kind;
use crate::sets::outputs::OutputSet;

/// What an output is to who made its transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Own,
    Others,
    Nobodys,
    Unknown,
}

/// From the owners of addresses: in transactions whose inputs are all of one known owner, the outputs that are his.
pub(super) fn of_owners(chain: &Chain, owners: &Owners, threads: usize, go_on: &mut dyn FnMut() -> bool) -> Result<ChangeTruth> {
    let mut truth = ChangeTruth::default();
    in_order(
        &chain.pieces(0)?,
        threads,
        |heights| in_piece(chain, owners, heights.clone()),
        |(change, others)| {
            change.into_iter().for_each(|output| truth.change.push(output));
            others.into_iter().for_each(|output| truth.others.push(output));
            go_on_or_stop(go_on)
        },
    )?;
    Ok(truth)
}

type Found = (Vec<u64>, Vec<u64>);

fn in_piece(chain: &Chain, owners: &Owners, heights: Range<u64>) -> Result<Found> {
    let (mut block, mut found) = (BlockFacts::default(), Found::default());
    for height in heights {
        block.gather(chain, Height(height as u32))?;
        block.transactions().for_each(|facts| in_transaction(&facts, owners, &mut found));
    }
    Ok(found)
}

fn in_transaction(facts: &Facts<'_>, owners: &Owners, found: &mut Found) {
    let Some(sender) = facts.inputs.first().and_then(|input| owners.of(input.address)) else { return };
    if facts.inputs.iter().any(|input| owners.of(input.address) != Some(sender)) {
        return;
    }
    let whose = facts.outputs.iter().map(|output| match owners.of(output.address) {
        _ if output.kind == Kind::OpReturn => Whose::Nobodys,
        Some(owner) if owner == sender => Whose::Own,
        Some(_) => Whose::Others,
        None => Whose::Unknown,
    });
    let whose: Vec<Whose> = whose.collect();
    if whose.iter().all(|whose| matches!(whose, Whose::Own | Whose::Nobodys)) {
        return;
    }
    for (output, whose) in facts.outputs.iter().zip(whose) {
        match whose {
            Whose::Own => found.0.push(output.number.0),
            Whose::Others => found.1.push(output.number.0),
            Whose::Nobodys | Whose::Unknown => {}
        }
    }
}

/// From what a simulated chain says of its outputs: those whose purpose is change, in transactions that one owner made; others are those
/// of other owners. What stays with its owner for another purpose, as in a sweep, is neither.
pub(super) fn of_folder(known: &Truth, folder: &Folder, go_on: &mut dyn FnMut() -> bool) -> Result<ChangeTruth> {
    let (mut change, mut others) = (Vec::new(), Vec::new());
    let makers = known.need_purposes()?.makers.as_deref().unwrap_or_default();
    folder.outputs(
        known,
        |row| {
            let Some(maker) = makers.get(row.transaction.0 as usize).filter(|maker| **maker != crate::ids::NONE_32) else {
                return Ok(());
            };
            match row.purpose {
                "data" | "coinbase" => {}
                "change" => change.push(row.output),
                _ if row.owner != Some(*maker) => others.push(row.output),
                _ => {}
            }
            Ok(())
        },
        go_on,
    )?;
    Ok(ChangeTruth { change: OutputSet::of(change), others: OutputSet::of(others) })
}
