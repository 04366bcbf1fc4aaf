//! Rules that are made of others.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::chain::Chain;
use crate::change::{Primitive, named};
use crate::error::{Error, Result};

/// Rules in rules; more than anybody writes, and few enough to go through.
const DEEPEST: u32 = 200;

/// A change rule.
#[derive(Clone, Debug)]
pub struct ChangeRule {
    node: Arc<RuleNode>,
    depth: u32,
}

/// What a change rule is made of.
#[derive(PartialEq, Debug)]
pub enum RuleNode {
    Primitive(Arc<dyn Primitive>),
    Pair(Operator, ChangeRule, ChangeRule),
    Unique(ChangeRule),
}

/// How two rules are combined.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operator {
    Union,
    Intersection,
    Difference,
}

impl Operator {
    pub fn sign(self) -> char {
        match self {
            Operator::Union => '|',
            Operator::Intersection => '&',
            Operator::Difference => '-',
        }
    }

    /// Whether an output is left, by whether each of the two rules leaves it.
    pub(super) fn of(self, a: bool, b: bool) -> bool {
        match self {
            Operator::Union => a | b,
            Operator::Intersection => a & b,
            Operator::Difference => a & !b,
        }
    }
}

impl<P: Primitive> From<P> for ChangeRule {
    fn from(primitive: P) -> ChangeRule {
        ChangeRule::of(Arc::new(primitive))
    }
}

impl ChangeRule {
    pub fn of(primitive: Arc<dyn Primitive>) -> ChangeRule {
        ChangeRule { node: Arc::new(RuleNode::Primitive(primitive)), depth: 1 }
    }

    /// The rule of a name, with its default options.
    pub fn named(name: &str) -> Result<ChangeRule> {
        let rules = named().map(|definition| definition.name).collect();
        let found = named().find(|definition| definition.name == name).and_then(|definition| definition.default);
        let unknown = || Error::UnknownName { what: "change rule", name: name.to_string(), known: rules };
        Ok(ChangeRule::of(found.ok_or_else(unknown)?()))
    }

    pub fn union(&self, other: &ChangeRule) -> ChangeRule {
        self.with(Operator::Union, other)
    }

    pub fn intersection(&self, other: &ChangeRule) -> ChangeRule {
        self.with(Operator::Intersection, other)
    }

    pub fn difference(&self, other: &ChangeRule) -> ChangeRule {
        self.with(Operator::Difference, other)
    }

    fn with(&self, operator: Operator, other: &ChangeRule) -> ChangeRule {
        let depth = self.depth.max(other.depth) + 1;
        ChangeRule { node: Arc::new(RuleNode::Pair(operator, self.clone(), other.clone())), depth }
    }

    pub fn unique(&self) -> ChangeRule {
        ChangeRule { node: Arc::new(RuleNode::Unique(self.clone())), depth: self.depth + 1 }
    }

    /// The rule, unless it is made of so many rules in rules that going through them could exhaust the stack.
    pub fn checked(self) -> Result<ChangeRule> {
        if self.depth <= DEEPEST {
            return Ok(self);
        }
        let deep = format!("the rule would be made of rules in rules, {} deep, and {DEEPEST} is the most", self.depth);
        Err(Error::Invalid { what: format!("{deep}; combine them in pairs, then the pairs") })
    }

    pub fn node(&self) -> &RuleNode {
        &self.node
    }

    /// The rules that it is made of, from left to right.
    pub fn primitives(&self) -> Vec<&dyn Primitive> {
        match &*self.node {
            RuleNode::Primitive(primitive) => vec![&**primitive],
            RuleNode::Unique(rule) => rule.primitives(),
            RuleNode::Pair(_, a, b) => a.primitives().into_iter().chain(b.primitives()).collect(),
        }
    }

    /// Whether what it leaves may change when outputs are spent, or addresses paid, later.
    pub fn is_dynamic(&self) -> bool {
        self.primitives().into_iter().any(Primitive::is_dynamic)
    }

    /// The versions of the rules that it is made of, by name.
    pub fn versions(&self) -> BTreeMap<&'static str, u32> {
        let definitions = self.primitives().into_iter().map(Primitive::definition);
        definitions.map(|definition| (definition.name, definition.version)).collect()
    }

    /// What tells the rule from all others: its text, and the versions of what it is made of.
    pub fn identity(&self) -> String {
        let parts: Vec<String> = self.primitives().into_iter().map(Primitive::identity).collect();
        format!("{self} [{}]", parts.join(", "))
    }

    /// The rule with users' own as what they chose as of the chain's height.
    pub fn as_of(&self, chain: &Chain) -> Result<ChangeRule> {
        self.replaced(&mut |primitive| primitive.as_of(chain))
    }

    /// The rule with some of what it is made of replaced.
    pub(super) fn replaced(&self, by: &mut impl FnMut(&dyn Primitive) -> Result<Option<Arc<dyn Primitive>>>) -> Result<ChangeRule> {
        Ok(match &*self.node {
            RuleNode::Primitive(primitive) => by(&**primitive)?.map_or_else(|| self.clone(), ChangeRule::of),
            RuleNode::Pair(operator, a, b) => a.replaced(by)?.with(*operator, &b.replaced(by)?),
            RuleNode::Unique(rule) => rule.replaced(by)?.unique(),
        })
    }
}

impl PartialEq for ChangeRule {
    fn eq(&self, other: &ChangeRule) -> bool {
        self.node == other.node
    }
}

impl fmt::Display for ChangeRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.node {
            RuleNode::Primitive(primitive) => write!(f, "{}{}", primitive.definition().name, primitive.options()),
            RuleNode::Pair(operator, a, b) => write!(f, "({a} {} {b})", operator.sign()),
            RuleNode::Unique(rule) => write!(f, "{rule}.unique()"),
        }
    }
}
