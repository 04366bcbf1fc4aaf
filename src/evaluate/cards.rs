//! What was measured of the rules, as docs/cards tells it: `make cards` writes the figures to rates.json, and they are compiled in.

use std::sync::LazyLock;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::evaluate::pairs::Pairs;
use crate::evaluate::rates::Confusion;

/// The format of rates.json that is read.
const FORMAT: u64 = 1;

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
    Confusion(Confusion),
}

static CARDS: LazyLock<Result<Vec<Card>, String>> = LazyLock::new(|| parse(include_str!("rates.json")));

/// All cards, by name.
pub fn cards() -> Result<&'static [Card]> {
    CARDS.as_deref().map_err(|reason| Error::BadRates { reason: reason.clone() })
}

/// The card of a rule or shape.
pub fn card(name: &str) -> Result<Option<&'static Card>> {
    Ok(cards()?.iter().find(|card| card.name == name))
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
            Figures::Confusion(counts) => {
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

fn parse(text: &str) -> Result<Vec<Card>, String> {
    let document: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if document["format"] != FORMAT {
        return Err(format!("format is {}, and {FORMAT} is read", document["format"]));
    }
    let order = document["order"].as_array().ok_or("order is not a list")?;
    let chains: Vec<&str> = order.iter().map(Value::as_str).collect::<Option<_>>().ok_or("order is not a list of texts")?;
    let rules = document["rules"].as_object().ok_or("rules is not an object")?;
    rules.iter().map(|(name, rule)| card_of(name, rule, &chains).map_err(|reason| format!("{name}: {reason}"))).collect()
}

/// A rule that could not be measured on a chain has no figures of it.
fn card_of(name: &str, rule: &Value, chains: &[&str]) -> Result<Card, String> {
    let measured = chains.iter().filter_map(|chain| Some((chain.to_string(), rule.get(chain)?)));
    let figures = measured.map(|(chain, counts)| Ok((chain, figures(counts)?))).collect::<Result<_, String>>()?;
    let kind = rule["kind"].as_str().ok_or("kind is not a text")?.to_string();
    Ok(Card { name: name.to_string(), kind, version: number(rule, "version")?, figures })
}

fn figures(counts: &Value) -> Result<Figures, String> {
    if counts.get("pairs_true_positive").is_some() {
        return Ok(Figures::Pairs(Pairs {
            true_positive: number(counts, "pairs_true_positive")? as u128,
            false_positive: number(counts, "pairs_false_positive")? as u128,
            false_negative: number(counts, "pairs_false_negative")? as u128,
        }));
    }
    Ok(Figures::Confusion(Confusion {
        true_positive: number(counts, "true_positive")?,
        false_negative: number(counts, "false_negative")?,
        untold_positive: number(counts, "cannot_tell_positive")?,
        false_positive: number(counts, "false_positive")?,
        true_negative: number(counts, "true_negative")?,
        untold_negative: number(counts, "cannot_tell_negative")?,
    }))
}

fn number(object: &Value, name: &str) -> Result<u64, String> {
    object[name].as_u64().ok_or_else(|| format!("{name} is not a whole number"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change;
    use crate::cluster;
    use crate::evaluate::Asked;

    #[test]
    fn every_rule_has_a_card_of_its_version() {
        for rule in change::named() {
            let card = card(rule.name).unwrap().unwrap_or_else(|| panic!("no card of {}; run make cards", rule.name));
            assert_eq!((card.kind.as_str(), card.version), ("change rule", rule.version as u64), "run make cards");
            assert!(card.headline().is_some(), "{}", rule.name);
        }
        for name in cluster::NAMES {
            assert_eq!(card(name).unwrap().map(|card| card.kind.as_str()), Some("cluster rule"), "{name}; run make cards");
        }
        for card in cards().unwrap().iter().filter(|card| card.kind == "shape") {
            assert!(Asked::from_name(&card.name).is_ok(), "{}", card.name);
        }
    }

    #[test]
    fn a_headline_says_what_was_counted() {
        let counts =
            Confusion { true_positive: 1, untold_positive: 3, true_negative: 1000, false_positive: 1, ..Confusion::default() };
        let figures = vec![("city".to_string(), Figures::Confusion(counts))];
        let card = Card { name: "some".into(), kind: "change rule".into(), version: 1, figures };
        assert_eq!(card.headline().unwrap(), "on city names 25.0 % of change outputs, 0.100 % of other outputs");
        assert_eq!([0.0, 0.9999, 1.0].map(|share| percent(Some(share))), ["0.00 %", "99.99 %", "100.0 %"]);
    }

    #[test]
    fn the_figures_that_are_compiled_in_are_whole() {
        let cards = cards().unwrap();
        assert!(cards.len() > change::named().count() && cards.iter().all(|card| !card.figures.is_empty()));
    }

    #[test]
    fn damaged_figures_are_an_error_that_says_what_is_wrong() {
        let text = include_str!("rates.json");
        let damaged = |from: &str, to: &str| parse(&text.replacen(from, to, 1)).unwrap_err();
        assert_eq!(damaged("\"format\": 1", "\"format\": 2"), "format is 2, and 1 is read");
        assert_eq!(damaged("\"kind\": \"cluster rule\"", "\"kind\": 1"), "co_spend: kind is not a text");
        assert_eq!(damaged("pairs_false_positive", "pairs_false"), "co_spend: pairs_false_positive is not a whole number");
        assert_eq!(damaged("\"rules\"", "\"rule\""), "rules is not an object");
        assert!(parse(&text[..text.len() / 2]).unwrap_err().starts_with("EOF"));
    }
}
