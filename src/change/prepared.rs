//! A rule that is ready to be asked about the transactions of a chain.

use crate::chain::{Chain, Facts};
use crate::change::one_time::{Known, one_time};
use crate::change::{Node, Primitive, Rule, around, later, values};
use crate::error::Result;
use crate::script::Kind;

pub struct Prepared {
    rule: Rule,
    chain: Chain,
    /// What one-time change needs, for each time that the rule has it, from left to right.
    known: Vec<Known>,
    looks_later: bool,
}

impl Rule {
    /// Computes what the rule needs of the whole chain.
    pub fn prepare(&self, chain: &Chain, threads: usize, go_on: &mut dyn FnMut() -> bool) -> Result<Prepared> {
        let mut known = Vec::new();
        for primitive in self.primitives() {
            if let Primitive::OneTime(options) = primitive {
                known.push(Known::of(chain, options, threads, go_on)?);
            }
        }
        Ok(Prepared { rule: self.clone(), chain: chain.clone(), known, looks_later: self.is_dynamic() })
    }
}

impl Prepared {
    /// Asks for what `candidates` is going to look at outside of the transaction.
    pub fn prefetch(&self, facts: &Facts<'_>) {
        if self.looks_later {
            around::prefetch_spenders(&self.chain, facts);
        }
    }

    /// The positions of the outputs that the rule cannot rule out, ascending, in place of what was in `found`.
    pub fn candidates(&self, facts: &Facts<'_>, found: &mut Vec<u32>) -> Result<()> {
        found.clear();
        if facts.is_coinbase() {
            return Ok(());
        }
        let mut marks = Vec::with_capacity(facts.outputs.len());
        self.mark(&self.rule, facts, &mut self.known.iter(), &mut marks)?;
        found.extend((0..).zip(marks).filter(|(_, mark)| *mark).map(|(position, _)| position));
        Ok(())
    }

    fn mark<'a>(
        &self,
        rule: &Rule,
        facts: &Facts<'_>,
        known: &mut impl Iterator<Item = &'a Known>,
        marks: &mut Vec<bool>,
    ) -> Result<()> {
        let mut combine = |a: &Rule, b: &Rule, known: &mut _, both: fn(bool, bool) -> bool| -> Result<()> {
            let mut others = Vec::new();
            self.mark(a, facts, known, marks)?;
            self.mark(b, facts, known, &mut others)?;
            marks.iter_mut().zip(others).for_each(|(a, b)| *a = both(*a, b));
            Ok(())
        };
        match &*rule.0 {
            Node::Union(a, b) => combine(a, b, known, |a, b| a | b),
            Node::Intersection(a, b) => combine(a, b, known, |a, b| a & b),
            Node::Difference(a, b) => combine(a, b, known, |a, b| a & !b),
            Node::Unique(rule) => {
                self.mark(rule, facts, known, marks)?;
                if marks.iter().filter(|mark| **mark).count() != 1 {
                    marks.fill(false);
                }
                Ok(())
            }
            Node::Primitive(primitive) => self.mark_by(primitive, facts, known, marks),
        }
    }

    fn mark_by<'a>(
        &self,
        primitive: &Primitive,
        facts: &Facts<'_>,
        known: &mut impl Iterator<Item = &'a Known>,
        marks: &mut Vec<bool>,
    ) -> Result<()> {
        match primitive {
            Primitive::None => values::mark(facts, marks, |_| false),
            Primitive::Spent => later::spent(facts, marks),
            Primitive::PowerOfTen { digits } => values::power_of_ten(facts, *digits, marks),
            Primitive::Optimal { with_fee } => values::optimal(facts, *with_fee, marks),
            Primitive::AddressType => values::address_type(facts, marks),
            Primitive::AddressReuse => values::address_reuse(facts, marks),
            Primitive::Fresh => values::fresh(facts, marks),
            Primitive::OneTime(options) => {
                let known = known.next().expect("there is one for each one-time change");
                one_time(&self.chain, options, known, facts, marks)?;
            }
            Primitive::Peeling => later::peeling(&self.chain, facts, marks)?,
            Primitive::Locktime => later::locktime(&self.chain, facts, marks)?,
            Primitive::FixedFee => later::fixed_fee(&self.chain, facts, marks)?,
            Primitive::Fingerprint(features) => later::fingerprint(&self.chain, features, facts, marks)?,
            Primitive::RoundFiat(prices) => prices.mark(facts, marks),
            Primitive::Given(given) => given.mark(facts, marks),
        }
        if !matches!(primitive, Primitive::Spent) {
            let outputs = marks.iter_mut().zip(facts.outputs);
            outputs.filter(|(_, output)| output.kind == Kind::OpReturn).for_each(|(mark, _)| *mark = false);
        }
        Ok(())
    }
}
