//! What a trace moved, one movement after the other, and what is needed to read them.
//!
//! Graphs, paths, choke points and cuts of a trace are made of its movements, not of the chain: they know the policy's amounts, and
//! nothing that the trace did not reach.

use std::collections::HashMap;
use std::sync::Arc;

use crate::chain::Chain;
use crate::cluster::Clusters;
use crate::error::{Error, Result};
use crate::flow::Direction;
use crate::ids::{AddrNum, Height, OutNum, TxNum, hash_text};

/// The movements of a trace, passage by passage in the order of the trace, and what is needed to read them.
#[derive(Clone)]
pub struct Movements {
    chain: Chain,
    direction: Direction,
    source: Vec<(Place, u64)>,
    rows: Arc<[Movement]>,
    labels: Arc<HashMap<Place, Arc<str>>>,
    /// All labels of the stop set, reached or not.
    known_labels: Arc<[Arc<str>]>,
    clusters: Option<Clusters>,
}

impl Movements {
    /// Of the places where the trace begins, each once, with the satoshi traced from there. For each passage the amounts out of a place
    /// are what came to it (but under poison, where they may be more).
    pub fn new(chain: Chain, direction: Direction, source: Vec<(Place, u64)>, rows: Vec<Movement>) -> Movements {
        Movements {
            chain,
            direction,
            source,
            rows: rows.into(),
            labels: Arc::default(),
            known_labels: Arc::default(),
            clusters: None,
        }
    }

    /// With the labels of the places where the stop set ended the trace, and all labels of the stop set, reached or not.
    pub fn with_labels(self, labels: HashMap<Place, Arc<str>>, known: Vec<Arc<str>>) -> Movements {
        Movements { labels: labels.into(), known_labels: known.into(), ..self }
    }

    /// With clusters, so that wallets can be told. They must know all addresses of the chain.
    pub fn with_clusters(self, clusters: Option<Clusters>) -> Result<Movements> {
        if let Some(clusters) =
            clusters.as_ref().filter(|clusters| (clusters.labels().len() as u64) < self.chain.counts().addresses)
        {
            let (theirs, ours) = (clusters.chain().height(), self.chain.height());
            let what =
                format!("the clusters are as of height {theirs}, and the trace goes up to {ours}; cluster the chain of the trace");
            return Err(Error::Invalid { what });
        }
        Ok(Movements { clusters, ..self })
    }

    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// The places where the trace begins, and the satoshi traced from there.
    pub fn source(&self) -> &[(Place, u64)] {
        &self.source
    }

    pub fn rows(&self) -> &[Movement] {
        &self.rows
    }

    pub fn clusters(&self) -> Option<&Clusters> {
        self.clusters.as_ref()
    }

    /// The label of the place, where the stop set ended the trace there.
    pub fn label(&self, place: Place) -> Option<&Arc<str>> {
        self.labels.get(&place)
    }

    pub fn labels(&self) -> impl Iterator<Item = (Place, &Arc<str>)> {
        self.labels.iter().map(|(place, label)| (*place, label))
    }

    /// All labels of the stop set, reached or not.
    pub fn known_labels(&self) -> &[Arc<str>] {
        &self.known_labels
    }

    /// The movements in the order of time and in the direction in which money moved, whatever the direction of the trace.
    pub fn in_time(&self) -> impl Iterator<Item = Movement> + '_ {
        let count = self.rows.len();
        (0..count).map(move |i| match self.direction {
            Direction::Out => self.row_in_time(i),
            Direction::In => self.row_in_time(count - 1 - i),
        })
    }

    /// A movement in the direction in which money moved.
    pub(super) fn row_in_time(&self, row: usize) -> Movement {
        match self.direction {
            Direction::Out => self.rows[row],
            Direction::In => self.rows[row].turned(),
        }
    }

    /// The wallet of a place, as the name of its cluster; none for a place that is nobody's, and where there are no clusters.
    pub fn wallet_of(&self, place: Place) -> Result<Option<AddrNum>> {
        let Some(clusters) = &self.clusters else { return Ok(None) };
        self.address_of(place)?.map(|address| clusters.name_of(address)).transpose()
    }

    /// The address of an output, or the one that an account's wallet is named by.
    pub fn address_of(&self, place: Place) -> Result<Option<AddrNum>> {
        match place {
            Place::Output(output) => self.chain.address_of(output).map(Some),
            Place::Account(name) => Ok(Some(name)),
            _ => Ok(None),
        }
    }

    /// The text of a place's address, or its output script in hex.
    pub fn address_name(&self, place: Place) -> Result<Option<String>> {
        self.address_of(place)?.map(|address| self.chain.address_at(address)?.name()).transpose()
    }

    /// A place as people write it: txid:n for an output, else what it is and of what.
    pub fn name_of(&self, place: Place) -> Result<String> {
        let txid = |tx: TxNum| Ok::<_, Error>(hash_text(&self.chain.txid(tx)?));
        Ok(match place {
            Place::Output(output) => {
                let tx = self.chain.transaction_of(output)?;
                format!("{}:{}", txid(tx)?, output.0 - self.chain.outputs_of(tx)?.start)
            }
            Place::Fee(tx) => format!("fee of {}", txid(tx)?),
            Place::Unexplained(tx) => format!("unexplained in {}", txid(tx)?),
            Place::Subsidy(height) => format!("subsidy of block {height}"),
            Place::Unclaimed(height) => format!("unclaimed in block {height}"),
            Place::Account(name) => format!("account of {}", self.chain.address_at(name)?.name()?),
        })
    }
}

impl Movement {
    /// The same seen from its other end.
    fn turned(self) -> Movement {
        Movement { from: self.to, to: self.from, ..self }
    }
}

/// Adds amounts as far as a table's columns can hold them.
pub(super) fn add(sum: &mut u64, amount: u64) -> Result<()> {
    let total = sum.checked_add(amount).filter(|total| *total <= i64::MAX as u64);
    *sum = total.ok_or_else(|| Error::Invalid {
        what: "the amounts of the trace add up to more than 64 bits hold; trace fewer sources at once".to_string(),
    })?;
    Ok(())
}
