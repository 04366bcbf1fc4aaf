//! The recipes of traces and exposures. A source stands in them as the outputs that it came to, a stop set as labelled addresses: the
//! same for whatever they were given as.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::chain::Chain;
use crate::cluster::Clusters;
use crate::error::{Error, Result};
use crate::ids::OutNum;
use crate::recipe::Recipe;
use crate::trace::compare::Run;
use crate::trace::{AsGiven, Direction, Fees, Policy, Source, SourceOutput, StopItem, StopSet, Trace, TraceOptions};

/// The call that follows money.
pub const TRACE: &str = "chain.trace";
/// The call that asks for exposure.
pub const EXPOSURE: &str = "chain.exposure";
/// The trace behind an exposure.
pub const TRACE_OF_EXPOSURE: &str = "exposure.trace";

/// The call that compares policies.
pub const COMPARE_POLICIES: &str = "chain.compare_policies";

/// The call that compares runs of one source.
pub fn comparison(runs: &[Run]) -> Result<Recipe> {
    let first = runs.first().ok_or_else(|| wrong("of a comparison of nothing"))?;
    let traces = runs.iter().map(|run| run.trace.recipe()).collect::<Result<_>>()?;
    let rules: Vec<&str> = runs.iter().map(|run| run.rules.as_str()).collect();
    Recipe::new(first.trace.chain().identity()?.value(), COMPARE_POLICIES).with("rules", rules).with_results("traces", traces)
}

impl Trace {
    /// The call that makes it again.
    pub fn recipe(&self) -> Result<Recipe> {
        if self.options().hops {
            return self.recipe_of(TRACE);
        }
        let recipe = Recipe::new(self.chain().identity()?.value(), TRACE_OF_EXPOSURE);
        recipe.with_result("exposure", Some(self.exposure_recipe()?))
    }

    /// The call that makes the exposure again whose trace this is.
    pub fn exposure_recipe(&self) -> Result<Recipe> {
        self.recipe_of(EXPOSURE)
    }

    fn recipe_of(&self, call: &str) -> Result<Recipe> {
        let (chain, options) = (self.chain(), self.options());
        let recipe = Recipe::new(chain.identity()?.value(), call).with_input("source", self.source().content(chain)?)?;
        let recipe = recipe
            .with("direction", options.direction.name())
            .with("policy", options.policy.name())
            .with("fees", options.fees.name())
            .with("max_hops", options.max_hops)
            .with("max_tx_hops", options.max_tx_hops)
            .with("min_value", options.min_value)
            .with("since", options.since)
            .with("until", options.until)
            .with("budget", options.budget)
            .as_given("since", options.as_given.since.as_deref())
            .as_given("until", options.as_given.until.as_deref());
        let recipe = options.stops.put(chain, "stop_at", recipe)?;
        recipe.with_result("clusters", options.clusters.as_ref().map(|clusters| clusters.recipe().clone()))
    }
}

impl TraceOptions {
    /// The options of a recipe, with the clusters that it names.
    pub fn of_recipe(chain: &Chain, recipe: &Recipe, clusters: Option<Clusters>) -> Result<TraceOptions> {
        let word = |name| text(recipe, name);
        Ok(TraceOptions {
            direction: Direction::from_name(word("direction")?)?,
            policy: Policy::from_name(word("policy")?)?,
            fees: Fees::from_name(word("fees")?)?,
            hops: recipe.call() == TRACE,
            stops: Arc::new(StopSet::of_recipe(chain, clusters.as_ref(), "stop_at", recipe)?),
            clusters,
            max_hops: recipe.number("max_hops")?,
            max_tx_hops: recipe.number("max_tx_hops")?,
            min_value: recipe.number("min_value")?,
            since: recipe.number("since")?,
            until: recipe.number("until")?,
            as_given: AsGiven { since: recipe.text_given("since"), until: recipe.text_given("until") },
            budget: recipe.number("budget")?.ok_or_else(|| wrong("does not say its budget"))?,
        })
    }
}

/// An argument that is a word.
pub fn text<'a>(recipe: &'a Recipe, name: &str) -> Result<&'a str> {
    recipe.argument(name).as_str().ok_or_else(|| wrong(&format!("does not say its {name}")))
}

fn wrong(what: &str) -> Error {
    Error::Recipe { what: format!("the recipe {what}") }
}

impl Source {
    /// Names of the sources, and outputs with the place of their source and their satoshi.
    fn content(&self, chain: &Chain) -> Result<Value> {
        let output = |given: &SourceOutput| Ok(json!([chain.output_at(given.output)?.outpoint()?, given.source, given.amount]));
        let outputs = self.outputs().iter().map(output).collect::<Result<Vec<Value>>>()?;
        Ok(json!({ "names": self.names(), "outputs": outputs, "overlapping": self.overlapping() }))
    }

    /// The source of a recipe.
    pub fn of_recipe(chain: &Chain, recipe: &Recipe) -> Result<Source> {
        let unreadable = || wrong("has a source that cannot be read");
        let content = recipe.input("source")?.ok_or_else(|| wrong("has no source"))?;
        let list = |name: &str| content.get(name).and_then(Value::as_array).ok_or_else(unreadable);
        let names: Vec<Option<String>> = list("names")?.iter().map(|name| name.as_str().map(str::to_string)).collect();
        let output = |row: &Value| -> Result<SourceOutput> {
            let name = row.get(0).and_then(Value::as_str).ok_or_else(unreadable)?;
            let source = row.get(1).and_then(Value::as_u64).filter(|source| *source < names.len() as u64).ok_or_else(unreadable)?;
            let amount = row.get(2).and_then(Value::as_u64).ok_or_else(unreadable)?;
            Ok(SourceOutput { output: chain.output_named(name)?.number(), amount, source: source as u32 })
        };
        let outputs = list("outputs")?.iter().map(output).collect::<Result<Vec<_>>>()?;
        let overlapping = content.get("overlapping").and_then(Value::as_u64).ok_or_else(unreadable)?;
        Source::of_outputs(chain, outputs, names, overlapping)
    }
}

impl StopSet {
    /// Adds the set as an argument; nothing where it is empty.
    pub fn put(&self, chain: &Chain, name: &str, recipe: Recipe) -> Result<Recipe> {
        if self.is_empty() {
            return Ok(recipe);
        }
        let row = |(member, label): (_, String)| Ok(json!([chain.address_at(member)?.name()?, label]));
        let rows = self.labelled().into_iter().map(row).collect::<Result<Vec<Value>>>()?;
        recipe.with_input(name, rows.into())
    }

    /// The set of an argument; with clusters each address stands for its wallet.
    pub fn of_recipe(chain: &Chain, clusters: Option<&Clusters>, name: &str, recipe: &Recipe) -> Result<StopSet> {
        let unreadable = || wrong(&format!("has a {name} that cannot be read"));
        let Some(content) = recipe.input(name)? else { return StopSet::of(chain, clusters, []) };
        let row = |row: &Value| -> Result<(StopItem, String)> {
            let address = row.get(0).and_then(Value::as_str).zip(row.get(1).and_then(Value::as_str));
            let (address, label) = address.ok_or_else(unreadable)?;
            Ok((StopItem::Address(chain.address(address)?.number()), label.to_string()))
        };
        let rows = content.as_array().ok_or_else(unreadable)?.iter().map(row).collect::<Result<Vec<_>>>()?;
        StopSet::of(chain, clusters, rows)
    }
}

/// Outputs of a recipe's argument, by name.
pub fn outputs(chain: &Chain, recipe: &Recipe, name: &str) -> Result<Vec<OutNum>> {
    let unreadable = || wrong(&format!("has {name} that cannot be read"));
    let names = recipe.input(name)?.and_then(Value::as_array).ok_or_else(unreadable)?;
    let output = |name: &Value| Ok(chain.output_named(name.as_str().ok_or_else(unreadable)?)?.number());
    names.iter().map(output).collect()
}
