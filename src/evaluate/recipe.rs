//! The recipes of evaluations. A truth stands in them by its digest alone: whoever makes an evaluation again has to have it.

use serde_json::{Map, Value, json};

use crate::chain::Chain;
use crate::change::ChangeRule;
use crate::error::{Error, Result};
use crate::evaluate::{Claims, Evaluation, TraceEvaluation};
use crate::recipe::Recipe;
use crate::shapes::Thresholds;

/// The call that holds something against a truth.
pub const EVALUATE: &str = "evaluate";

fn recipe(chain: &Chain, truth: &str) -> Result<Recipe> {
    Ok(Recipe::new(chain.identity()?.value(), EVALUATE).with("truth", truth))
}

impl Evaluation {
    /// The call that makes it again, with the truth.
    pub fn recipe(&self) -> Result<Recipe> {
        let clusters = self.clusters();
        recipe(clusters.chain(), self.known().digest())?.with_result("what", Some(clusters.recipe().clone()))
    }
}

impl TraceEvaluation {
    /// The call that makes it again, with the truth.
    pub fn recipe(&self, claims: &Claims) -> Result<Recipe> {
        let recipe = recipe(self.trace().chain(), self.known().digest())?.with_result("what", Some(self.trace().recipe()?))?;
        let labels: Map<String, Value> = claims.iter().map(|(label, owner)| (label.clone(), json!(owner))).collect();
        Ok(if labels.is_empty() { recipe } else { recipe.with("labels", labels) })
    }
}

/// The call that makes the rates of a change rule again, with the truth.
pub fn of_rule(chain: &Chain, rule: &ChangeRule, truth: &str) -> Result<Recipe> {
    let mut recipe = recipe(chain, truth)?;
    let form = rule.form(chain, &mut recipe)?;
    Ok(recipe.with("what", json!({ "change": form })))
}

/// The call that makes the rates of a shape again, with the truth.
pub fn of_shape(chain: &Chain, shape: &str, thresholds: &Thresholds, truth: &str) -> Result<Recipe> {
    let recipe = recipe(chain, truth)?.with("what", json!({ "shape": shape }));
    Ok(recipe.with("shapes_version", crate::shapes::COINJOIN_VERSION).with("thresholds", thresholds.form()))
}

/// The claims of a recipe.
pub fn claims(recipe: &Recipe) -> Result<Claims> {
    let wrong = |_| Error::Recipe { what: "the labels of the recipe cannot be read".to_string() };
    let labels = recipe.argument("labels");
    if labels.is_null() { Ok(Claims::new()) } else { serde_json::from_value(labels.clone()).map_err(wrong) }
}
