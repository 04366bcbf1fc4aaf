//! The recipe of a convergence: the payments by name, and how they are followed.

use std::sync::Arc;

use crate::chain::Chain;
use crate::cluster::Clusters;
use crate::convergence::{Convergence, ConvergenceOptions};
use crate::error::Result;
use crate::ids::OutNum;
use crate::recipe::Recipe;
use crate::trace::StopSet;

/// The call that looks for where payments meet.
pub const CONVERGENCE: &str = "chain.convergence";

impl Convergence {
    /// The call that makes it again.
    pub fn recipe(&self) -> Result<Recipe> {
        let (chain, options) = (&self.chain, &self.options);
        let name = |payment: &OutNum| chain.output_at(*payment)?.outpoint();
        let payments = self.payments.iter().map(name).collect::<Result<Vec<String>>>()?;
        let recipe = Recipe::new(chain.identity()?.value(), CONVERGENCE).with_input("outputs", payments.into())?;
        let recipe = recipe.with("overlapping", self.overlapping).with("max_tx_hops", options.max_tx_hops);
        let recipe = options.stop_at.put(chain, "stop_at", recipe)?;
        recipe.with_result("clusters", options.clusters.as_ref().map(|clusters| clusters.recipe().clone()))
    }

    /// The same with another count of repeated payments, as a recipe has it.
    pub fn with_overlapping(self, overlapping: u64) -> Convergence {
        Convergence { overlapping, ..self }
    }
}

impl ConvergenceOptions {
    /// The options of a recipe, with the clusters that it names.
    pub fn of_recipe(chain: &Chain, recipe: &Recipe, clusters: Option<Clusters>) -> Result<ConvergenceOptions> {
        let stop_at = Arc::new(StopSet::of_recipe(chain, clusters.as_ref(), "stop_at", recipe)?);
        Ok(ConvergenceOptions { clusters, max_tx_hops: recipe.number("max_tx_hops")?, stop_at })
    }
}
