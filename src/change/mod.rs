//! Change rules: each tells, for a transaction, the outputs that it cannot rule out as the change.
//!
//! Rules combine: `a | b`, `a & b` and `a - b` are the union, intersection and difference of what they leave, and `unique()` keeps the only
//! output that is left, or none. A [`Rule`] is prepared for a chain, which computes what it needs of the whole of it, and then asked
//! transaction by transaction. Data outputs (OP_RETURN) are never the change, and a coinbase has none.

mod around;
mod batch;
mod evaluate;
mod fiat;
mod given;
mod later;
mod one_time;
mod prepared;
mod table;
mod values;

use std::fmt;
use std::sync::Arc;

use crate::chain::Feature;
use crate::error::{Error, Result};

pub use batch::choose;
pub use fiat::Prices;
pub use given::{Given, Source, outputs_of_rows};
pub use one_time::OneTime;
pub use prepared::Prepared;
pub use table::table;

/// A change rule.
#[derive(Clone, PartialEq, Debug)]
pub struct Rule(Arc<Node>);

#[derive(PartialEq, Debug)]
enum Node {
    Primitive(Primitive),
    Union(Rule, Rule),
    Intersection(Rule, Rule),
    Difference(Rule, Rule),
    Unique(Rule),
}

/// The rules that others are made of.
#[derive(Clone, PartialEq, Debug)]
pub enum Primitive {
    /// No output.
    None,
    /// Outputs that are spent; the only rule that leaves data outputs, which are never spent anyway.
    Spent,
    /// Values that are no multiple of 10 to the `digits` satoshi: what is paid is often round.
    PowerOfTen { digits: u32 },
    /// Values below the smallest input: with a larger change, that input would not have been needed. With `with_fee`, the value and the
    /// fee together.
    Optimal { with_fee: bool },
    /// Outputs of the inputs' kind of address, where they are all of one.
    AddressType,
    /// Outputs to an address that the transaction spends from.
    AddressReuse,
    /// Outputs to an address that appears in the chain for the first time.
    Fresh,
    /// The one output to a fresh address (Meiklejohn et al. 2013).
    OneTime(OneTime),
    /// In a peeling chain: unspent outputs, and those whose spender is of the chain, too.
    Peeling,
    /// Unspent outputs, and those whose spender has a locktime if this one has, and none if it has none.
    Locktime,
    /// Unspent outputs, and those whose spender pays the same fee rate, in whole satoshi for 1000 virtual bytes.
    FixedFee,
    /// Unspent outputs, and those whose spender has the same features.
    Fingerprint(Vec<Feature>),
    /// Values that were not round in a currency at the time.
    RoundFiat(Arc<Prices>),
    /// Outputs that somebody else chose.
    Given(Arc<Given>),
}

impl Primitive {
    /// The same software: features are compared in one order, whatever the order in which they are named.
    pub fn fingerprint(mut features: Vec<Feature>) -> Primitive {
        features.sort_unstable();
        features.dedup();
        Primitive::Fingerprint(features)
    }

    /// The rules without options, or with their default ones.
    pub fn named() -> Vec<Primitive> {
        vec![
            Primitive::AddressReuse,
            Primitive::AddressType,
            Primitive::Fingerprint(Feature::DEFAULT.to_vec()),
            Primitive::FixedFee,
            Primitive::Fresh,
            Primitive::Locktime,
            Primitive::None,
            Primitive::OneTime(OneTime::default()),
            Primitive::Optimal { with_fee: false },
            Primitive::Peeling,
            Primitive::PowerOfTen { digits: 6 },
            Primitive::Spent,
        ]
    }

    pub fn name(&self) -> &'static str {
        match self {
            Primitive::None => "none",
            Primitive::Spent => "spent",
            Primitive::PowerOfTen { .. } => "power_of_ten",
            Primitive::Optimal { .. } => "optimal",
            Primitive::AddressType => "address_type",
            Primitive::AddressReuse => "address_reuse",
            Primitive::Fresh => "fresh",
            Primitive::OneTime(_) => "one_time_change",
            Primitive::Peeling => "peeling",
            Primitive::Locktime => "locktime",
            Primitive::FixedFee => "fixed_fee",
            Primitive::Fingerprint(_) => "fingerprint",
            Primitive::RoundFiat(_) => "round_fiat",
            Primitive::Given(given) => given.source().name(),
        }
    }

    /// Raised when what the rule leaves changes.
    pub fn version(&self) -> u32 {
        1
    }

    /// Whether what it leaves may change when outputs are spent, or addresses paid, later.
    fn is_dynamic(&self) -> bool {
        match self {
            Primitive::Spent | Primitive::Peeling | Primitive::Locktime | Primitive::FixedFee | Primitive::Fingerprint(_) => true,
            Primitive::OneTime(options) => options.wait.is_some(),
            Primitive::Given(given) => given.source() == Source::Function,
            _ => false,
        }
    }

    /// What tells the rule from others of its name, in brackets; nothing where there is nothing to tell.
    fn options(&self) -> String {
        match self {
            Primitive::PowerOfTen { digits } => format!("(digits={digits})"),
            Primitive::Optimal { with_fee: true } => "(with_fee=True)".to_string(),
            Primitive::Fingerprint(features) => {
                format!("({})", features.iter().map(|feature| feature.name()).collect::<Vec<_>>().join(", "))
            }
            Primitive::OneTime(options) => options.to_string(),
            Primitive::RoundFiat(prices) => prices.to_string(),
            Primitive::Given(given) => format!("({:?})", given.name()),
            _ => String::new(),
        }
    }
}

impl Rule {
    pub fn of(primitive: Primitive) -> Rule {
        Rule(Arc::new(Node::Primitive(primitive)))
    }

    /// The rule of a name, with its default options.
    pub fn named(name: &str) -> Result<Rule> {
        let all = Primitive::named();
        let known = all.iter().map(Primitive::name).collect();
        let found = all.iter().find(|rule| rule.name() == name).cloned();
        found.map(Rule::of).ok_or_else(|| Error::UnknownName { what: "change rule", name: name.to_string(), known })
    }

    pub fn union(&self, other: &Rule) -> Rule {
        Rule(Arc::new(Node::Union(self.clone(), other.clone())))
    }

    pub fn intersection(&self, other: &Rule) -> Rule {
        Rule(Arc::new(Node::Intersection(self.clone(), other.clone())))
    }

    pub fn difference(&self, other: &Rule) -> Rule {
        Rule(Arc::new(Node::Difference(self.clone(), other.clone())))
    }

    pub fn unique(&self) -> Rule {
        Rule(Arc::new(Node::Unique(self.clone())))
    }

    /// The rules that it is made of, from left to right.
    pub fn primitives(&self) -> Vec<&Primitive> {
        match &*self.0 {
            Node::Primitive(primitive) => vec![primitive],
            Node::Unique(rule) => rule.primitives(),
            Node::Union(a, b) | Node::Intersection(a, b) | Node::Difference(a, b) => {
                a.primitives().into_iter().chain(b.primitives()).collect()
            }
        }
    }

    /// Whether what it leaves may change when outputs are spent, or addresses paid, later.
    pub fn is_dynamic(&self) -> bool {
        self.primitives().into_iter().any(Primitive::is_dynamic)
    }

    /// What tells the rule from all others: its text, and the versions of what it is made of.
    pub fn identity(&self) -> String {
        let parts = self.primitives().into_iter().map(|primitive| match primitive {
            Primitive::Given(given) => format!("{} {}", primitive.name(), given.digest()),
            Primitive::RoundFiat(prices) => format!("{} {} {}", primitive.name(), primitive.version(), prices.digest()),
            Primitive::OneTime(options) => format!("{} {} {}", primitive.name(), primitive.version(), options.digest()),
            _ => format!("{} {}", primitive.name(), primitive.version()),
        });
        format!("{self} [{}]", parts.collect::<Vec<_>>().join(", "))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Node::Primitive(primitive) => write!(f, "{}{}", primitive.name(), primitive.options()),
            Node::Union(a, b) => write!(f, "({a} | {b})"),
            Node::Intersection(a, b) => write!(f, "({a} & {b})"),
            Node::Difference(a, b) => write!(f, "({a} - {b})"),
            Node::Unique(rule) => write!(f, "{rule}.unique()"),
        }
    }
}
