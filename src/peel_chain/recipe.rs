//! The recipe of a peel chain: its coin by name, and how it is followed.

use std::sync::Arc;

use serde_json::Value;

use crate::chain::{Chain, Feature};
use crate::cluster::Clusters;
use crate::error::{Error, Result};
use crate::peel_chain::{PeelChain, PeelChainOptions};
use crate::recipe::Recipe;
use crate::trace::recipe::text;
use crate::trace::{Direction, StopSet};

/// The call that follows a peel chain.
pub const PEEL_CHAIN: &str = "chain.peel_chain";

impl PeelChain {
    /// The call that makes it again.
    pub fn recipe(&self) -> Result<Recipe> {
        let (chain, options) = (&self.chain, &self.options);
        let features: Vec<&str> = options.features.iter().map(|feature| feature.name()).collect();
        let recipe = Recipe::new(chain.identity()?.value(), PEEL_CHAIN)
            .with("output", chain.output_at(self.start)?.outpoint()?)
            .with("direction", PeelChainOptions::direction_name(&options.directions))
            .with("features", features)
            .with("max_steps", options.max_steps)
            .with("max_inputs", options.max_inputs)
            .with("max_outputs", options.max_outputs)
            .with("rule_out_unspent", options.rule_out_unspent);
        let recipe = options.stop_at.put(chain, "stop_at", recipe)?;
        recipe.with_result("clusters", options.clusters.as_ref().map(|clusters| clusters.recipe().clone()))
    }
}

impl PeelChainOptions {
    /// The options of a recipe, with the clusters that it names.
    pub fn of_recipe(chain: &Chain, recipe: &Recipe, clusters: Option<Clusters>) -> Result<PeelChainOptions> {
        let wrong = |what: &str| Error::Recipe { what: format!("the recipe has no {what} that can be read") };
        let features = recipe.argument("features").as_array().ok_or_else(|| wrong("features"))?;
        let feature = |name: &Value| Feature::from_name(name.as_str().unwrap_or_default());
        Ok(PeelChainOptions {
            directions: PeelChainOptions::directions_named(text(recipe, "direction")?)?,
            features: features.iter().map(feature).collect::<Result<_>>()?,
            stop_at: Arc::new(StopSet::of_recipe(chain, clusters.as_ref(), "stop_at", recipe)?),
            clusters,
            max_steps: recipe.number("max_steps")?,
            max_inputs: recipe.number("max_inputs")?.ok_or_else(|| wrong("max_inputs"))?,
            max_outputs: recipe.number("max_outputs")?.ok_or_else(|| wrong("max_outputs"))?,
            rule_out_unspent: recipe.argument("rule_out_unspent").as_bool().ok_or_else(|| wrong("rule_out_unspent"))?,
        })
    }

    /// The directions that a word means; "both" goes back to where the chain began, too.
    pub fn directions_named(name: &str) -> Result<Vec<Direction>> {
        match name {
            "both" => Ok(vec![Direction::In, Direction::Out]),
            "in" | "out" => Ok(vec![Direction::from_name(name)?]),
            _ => Err(Error::UnknownName { what: "direction", name: name.to_string(), known: vec!["out", "in", "both"] }),
        }
    }

    fn direction_name(directions: &[Direction]) -> &'static str {
        match directions {
            [direction] => direction.name(),
            _ => "both",
        }
    }
}
