//! Building the forest: threads gather edges, and one pass in chain order joins by them. So the result does not depend on the threads.

use crate::chain::Chain;
use crate::chain::pieces::{go_on_or_stop, in_order};
use crate::cluster::cannot_link::{Guard, Refused};
use crate::cluster::edges::Edges;
use crate::cluster::forest::Forest;
use crate::cluster::settings::Settings;
use crate::error::Result;
use crate::ids::{Height, TxNum};

/// The forest of the first blocks of a chain.
#[derive(Clone, Default)]
pub(super) struct Built {
    pub forest: Forest,
    pub refused: Vec<Refused>,
    /// How many blocks it covers.
    pub blocks: u64,
}

impl Built {
    /// Goes on to the chain's tip.
    pub fn extend(mut self, chain: &Chain, settings: &Settings, threads: usize, go_on: &mut dyn FnMut() -> bool) -> Result<Built> {
        let first = match self.blocks {
            0 => TxNum(0),
            blocks => chain.transactions_in(Height(blocks as u32 - 1))?.end(),
        };
        self.forest.grow(chain.counts().addresses as usize);
        let edges = Edges::prepare(chain, settings, first, threads, go_on)?;
        let pieces = chain.pieces(self.blocks)?;
        let gather = |piece: &std::ops::Range<u64>| edges.of_blocks(piece.clone());
        if settings.cannot_link.is_empty() {
            in_order(&pieces, threads, gather, |edges| {
                self.forest.add_all(&edges);
                go_on_or_stop(go_on)
            })?;
        } else {
            let mut guard = Guard::new(&mut self.forest, &settings.cannot_link)?;
            in_order(&pieces, threads, gather, |edges| {
                edges.into_iter().for_each(|edge| guard.add(edge));
                go_on_or_stop(go_on)
            })?;
            self.refused.append(&mut guard.refused);
        }
        self.blocks = chain.counts().blocks;
        Ok(self)
    }
}
