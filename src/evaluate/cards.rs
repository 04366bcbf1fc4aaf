//! What was measured of the rules, as docs/cards tells it: `make cards` writes the figures, and they are compiled in.

use std::sync::LazyLock;

use serde_json::Value;

use crate::evaluate::pairs::Pairs;
use crate::evaluate::rates::Counts;

/// What was measured of one rule or shape.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Card {
    pub name: String,
    /// "cluster rule", "change rule" or "shape".
    pub kind: String,
    /// The version of the rule that was measured.
    pub version: u64,
    /// Figures by the name of the chain that they were measured on, the most telling one first.
    pub figures: Vec<(String, Figures)>,
}

/// Exact counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Figures {
    Pairs(Pairs),
    Counts(Counts),
}

static CARDS: LazyLock<Vec<Card>> = LazyLock::new(|| parse(include_str!("../../docs/cards/rates.json")).unwrap_or_default());

/// All cards, by name.
pub fn cards() -> &'static [Card] {
    &CARDS
}

/// The card of a rule or shape.
pub fn card(name: &str) -> Option<&'static Card> {
    CARDS.iter().find(|card| card.name == name)
}

impl Card {
    /// What matters most of it, in a few words.
    pub fn headline(&self) -> Option<String> {
        let (chain, figures) = self.figures.first()?;
        Some(match figures {
            Figures::Pairs(pairs) => {
                let (precision, recall) = (percent(pairs.precision()), percent(pairs.recall()));
                format!("on {chain} {precision} of joined pairs right, {recall} of an owner's pairs joined")
            }
            Figures::Counts(counts) => {
                let rates = [counts.true_positive_rate(), counts.false_positive_rate()].map(|share| percent(share.value()));
                let (positives, negatives) = self.words();
                format!("on {chain} names {} of {positives}, {} of {negatives}", rates[0], rates[1])
            }
        })
    }

    fn words(&self) -> (&str, &str) {
        if self.kind == "shape" { ("such transactions", "others") } else { ("change outputs", "other outputs") }
    }
}

/// A share in percent, with three digits that count.
fn percent(share: Option<f64>) -> String {
    match share.map(|share| share * 100.0) {
        None => "none".to_string(),
        Some(percent) if percent == 0.0 || (99.95..100.0).contains(&percent) => format!("{percent:.2} %"),
        Some(percent) if percent < 1.0 => format!("{percent:.3} %"),
        Some(percent) => format!("{percent:.1} %"),
    }
}

fn parse(text: &str) -> Option<Vec<Card>> {
    let document: Value = serde_json::from_str(text).ok()?;
    let chains: Vec<&str> = document.get("order")?.as_array()?.iter().filter_map(Value::as_str).collect();
    let cards = document.get("rules")?.as_object()?.iter().map(|(name, rule)| {
        let figures = chains.iter().filter_map(|chain| Some((chain.to_string(), figures(rule.get(chain)?)?))).collect();
        let kind = rule.get("kind")?.as_str()?.to_string();
        Some(Card { name: name.clone(), kind, version: rule.get("version")?.as_u64()?, figures })
    });
    cards.collect()
}

fn figures(counts: &Value) -> Option<Figures> {
    let number = |name: &str| counts.get(name).and_then(Value::as_u64);
    if let Some(pairs) = number("pairs_true_positive") {
        return Some(Figures::Pairs(Pairs {
            true_positive: pairs as u128,
            false_positive: number("pairs_false_positive")? as u128,
            false_negative: number("pairs_false_negative")? as u128,
        }));
    }
    Some(Figures::Counts(Counts {
        true_positive: number("true_positive")?,
        false_negative: number("false_negative")?,
        untold_positive: number("cannot_tell_positive")?,
        false_positive: number("false_positive")?,
        true_negative: number("true_negative")?,
        untold_negative: number("cannot_tell_negative")?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::{Primitive, Rule};
    use crate::cluster;
    use crate::evaluate::Asked;

    #[test]
    fn every_rule_has_a_card_of_its_version() {
        for rule in Primitive::named() {
            let card = card(rule.name()).unwrap_or_else(|| panic!("no card of {}; run make cards", rule.name()));
            assert_eq!((card.kind.as_str(), card.version), ("change rule", rule.version() as u64), "run make cards");
            assert!(card.headline().is_some(), "{}", Rule::of(rule));
        }
        for name in cluster::NAMES {
            assert_eq!(card(name).map(|card| card.kind.as_str()), Some("cluster rule"), "{name}; run make cards");
        }
        for card in cards().iter().filter(|card| card.kind == "shape") {
            assert!(Asked::from_name(&card.name).is_ok(), "{}", card.name);
        }
    }

    #[test]
    fn a_headline_says_what_was_counted() {
        let counts = Counts { true_positive: 1, untold_positive: 3, true_negative: 1000, false_positive: 1, ..Counts::default() };
        let figures = vec![("city".to_string(), Figures::Counts(counts))];
        let card = Card { name: "some".into(), kind: "change rule".into(), version: 1, figures };
        assert_eq!(card.headline().unwrap(), "on city names 25.0 % of change outputs, 0.100 % of other outputs");
        assert_eq!([0.0, 0.9999, 1.0].map(|share| percent(Some(share))), ["0.00 %", "99.99 %", "100.0 %"]);
    }
}
