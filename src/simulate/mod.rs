//! Chains whose truth is known: a simulated economy that writes real block files, and beside them who owns what and why it moved.
//! docs/simulate.md says what is modelled and what is not.

mod agenda;
mod block;
mod books;
mod cash_out;
mod city;
mod clock;
mod commit;
mod draft;
mod exchange;
mod files;
mod hidden_files;
mod hidden_service;
mod joinmarket;
mod keys;
mod merchant;
mod mine;
mod mixers;
mod oddities;
mod payers;
mod payment;
mod person;
mod plan;
mod pool;
mod profile;
mod rng;
mod run;
mod table;
mod tags;
mod truth;
mod wallet;
mod wasabi;
mod whirlpool;
mod words;
mod world;

pub use plan::{Plan, Scenario};
pub use run::{Progress, Report, simulate};
