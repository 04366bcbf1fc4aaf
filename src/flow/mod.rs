//! Following money: where it went, or where it came from, with every satoshi accounted for. docs/traces.md defines every word.
//!
//! A [`Trace`] begins at outputs, its [`Source`]. Transactions are numbered in chain order and spend only what came before them, so one
//! pass over those that traced money goes through is enough: ascending for where it went ([`Direction::Out`]), descending for where it
//! came from ([`Direction::In`]). At each of them a [`Policy`] says which part of the money goes on by which output. What comes of it
//! are [`Step`]s, and a [`Ledger`] of their sums that adds up exactly. Everything is as of the chain's height: what a later block
//! spends is unspent here.
//!
//! The sweep ([`sweep`]) knows the chain, and asks what divides the money ([`money`]): as sums ([`sums`]), which is all that most
//! policies look at, or as pieces that know whose they are ([`pieces`]).
//!
//! What a trace moved ([`Movements`]) makes graphs, paths, choke points and cuts.

mod account;
mod cells;
mod choke;
mod choke_table;
pub mod compare;
mod cut;
mod exposure;
mod fate;
pub mod gathers;
mod graph;
mod graph_tables;
mod held;
mod hops;
mod ledger;
mod level;
mod log;
mod lookahead;
mod max_flow;
mod money;
mod movement;
mod movements;
mod net;
mod options;
mod path_table;
mod paths;
pub mod peel;
mod pieces;
mod policy;
mod reaching;
pub mod set_flows;
mod slots;
mod source;
mod step;
mod stops;
mod sums;
mod sweep;
mod tables;
mod trace;
mod turns;
mod ways;
mod which;

pub use choke::ChokePoint;
pub use cut::Cut;
pub use exposure::{Share, ShareKind};
pub use graph::{Edge, Node, TraceGraph};
pub use ledger::Ledger;
pub use level::{Holder, Level};
pub use movement::{Movement, Place};
pub use movements::Movements;
pub use options::{BUDGET, Direction, Fees, TraceOptions};
pub use paths::{Best, Path};
pub use policy::Policy;
pub use source::{Source, SourceItem, SourceOutput};
pub use step::{Outcome, Step};
pub use stops::{StopItem, StopSet};
pub use trace::{SourceShare, Trace};
pub use which::Which;
