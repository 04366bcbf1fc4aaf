//! A rule over the whole chain.

use std::ops::Range;

use crate::chain::pieces::{go_on_or_stop, in_order};
use crate::chain::{BlockFacts, Chain};
use crate::change::{ChangeRule, Prepared};
use crate::error::Result;
use crate::ids::Height;
use crate::sets::outputs::OutputSet;

/// Transactions of a block that a rule is told of before it is asked about them.
const AHEAD: usize = 16;

impl ChangeRule {
    /// The outputs that the rule leaves in the blocks of some heights, as of the chain's height. They are the same for any number of
    /// threads.
    pub fn evaluate(
        &self,
        chain: &Chain,
        heights: Range<u64>,
        threads: usize,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<OutputSet> {
        let prepared = self.prepare(chain, threads, go_on)?;
        let within = |piece: Range<u64>| piece.start.max(heights.start)..piece.end.min(heights.end);
        let pieces: Vec<_> = chain.pieces(0)?.into_iter().map(within).filter(|piece| !piece.is_empty()).collect();
        let mut all = OutputSet::default();
        in_order(
            &pieces,
            threads,
            |piece| in_piece(chain, &prepared, piece.clone()),
            |found| {
                found.into_iter().for_each(|number| all.push(number));
                go_on_or_stop(go_on)
            },
        )?;
        Ok(all)
    }
}

fn in_piece(chain: &Chain, prepared: &Prepared, heights: Range<u64>) -> Result<Vec<u64>> {
    let (mut block, mut positions, mut found) = (BlockFacts::default(), Vec::new(), Vec::new());
    for height in heights {
        block.gather(chain, Height(height as u32))?;
        let mut ahead = block.transactions();
        ahead.by_ref().take(AHEAD).for_each(|facts| prepared.prefetch(&facts));
        for facts in block.transactions() {
            if let Some(facts) = ahead.next() {
                prepared.prefetch(&facts);
            }
            prepared.candidates(&facts, &mut positions)?;
            found.extend(positions.iter().map(|position| facts.outputs[*position as usize].number.0));
        }
    }
    Ok(found)
}
