//! Choke points: transactions, addresses or wallets that the money which reaches certain ends passes.
//!
//! Two things are told of each. How much of that money passes it, by the amounts of the trace ([`Reaching`]); and whether there
//! is any way past it: every way from the source to the ends leads through it, whatever the amounts are, so it dominates the
//! ends.

use std::collections::{HashMap, HashSet};

use crate::error::{Error, Result};
use crate::ids::TxNum;
use crate::trace::graph::level::{Holder, Level};
use crate::trace::graph::movements::{Movements, add};
use crate::trace::graph::net::Net;
use crate::trace::graph::reaching::{Ends, Reaching, sum};
use crate::trace::graph::ways::Ways;
use crate::trace::graph::which::Which;
use crate::trace::place::Place;

/// Shares are compared in billionths.
const WHOLE: u128 = 1_000_000_000;

/// Something that money passes on its way to the ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChokePoint {
    pub holder: Holder,
    /// The txid or the address; of a wallet the address that its cluster is named by.
    pub name: String,
    /// Satoshi that reach the ends and pass it.
    pub amount: u64,
    /// Satoshi that reach the ends.
    pub total: u64,
    /// Whether every way from the source to the ends leads through it.
    pub is_on_every_way: bool,
    /// The first and the last transaction that moves such money by or into it; none where the money only begins there.
    pub first: Option<TxNum>,
    pub last: Option<TxNum>,
}

impl ChokePoint {
    /// The part of what reaches the ends that passes it.
    pub fn share(&self) -> f64 {
        self.amount as f64 / self.total as f64
    }
}

impl Movements {
    /// What at least a share (above 0 and up to 1) of the traced money that reaches the ends passes, the largest amount first,
    /// among equal ones in the order of the trace.
    ///
    /// A transaction is passed by what it moves; a wallet or an address by what is ever in it, so those of the source and of the
    /// ends are among them. Fees are no ends unless they are asked for.
    pub fn choke_points(&self, ends: &Which, level: Level, share: f64, go_on: &mut dyn FnMut() -> bool) -> Result<Vec<ChokePoint>> {
        let share = billionths(share)?;
        if level != Level::Transaction {
            level.check(self)?;
        }
        let net = Net::of(self)?;
        let ends = match ends {
            Which::Ends => Ends::Held,
            which => Ends::At(places(self, which)?),
        };
        let reaching = Reaching::of(&net, &ends, go_on)?;
        if reaching.total == 0 {
            return Ok(Vec::new());
        }
        let ways = Ways::of(self, &net, &ends, &reaching, go_on)?;
        let points = Points { movements: self, net: &net, reaching: &reaching, ways: &ways, least: least(share, reaching.total) };
        let mut found = match level {
            Level::Transaction => points.transactions()?,
            _ => points.holders(level, go_on)?,
        };
        found.sort_by_key(|point| std::cmp::Reverse(point.amount));
        Ok(found)
    }
}

fn places(movements: &Movements, which: &Which) -> Result<HashSet<Place>> {
    let mut places = HashSet::new();
    which.places(movements, &mut places)?;
    Ok(places)
}

fn billionths(share: f64) -> Result<u128> {
    match share > 0.0 && share <= 1.0 {
        true => Ok(((share * WHOLE as f64).round() as u128).max(1)),
        false => Err(Error::Invalid { what: format!("a share of {share} cannot be used; give one above 0 and up to 1, as 0.9") }),
    }
}

/// The least amount that is a share of a total.
fn least(share: u128, total: u64) -> u64 {
    (total as u128 * share).div_ceil(WHOLE) as u64
}

struct Points<'a> {
    movements: &'a Movements,
    net: &'a Net,
    reaching: &'a Reaching,
    ways: &'a Ways,
    least: u64,
}

/// What passes something, and when.
#[derive(Default)]
struct Passed {
    amount: u64,
    span: Option<(TxNum, TxNum)>,
}

impl Passed {
    fn add(&mut self, amount: u64, by: Option<TxNum>) -> Result<()> {
        if let Some(by) = by {
            let (first, last) = self.span.unwrap_or((by, by));
            self.span = Some((first.min(by), last.max(by)));
        }
        add(&mut self.amount, amount)
    }
}

impl Points<'_> {
    fn transactions(&self) -> Result<Vec<ChokePoint>> {
        let (mut order, mut passed) = (Vec::new(), HashMap::<TxNum, Passed>::new());
        for (edge, amount) in self.moving().filter(|(edge, _)| !self.is_entry(*edge)) {
            let by = self.by(edge).expect("a movement has a transaction");
            let known = passed.entry(by).or_insert_with(|| {
                order.push(by);
                Passed::default()
            });
            known.add(amount, Some(by))?;
        }
        let enough = order.into_iter().map(|by| (by, &passed[&by])).filter(|(_, passed)| passed.amount >= self.least);
        enough.map(|(by, passed)| self.point(Holder::Transaction(by), passed, self.ways.all_lead_through(by))).collect()
    }

    fn holders(&self, level: Level, go_on: &mut dyn FnMut() -> bool) -> Result<Vec<ChokePoint>> {
        let holders: Vec<Holder> =
            self.net.nodes.iter().map(|node| level.holder(self.movements, node.place)).collect::<Result<_>>()?;
        let (mut order, mut entered) = (Vec::new(), HashMap::<Holder, Passed>::new());
        let mut enter = |node: usize, amount: u64, by: Option<TxNum>| {
            let known = entered.entry(holders[node]).or_insert_with(|| {
                order.push(holders[node]);
                Passed::default()
            });
            known.add(amount, by)
        };
        for (node, own) in self.reaching.own.iter().enumerate().filter(|(_, own)| **own > 0) {
            enter(node, *own, None)?;
        }
        for (edge, amount) in self.moving() {
            let (from, to) = (self.net.edges[edge].from as usize, self.net.edges[edge].to as usize);
            if holders[from] != holders[to] {
                enter(to, amount, self.by(edge))?;
            }
        }
        let is_asked = |holder: &Holder| matches!(holder, Holder::Address(_) | Holder::Wallet(_));
        let mut found = Vec::new();
        // What comes in may be what went out before, so this is only a bound for what passes.
        for holder in order.into_iter().filter(is_asked).filter(|holder| entered[holder].amount >= self.least) {
            let amount = self.passing(|node| holders[node] == holder, go_on)?;
            if amount >= self.least {
                let passed = Passed { amount, ..entered[&holder] };
                let on_every_way = !self.ways.any_avoids(self.net, |node| holders[node] == holder, go_on)?;
                found.push(self.point(holder, &passed, on_every_way)?);
            }
        }
        Ok(found)
    }

    /// How much of what reaches the ends is ever at one of some nodes.
    fn passing(&self, is_one: impl Fn(usize) -> bool, go_on: &mut dyn FnMut() -> bool) -> Result<u64> {
        let (mut marked, mut arrived) = (vec![0; self.net.edges.len()], 0);
        self.net.forward(go_on, |node, divider| {
            let here = match is_one(node) {
                true => self.reaching.at(self.net, node),
                false => sum(&marked, self.net.to.of_node(node)),
            };
            if here == 0 {
                return;
            }
            let edges = self.net.from.of_node(node);
            let values = edges.iter().map(|edge| self.reaching.edges[*edge as usize]).chain([self.reaching.ends[node]]);
            let (values, mut shares) = (values.collect::<Vec<u64>>(), Vec::with_capacity(edges.len() + 1));
            divider.divide(here, &values, &mut shares);
            arrived += shares[edges.len()];
            edges.iter().zip(shares).for_each(|(edge, share)| marked[*edge as usize] = share);
        })?;
        Ok(arrived)
    }

    /// The movements that bring money to the ends, by the number of their edge, with how much.
    fn moving(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        let edges = self.reaching.edges.iter().copied().enumerate();
        edges.filter(|(edge, amount)| *amount > 0 && self.net.edges[*edge].row.is_some())
    }

    fn is_entry(&self, edge: usize) -> bool {
        self.net.edges[edge].row.is_some_and(|row| self.movements.rows()[row as usize].is_entry())
    }

    fn by(&self, edge: usize) -> Option<TxNum> {
        self.net.edges[edge].row.map(|row| self.movements.rows()[row as usize].by)
    }

    fn point(&self, holder: Holder, passed: &Passed, is_on_every_way: bool) -> Result<ChokePoint> {
        Ok(ChokePoint {
            holder,
            name: holder.text(self.movements)?,
            amount: passed.amount,
            total: self.reaching.total,
            is_on_every_way,
            first: passed.span.map(|(first, _)| first),
            last: passed.span.map(|(_, last)| last),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_above_zero_and_up_to_one() {
        for share in [0.0, -0.5, 1.000001, f64::NAN, f64::INFINITY] {
            assert!(billionths(share).unwrap_err().to_string().contains("above 0"));
        }
        assert_eq!((least(billionths(1.0).unwrap(), 7), least(billionths(0.5).unwrap(), 7)), (7, 4));
        assert_eq!(least(billionths(1e-12).unwrap(), 7), 1);
    }
}
