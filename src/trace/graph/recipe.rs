//! The recipe of a trace's graph: the trace, and what its nodes are.

use crate::error::Result;
use crate::recipe::Recipe;
use crate::trace::Trace;
use crate::trace::graph::level::Level;

/// The call that makes the graph of a trace.
pub const GRAPH: &str = "trace.graph";

/// The call that makes a graph of a trace again.
pub fn recipe(trace: &Trace, level: Level) -> Result<Recipe> {
    let recipe = Recipe::new(trace.chain().identity()?.value(), GRAPH).with("level", level.name());
    recipe.with_result("trace", Some(trace.recipe()?))
}
