//! A rule that is ready to be asked about the transactions of a chain.

use crate::chain::{Chain, Facts, Shown};
use crate::change::{ChangeRule, Primitive, RuleNode};
use crate::error::Result;
use crate::script::Kind;

pub struct Prepared {
    rule: ChangeRule,
    chain: Chain,
    looks_later: bool,
}

impl ChangeRule {
    /// Computes what the rule needs of the whole chain.
    pub fn prepare(&self, chain: &Chain, threads: usize, go_on: &mut dyn FnMut() -> bool) -> Result<Prepared> {
        let rule = self.as_of(chain)?.replaced(&mut |primitive| primitive.prepare(chain, threads, go_on))?;
        Ok(Prepared { rule, chain: chain.clone(), looks_later: self.is_dynamic() })
    }
}

impl Prepared {
    /// Asks for what `candidates` is going to look at outside of the transaction.
    pub fn prefetch(&self, facts: &Facts<'_>) {
        if self.looks_later {
            let spenders = facts.outputs.iter().filter_map(|output| output.spender);
            spenders.for_each(|spender| Shown::prefetch(&self.chain, spender));
        }
    }

    /// The positions of the outputs that the rule cannot rule out, ascending, in place of what was in `found`.
    pub fn candidates(&self, facts: &Facts<'_>, found: &mut Vec<u32>) -> Result<()> {
        found.clear();
        if facts.is_coinbase() {
            return Ok(());
        }
        let mut marks = Vec::with_capacity(facts.outputs.len());
        self.mark(&self.rule, facts, &mut marks)?;
        found.extend((0..).zip(marks).filter(|(_, mark)| *mark).map(|(position, _)| position));
        Ok(())
    }

    fn mark(&self, rule: &ChangeRule, facts: &Facts<'_>, marks: &mut Vec<bool>) -> Result<()> {
        match rule.node() {
            RuleNode::Primitive(primitive) => self.mark_by(&**primitive, facts, marks),
            RuleNode::Pair(operator, a, b) => {
                let mut others = Vec::new();
                self.mark(a, facts, marks)?;
                self.mark(b, facts, &mut others)?;
                marks.iter_mut().zip(others).for_each(|(a, b)| *a = operator.of(*a, b));
                Ok(())
            }
            RuleNode::Unique(rule) => {
                self.mark(rule, facts, marks)?;
                if marks.iter().filter(|mark| **mark).count() != 1 {
                    marks.fill(false);
                }
                Ok(())
            }
        }
    }

    fn mark_by(&self, primitive: &dyn Primitive, facts: &Facts<'_>, marks: &mut Vec<bool>) -> Result<()> {
        primitive.mark(&self.chain, facts, marks)?;
        if !primitive.leaves_data() {
            let outputs = marks.iter_mut().zip(facts.outputs);
            outputs.filter(|(_, output)| output.kind == Kind::OpReturn).for_each(|(mark, _)| *mark = false);
        }
        Ok(())
    }
}
