//! Error rates: what a change rule says of outputs, or a shape of transactions, held against what is known of them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use chrono::{DateTime, Datelike};

use crate::chain::pieces::{go_on_or_stop, in_order};
use crate::chain::{BlockFacts, Chain, Facts};
use crate::change::ChangeRule;
use crate::error::{Error, Result};
use crate::evaluate::interval::Proportion;
use crate::evaluate::kinds::Asked;
use crate::evaluate::truth::{ChangeTruth, NO_WORD, Truth};
use crate::ids::{Height, TxNum};
use crate::shapes::{self, Thresholds, Verdict};

/// How often each answer was given. Positives are what is looked for: outputs that are change, or transactions of the kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Confusion {
    pub true_positive: u64,
    pub false_negative: u64,
    /// Positives, and negatives, of which it cannot tell.
    pub untold_positive: u64,
    pub false_positive: u64,
    pub true_negative: u64,
    pub untold_negative: u64,
}

impl Confusion {
    pub fn positives(&self) -> u64 {
        self.true_positive + self.false_negative + self.untold_positive
    }

    pub fn negatives(&self) -> u64 {
        self.false_positive + self.true_negative + self.untold_negative
    }

    /// Of all positives, those that are found.
    pub fn true_positive_rate(&self) -> Proportion {
        Proportion { part: self.true_positive, of: self.positives() }
    }

    /// Of all negatives, those that are taken for positives.
    pub fn false_positive_rate(&self) -> Proportion {
        Proportion { part: self.false_positive, of: self.negatives() }
    }

    /// Of what is taken for a positive, that which is one.
    pub fn precision(&self) -> Proportion {
        Proportion { part: self.true_positive, of: self.true_positive + self.false_positive }
    }

    /// Notes an answer about what is, or is not, a positive. No answer is that it cannot tell.
    pub fn note(&mut self, is: bool, said: Option<bool>) {
        *match (is, said) {
            (true, Some(true)) => &mut self.true_positive,
            (true, Some(false)) => &mut self.false_negative,
            (true, None) => &mut self.untold_positive,
            (false, Some(true)) => &mut self.false_positive,
            (false, Some(false)) => &mut self.true_negative,
            (false, None) => &mut self.untold_negative,
        } += 1;
    }

    pub fn add(&mut self, other: &Confusion) {
        self.true_positive += other.true_positive;
        self.false_negative += other.false_negative;
        self.untold_positive += other.untold_positive;
        self.false_positive += other.false_positive;
        self.true_negative += other.true_negative;
        self.untold_negative += other.untold_negative;
    }
}

/// What is counted together: the year of the block, and the codes of the software and of the purpose.
type Group = (i32, u16, u16);

/// What was measured of a rule or shape.
#[derive(Clone)]
pub struct Rates {
    /// The rule's or shape's text.
    pub name: String,
    /// What tells it from all others, versions included.
    pub identity: String,
    /// What positives are: "change outputs", or transactions of a name.
    pub positives: String,
    /// What the others are.
    pub negatives: &'static str,
    pub height: Height,
    pub(super) known: Arc<Truth>,
    groups: BTreeMap<Group, Confusion>,
}

impl Rates {
    pub fn known(&self) -> &Truth {
        &self.known
    }

    /// All of them.
    pub fn overall(&self) -> Confusion {
        let mut all = Confusion::default();
        self.groups.values().for_each(|counts| all.add(counts));
        all
    }

    /// By year of the block's header, UTC.
    pub fn by_year(&self) -> BTreeMap<i32, Confusion> {
        self.by(|(year, ..)| Some(*year))
    }

    /// By the software that made the transaction, where it is known.
    pub fn by_profile(&self) -> BTreeMap<String, Confusion> {
        let words = self.known.purposes.as_ref().and_then(|purposes| purposes.profiles.as_ref()).map(|profiles| &profiles.words);
        self.by(|(_, profile, _)| words?.get(*profile as usize).cloned())
    }

    /// By what the transaction is for, where it is known.
    pub fn by_purpose(&self) -> BTreeMap<String, Confusion> {
        let words = self.known.purposes.as_ref().map(|purposes| &purposes.purposes.words);
        self.by(|(_, _, purpose)| words?.get(*purpose as usize).cloned())
    }

    fn by<K: Ord>(&self, key: impl Fn(&Group) -> Option<K>) -> BTreeMap<K, Confusion> {
        let mut found: BTreeMap<K, Confusion> = BTreeMap::new();
        for (group, counts) in &self.groups {
            if let Some(key) = key(group) {
                found.entry(key).or_default().add(counts);
            }
        }
        found
    }
}

impl Truth {
    /// Holds a change rule against the outputs of which it is known whether they are change. A rule names an output where it leaves exactly
    /// one, as clusterings take it; of a transaction of which it leaves none or several, it cannot tell.
    pub fn rates_of_rule(
        self: &Arc<Truth>,
        chain: &Chain,
        rule: &ChangeRule,
        threads: usize,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<Rates> {
        self.check(chain)?;
        let truth = self.change(threads, go_on)?;
        let prepared = rule.prepare(chain, threads, go_on)?;
        let positions = |facts: &Facts<'_>, counts: &mut Confusion, left: &mut Vec<u32>| {
            let sample = |output: u64| truth.of(output);
            if facts.is_coinbase() || facts.outputs.iter().all(|output| sample(output.number.0).is_none()) {
                return Ok(());
            }
            prepared.candidates(facts, left)?;
            let named = if let [only] = left[..] { Some(only) } else { None };
            for (position, output) in (0..).zip(facts.outputs) {
                if let Some(is) = sample(output.number.0) {
                    counts.note(is, named.map(|named| named == position));
                }
            }
            Ok(())
        };
        let groups = self.groups(chain, threads, positions, go_on)?;
        self.rates(chain, rule.to_string(), rule.identity(), "change outputs".to_string(), "other outputs", groups)
    }

    /// Holds a shape against the transactions of which it is known what they are for; coinbases left out.
    pub fn rates_of_shape(
        self: &Arc<Truth>,
        chain: &Chain,
        asked: Asked,
        thresholds: &Thresholds,
        threads: usize,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<Rates> {
        self.check(chain)?;
        let purposes = self.need_purposes()?;
        if !asked.has_truth() {
            let what = format!("no purpose of the truth is that of the shape {:?}, so its errors cannot be measured", asked.name());
            return Err(Error::Invalid { what: format!("{what}; ask for another") });
        }
        let judge = |facts: &Facts<'_>, counts: &mut Confusion, _: &mut Vec<u32>| {
            let (purpose, profile) = purposes.of(facts.number);
            let Some(is) = purpose.and_then(|purpose| asked.is(purpose, profile)).filter(|_| !facts.is_coinbase()) else {
                return Ok(());
            };
            let verdict = asked.verdict(facts, thresholds, chain)?;
            counts.note(is, (verdict != Verdict::Undecided).then_some(verdict == Verdict::Yes));
            Ok(())
        };
        let groups = self.groups(chain, threads, judge, go_on)?;
        let identity = format!("{} {} {thresholds:?}", asked.name(), shapes::COINJOIN_VERSION);
        self.rates(
            chain,
            asked.name().to_string(),
            identity,
            format!("{} transactions", asked.name()),
            "other transactions",
            groups,
        )
    }

    /// Counts, transaction by transaction, what `look` notes.
    fn groups(
        &self,
        chain: &Chain,
        threads: usize,
        look: impl Fn(&Facts<'_>, &mut Confusion, &mut Vec<u32>) -> Result<()> + Sync,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<BTreeMap<Group, Confusion>> {
        let mut all: BTreeMap<Group, Confusion> = BTreeMap::new();
        in_order(
            &chain.pieces(0)?,
            threads,
            |heights| self.groups_in(chain, heights.clone(), &look),
            |part| {
                part.into_iter().for_each(|(group, counts)| all.entry(group).or_default().add(&counts));
                go_on_or_stop(go_on)
            },
        )?;
        Ok(all)
    }

    fn groups_in(
        &self,
        chain: &Chain,
        heights: Range<u64>,
        look: &impl Fn(&Facts<'_>, &mut Confusion, &mut Vec<u32>) -> Result<()>,
    ) -> Result<BTreeMap<Group, Confusion>> {
        let (mut found, mut block, mut work) = (BTreeMap::<Group, Confusion>::new(), BlockFacts::default(), Vec::new());
        for height in heights {
            block.gather(chain, Height(height as u32))?;
            for facts in block.transactions() {
                let mut counts = Confusion::default();
                look(&facts, &mut counts, &mut work)?;
                if counts != Confusion::default() {
                    found.entry(self.group_of(facts.number, facts.time)).or_default().add(&counts);
                }
            }
        }
        Ok(found)
    }

    fn group_of(&self, number: TxNum, time: u32) -> Group {
        let year = DateTime::from_timestamp(time as i64, 0).map_or(0, |time| time.year());
        let purposes = self.purposes.as_ref();
        let profile = purposes.and_then(|purposes| purposes.profiles.as_ref()?.at(number.row()));
        let purpose = purposes.and_then(|purposes| purposes.purposes.at(number.row()));
        (year, profile.unwrap_or(NO_WORD), purpose.unwrap_or(NO_WORD))
    }

    fn rates(
        self: &Arc<Truth>,
        chain: &Chain,
        name: String,
        identity: String,
        positives: String,
        negatives: &'static str,
        groups: BTreeMap<Group, Confusion>,
    ) -> Result<Rates> {
        if groups.is_empty() {
            let what = format!("{} knows nothing of what {name} is asked about up to height {}", self.name, chain.height());
            return Err(Error::Invalid { what: format!("{what}; give a truth of this chain, or a later height") });
        }
        Ok(Rates { name, identity, positives, negatives, height: chain.height(), known: self.clone(), groups })
    }
}

impl ChangeTruth {
    /// Whether an output is change; none where that is not known.
    #[inline]
    fn of(&self, output: u64) -> Option<bool> {
        if self.change.contains(output) {
            return Some(true);
        }
        self.others.contains(output).then_some(false)
    }
}
