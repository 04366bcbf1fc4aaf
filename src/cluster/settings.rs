//! What a clustering joins by: rules, what to do with CoinJoins, and what must stay apart.

use crate::change::ChangeRule;
use crate::cluster::cannot_link::CannotLink;
use crate::error::{Error, Result};
use crate::script::Network;
use crate::shapes;

/// A reason to join two addresses.
#[derive(Clone)]
pub enum Rule {
    /// Inputs of one transaction are of one owner (Nakamoto 2008, section 10; Meiklejohn et al. 2013, heuristic 1).
    CoSpend,
    /// Addresses of different kinds for one public key, or for one script.
    SameKey,
    /// The change of a transaction is of the owner of its inputs, where a change rule leaves exactly one output.
    Change(ChangeRule),
}

/// The versions of the rules that are defined here; raised when what they join changes.
const CO_SPEND_VERSION: u32 = 1;
const SAME_KEY_VERSION: u32 = 1;

/// The rules that have a name of one word.
pub const NAMES: [&str; 2] = ["co_spend", "same_key"];

impl Rule {
    pub fn name(&self) -> String {
        match self {
            Rule::CoSpend => "co_spend".to_string(),
            Rule::SameKey => "same_key".to_string(),
            Rule::Change(rule) => rule.to_string(),
        }
    }

    /// Raised when what the rule joins changes; of a change rule, the highest of those that it is made of.
    pub fn version(&self) -> u32 {
        match self {
            Rule::CoSpend => CO_SPEND_VERSION,
            Rule::SameKey => SAME_KEY_VERSION,
            Rule::Change(rule) => rule.versions().into_values().max().unwrap_or(0),
        }
    }

    /// What tells the rule from all others, versions included.
    pub fn identity(&self) -> String {
        match self {
            Rule::Change(rule) => format!("change {}", rule.identity()),
            _ => format!("{} {}", self.name(), self.version()),
        }
    }

    /// Whether what it joins may change when outputs are spent later.
    pub fn is_dynamic(&self) -> bool {
        matches!(self, Rule::Change(rule) if rule.is_dynamic())
    }
}

/// What to do with transactions of several owners.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum CoinJoins {
    /// Leave out what is a CoinJoin.
    #[default]
    Exclude,
    /// Leave out also what could be one and was not decided.
    ExcludeUndecided,
    /// Take their inputs as those of one owner, as all transactions'.
    Include,
}

impl CoinJoins {
    pub const ALL: [CoinJoins; 3] = [CoinJoins::Exclude, CoinJoins::ExcludeUndecided, CoinJoins::Include];

    pub fn name(self) -> &'static str {
        match self {
            CoinJoins::Exclude => "exclude",
            CoinJoins::ExcludeUndecided => "exclude_undecided",
            CoinJoins::Include => "include",
        }
    }

    pub fn from_name(name: &str) -> Result<CoinJoins> {
        let known = || CoinJoins::ALL.map(CoinJoins::name).to_vec();
        let found = CoinJoins::ALL.into_iter().find(|choice| choice.name() == name);
        found.ok_or_else(|| Error::UnknownName { what: "choice for coinjoin", name: name.to_string(), known: known() })
    }
}

/// What a clustering joins by.
#[derive(Clone)]
pub struct Settings {
    pub rules: Vec<Rule>,
    pub coinjoins: CoinJoins,
    pub thresholds: shapes::Thresholds,
    pub cannot_link: CannotLink,
}

impl Settings {
    /// Co-spend, CoinJoins left out by the network's thresholds.
    pub fn of(network: Network) -> Settings {
        Settings {
            rules: vec![Rule::CoSpend],
            coinjoins: CoinJoins::default(),
            thresholds: shapes::Thresholds::of(network),
            cannot_link: CannotLink::default(),
        }
    }

    /// Whether the clusters as of an earlier height may differ from the earlier part of these.
    pub fn is_dynamic(&self) -> bool {
        self.rules.iter().any(Rule::is_dynamic)
    }

    /// The rules' names, in their order.
    pub fn names(&self) -> Vec<String> {
        self.rules.iter().map(Rule::name).collect()
    }

    pub(super) fn change_rules(&self) -> impl Iterator<Item = (u8, &ChangeRule)> {
        self.rules.iter().enumerate().filter_map(|(i, rule)| match rule {
            Rule::Change(rule) => Some((i as u8, rule)),
            _ => None,
        })
    }

    /// The place of the co-spend rule in the list.
    pub(super) fn co_spend(&self) -> Option<u8> {
        self.rules.iter().position(|rule| matches!(rule, Rule::CoSpend)).map(|i| i as u8)
    }

    /// The place of the same-key rule in the list.
    pub(super) fn same_key(&self) -> Option<u8> {
        self.rules.iter().position(|rule| matches!(rule, Rule::SameKey)).map(|i| i as u8)
    }
}
