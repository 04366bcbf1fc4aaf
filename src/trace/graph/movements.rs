//! What a trace moved, one movement after the other, and what is needed to read them.
//!
//! Graphs, paths, choke points and cuts of a trace are made of its movements, not of the chain: they know the policy's amounts,
//! and nothing that the trace did not reach.

use std::collections::HashMap;
use std::sync::Arc;

use crate::chain::Chain;
use crate::cluster::Clusters;
use crate::error::{Error, Result};
use crate::ids::{AddrNum, TxNum, hash_text};
use crate::trace::place::{Movement, Place};
use crate::trace::{Direction, Outcome, Policy, Trace};

/// The movements of a trace, passage by passage in the order of the trace, and what is needed to read them.
#[derive(Clone)]
pub struct Movements {
    chain: Chain,
    direction: Direction,
    source: Vec<(Place, u64)>,
    /// What poison added, by place.
    joined: Arc<HashMap<Place, u64>>,
    rows: Arc<[Movement]>,
    labels: Arc<HashMap<Place, Arc<str>>>,
    /// All labels of the stop set, reached or not.
    known_labels: Arc<[Arc<str>]>,
    clusters: Option<Clusters>,
}

impl Movements {
    /// Of the places where the trace begins, each once, with the satoshi traced from there. For each passage the amounts out of a
    /// place are what came to it.
    pub fn new(chain: Chain, direction: Direction, source: Vec<(Place, u64)>, rows: Vec<Movement>) -> Movements {
        Movements {
            chain,
            direction,
            source,
            joined: Arc::default(),
            rows: rows.into(),
            labels: Arc::default(),
            known_labels: Arc::default(),
            clusters: None,
        }
    }

    /// With what poison added at places, which comes from none.
    pub fn with_joined(self, joined: HashMap<Place, u64>) -> Movements {
        Movements { joined: joined.into(), ..self }
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

    /// The places where poison added something, in their order.
    pub(in crate::trace) fn joined_places(&self) -> Vec<Place> {
        let mut places: Vec<Place> = self.joined.keys().copied().collect();
        places.sort_unstable();
        places
    }

    /// What poison added at a place.
    pub fn joined(&self, place: Place) -> u64 {
        self.joined.get(&place).copied().unwrap_or(0)
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
    pub(in crate::trace) fn row_in_time(&self, row: usize) -> Movement {
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
                format!("{}:{}", txid(tx)?, output.0 - self.chain.outputs_of(tx)?.start().0)
            }
            Place::Fee(tx) => format!("fee of {}", txid(tx)?),
            Place::Unexplained(tx) => format!("unexplained in {}", txid(tx)?),
            Place::Subsidy(height) => format!("subsidy of block {height}"),
            Place::Unclaimed(height) => format!("unclaimed in block {height}"),
            Place::Account(name) => format!("account of {}", self.chain.address_at(name)?.name()?),
        })
    }
}

impl Trace {
    /// What the trace moved, ready for graphs and for questions; it is done once more, with an eye on where money came from.
    pub fn moved(&self, progress: impl FnMut(u64) -> bool) -> Result<Movements> {
        let (chain, options, rows) = (self.chain().clone(), self.options(), self.movements(progress)?);
        let (mut labels, mut joined) = (HashMap::new(), HashMap::new());
        let names: Vec<Arc<str>> = options.stops.labels().iter().map(|label| label.as_str().into()).collect();
        for number in 0..self.len() {
            let step = self.step(number)?;
            if let Outcome::Stopped(label) = step.outcome {
                labels.insert(step.place, names[label as usize].clone());
            }
            if options.policy == Policy::Poison && step.by.is_some() {
                joined.insert(step.place, step.amount);
            }
        }
        if !joined.is_empty() {
            rows.iter().for_each(|row| _ = joined.entry(row.to).and_modify(|joined| *joined -= row.amount));
            joined.retain(|_, joined| *joined > 0);
        }
        let source = self.source().outputs().iter().map(|given| (Place::Output(given.output), given.amount)).collect();
        let movements = Movements::new(chain, options.direction, source, rows).with_labels(labels, names).with_joined(joined);
        movements.with_clusters(options.clusters.clone())
    }
}

impl Movement {
    /// Whether it only says that money of the source is in the account of its wallet.
    pub(in crate::trace) fn is_entry(&self) -> bool {
        matches!((self.from, self.to), (Place::Output(_), Place::Account(_)))
    }

    /// The same seen from its other end.
    fn turned(self) -> Movement {
        Movement { from: self.to, to: self.from, ..self }
    }
}

/// Adds amounts as far as a table's columns can hold them.
pub(in crate::trace) fn add(sum: &mut u64, amount: u64) -> Result<()> {
    let total = sum.checked_add(amount).filter(|total| *total <= i64::MAX as u64);
    *sum = total.ok_or_else(|| Error::Invalid {
        what: "the amounts of the trace add up to more than 64 bits hold; trace fewer sources at once".to_string(),
    })?;
    Ok(())
}
