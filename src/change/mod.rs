//! Change rules: each tells, for a transaction, the outputs that it cannot rule out as the change.
//!
//! A rule is one file with its definition, its options and what it marks, and one line of [`RULES`]. Rules combine: `a | b`, `a & b` and
//! `a - b` are the union, intersection and difference of what they leave, and `unique()` keeps the only output that is left, or none. A
//! [`ChangeRule`] is prepared for a chain, which computes what it needs of the whole of it, and then asked transaction by transaction. Data
//! outputs (OP_RETURN) are never the change, and a coinbase has none.

mod address_reuse;
mod address_type;
mod batch;
mod evaluate;
mod fingerprint;
mod fixed_fee;
mod fresh;
mod given;
mod locktime;
mod marks;
mod named_outputs;
mod none;
mod one_time_change;
mod optimal;
mod peeling;
mod power_of_ten;
mod prepared;
mod primitive;
mod recipe;
mod round_fiat;
mod rule;
mod spent;
mod table;

pub use address_reuse::AddressReuse;
pub use address_type::AddressType;
pub use batch::choose;
pub use fingerprint::SameSoftware;
pub use fixed_fee::FixedFee;
pub use fresh::Fresh;
pub use given::{Choice, Chooser, ChosenBy, UserRule};
pub use locktime::Locktime;
pub use named_outputs::{NamedOutputs, outputs_of_rows};
pub use none::NoOutput;
pub use one_time_change::OneTimeChange;
pub use optimal::Optimal;
pub use peeling::Peeling;
pub use power_of_ten::PowerOfTen;
pub use prepared::Prepared;
pub use primitive::{Definition, Primitive};
pub use round_fiat::RoundFiat;
pub use rule::{ChangeRule, Operator, RuleNode};
pub use spent::Spent;
pub use table::table;

/// Every rule, by name.
pub static RULES: [&Definition; 15] = [
    &address_reuse::DEFINITION,
    &address_type::DEFINITION,
    &fingerprint::DEFINITION,
    &fixed_fee::DEFINITION,
    &fresh::DEFINITION,
    &given::FUNCTION,
    &locktime::DEFINITION,
    &none::DEFINITION,
    &one_time_change::DEFINITION,
    &optimal::DEFINITION,
    &peeling::DEFINITION,
    &power_of_ten::DEFINITION,
    &round_fiat::DEFINITION,
    &spent::DEFINITION,
    &given::TABLE,
];

/// The rules that need no options: a name is enough.
pub fn named() -> impl Iterator<Item = &'static Definition> {
    RULES.into_iter().filter(|definition| definition.default.is_some())
}
