//! The recipe of flows: the addresses of the set by name, and how they are told.

use std::sync::Arc;

use serde_json::Value;

use crate::chain::Chain;
use crate::cluster::Clusters;
use crate::error::{Error, Result};
use crate::flows::{Flows, FlowsOptions, Period};
use crate::ids::AddrNum;
use crate::recipe::Recipe;
use crate::trace::StopSet;
use crate::trace::recipe::text;

/// The call that sums the flows of a set.
pub const FLOWS: &str = "chain.flows";

impl Flows {
    /// The call that makes them again.
    pub fn recipe(&self) -> Result<Recipe> {
        let (chain, options) = (&self.chain, &self.options);
        let names = self.members.addresses().iter().map(|address| chain.address_at(*address)?.name());
        let names: Vec<String> = names.collect::<Result<_>>()?;
        let recipe = Recipe::new(chain.identity()?.value(), FLOWS).with_input("addresses", names.into())?;
        let recipe = options.labels.put(chain, "labels", recipe.with("by", options.period.name()))?;
        recipe.with_result("clusters", options.clusters.as_ref().map(|clusters| clusters.recipe().clone()))
    }
}

/// The addresses of a recipe.
pub fn addresses_of_recipe(chain: &Chain, recipe: &Recipe) -> Result<Vec<AddrNum>> {
    let wrong = || Error::Recipe { what: "the recipe has no addresses that can be read".to_string() };
    let names = recipe.input("addresses")?.and_then(Value::as_array).ok_or_else(wrong)?;
    names.iter().map(|name| Ok(chain.address(name.as_str().ok_or_else(wrong)?)?.number())).collect()
}

impl FlowsOptions {
    /// The options of a recipe, with the clusters that it names.
    pub fn of_recipe(chain: &Chain, recipe: &Recipe, clusters: Option<Clusters>) -> Result<FlowsOptions> {
        let period = Period::from_name(text(recipe, "by")?)?;
        let labels = Arc::new(StopSet::of_recipe(chain, clusters.as_ref(), "labels", recipe)?);
        Ok(FlowsOptions { period, clusters, labels })
    }
}
