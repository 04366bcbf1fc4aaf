//! Rules with measured errors: clusters, change rules, shapes and traces, held against what is known to be true.
//!
//! [`Truth`] is a truth in the numbers of one chain. It comes from a simulated chain's [`Folder`], from owners that somebody gives, or from
//! the chain itself ([`Revealed`]). Everything is counted in whole numbers, so it is the same for any number of threads; shares come last.

mod arrivals;
mod cards;
mod change_truth;
mod cluster_tables;
mod clusters;
mod folder;
mod from_chain;
mod given;
mod interval;
mod kinds;
mod matching;
mod pairs;
mod rate_tables;
mod rates;
pub mod recipe;
mod simulated;
mod trace_tables;
mod traces;
mod truth;

pub use arrivals::{Arrivals, Arrived};
pub use cards::{Card, Figures, card, cards};
pub use clusters::{Evaluation, Money, OwnerFound, ShownMoney};
pub use folder::Folder;
pub use from_chain::{FOLDS, Revealed, fold_of};
pub use given::{GivenOwners, GivenTransactions};
pub use interval::Proportion;
pub use kinds::{Asked, SEVERAL_OWNERS, WASABI};
pub use matching::Matched;
pub use pairs::{Cell, Pairs, cells, count, received};
pub use rates::{Confusion, Rates};
pub use traces::{Claims, FoundMoney, TraceEvaluation};
pub use truth::{ChangeTruth, Codes, Owners, Purposes, Truth};
