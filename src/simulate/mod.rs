//! Chains whose truth is known: a simulated economy that writes real block files, and beside them who owns what and why it moved.
//! docs/simulate.md says what is modelled and what is not.

mod city;
mod hidden_service;
mod plan;
mod run;
mod truth;
mod world;

pub use plan::{Plan, Scenario};
pub use run::{Report, SimulationProgress, simulate};
