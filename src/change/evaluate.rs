//! A rule over the whole chain.

use std::ops::Range;

use crate::chain::pieces::{go_on_or_stop, in_order};
use crate::chain::{BlockFacts, Chain};
use crate::change::Rule;
use crate::error::Result;
use crate::ids::{Height, OutNum, TxNum};

/// An output that a rule leaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Candidate {
    pub transaction: TxNum,
    pub output: OutNum,
    pub position: u32,
    pub spent: bool,
}

impl Rule {
    /// The outputs that the rule leaves in the blocks of some heights, in chain order. It is evaluated as of the chain's height.
    pub fn evaluate(
        &self,
        chain: &Chain,
        heights: Range<u64>,
        threads: usize,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<Vec<Candidate>> {
        let prepared = self.prepare(chain, threads, go_on)?;
        let within = |piece: Range<u64>| piece.start.max(heights.start)..piece.end.min(heights.end);
        let pieces: Vec<_> = chain.pieces(0)?.into_iter().map(within).filter(|piece| !piece.is_empty()).collect();
        let work = |piece: &Range<u64>| -> Result<Vec<Candidate>> {
            let (mut facts, mut positions, mut candidates) = (BlockFacts::default(), Vec::new(), Vec::new());
            for height in piece.clone() {
                facts.gather(chain, Height(height as u32))?;
                for facts in facts.transactions() {
                    prepared.candidates(&facts, &mut positions)?;
                    candidates.extend(positions.iter().map(|position| {
                        let output = &facts.outputs[*position as usize];
                        let spent = output.spender.is_some();
                        Candidate { transaction: facts.number, output: output.number, position: *position, spent }
                    }));
                }
            }
            Ok(candidates)
        };
        let mut all = Vec::new();
        in_order(&pieces, threads, work, |mut candidates| {
            all.append(&mut candidates);
            go_on_or_stop(go_on)
        })?;
        Ok(all)
    }
}
