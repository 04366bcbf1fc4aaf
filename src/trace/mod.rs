//! Following money: where it went, or where it came from, with every satoshi accounted for. docs/traces.md defines every word.
//!
//! A [`Trace`] begins at outputs, its [`Source`]. Transactions are numbered in chain order and spend only what came before them, so one
//! pass over those that traced money goes through is enough: ascending for where it went ([`Direction::Out`]), descending for where it
//! came from ([`Direction::In`]). At each of them a [`Policy`] says which part of the money goes on by which output. What comes of it
//! are [`Step`]s, and a [`Ledger`] of their sums that adds up exactly. Everything is as of the chain's height: what a later block
//! spends is unspent here.
//!
//! The sweep (`sweep`) knows the chain, and asks what divides the money (`sweep::money`): as sums (`sums`), which is all that most
//! policies look at, or as pieces that know whose they are (`pieces`).
//!
//! What a trace moved ([`graph::Movements`]) makes graphs, paths, choke points and cuts.

mod account;
pub mod compare;
mod exposure;
pub mod graph;
mod ledger;
mod limits;
mod options;
mod outcome;
pub mod place;
mod policy;
mod reason;
pub mod recipe;
mod run;
mod source;
mod stops;
mod sweep;
mod tables;

pub use exposure::{Share, ShareKind};
pub use ledger::Ledger;
pub use options::{AsGiven, BUDGET, Direction, Fees, TraceOptions};
pub use outcome::{Outcome, SourceShare, Step};
pub use place::{Movement, Place};
pub use policy::Policy;
pub use reason::{ByReason, Reason};
pub use run::Trace;
pub use source::{Source, SourceItem, SourceOutput};
pub use stops::{StopItem, StopSet};
