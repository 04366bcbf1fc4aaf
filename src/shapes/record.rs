//! How a rule tells what it looked at. Every shape is one function over a [`Record`]: the quick one stops at the first predicate that
//! fails, the explaining one keeps them all. So what is explained is what was decided.

use std::fmt::Display;

use crate::error::Error;

/// The answer to whether a transaction has a shape.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[repr(u8)]
pub enum Verdict {
    #[default]
    No = 0,
    /// It cannot be told: a search ran out of its budget, or what would decide has not happened by the chain's height.
    Undecided = 1,
    Yes = 2,
}

impl Verdict {
    /// Every verdict, in the order of its number.
    pub const ALL: [Verdict; 3] = [Verdict::No, Verdict::Undecided, Verdict::Yes];

    /// The name that tables use.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::No => "no",
            Verdict::Undecided => "undecided",
            Verdict::Yes => "yes",
        }
    }
}

/// What a predicate looked at.
#[derive(Clone, PartialEq, Debug)]
pub enum Found {
    Number(i64),
    Share(f64),
    Flag(bool),
    Text(&'static str),
    /// It was not looked for.
    Nothing,
}

/// One predicate of a shape, as it was for one transaction.
#[derive(Clone, PartialEq, Debug)]
pub struct Predicate {
    pub name: &'static str,
    /// None where it could not be decided.
    pub passed: Option<bool>,
    pub found: Found,
    /// What it is held against.
    pub wanted: String,
}

/// Why a rule goes no further.
pub(super) enum Stop {
    Decided,
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Failed(error)
    }
}

/// Whether a rule goes on.
pub(super) type Go = Result<(), Stop>;

/// Takes the predicates of a shape, always the same ones in the same order as far as it is asked to go on.
pub(super) trait Record {
    fn note(&mut self, name: &'static str, passed: Option<bool>, told: impl FnOnce() -> (Found, String)) -> Go;

    /// Whether a predicate has failed already, so that one that costs much need not be looked at.
    fn settled(&self) -> bool;

    fn at_least(&mut self, name: &'static str, found: impl Number, wanted: impl Number) -> Go {
        self.note(name, Some(found.value() >= wanted.value()), || (found.found(), format!("at least {wanted}")))
    }

    fn at_most(&mut self, name: &'static str, found: impl Number, wanted: impl Number) -> Go {
        self.note(name, Some(found.value() <= wanted.value()), || (found.found(), format!("at most {wanted}")))
    }

    fn exactly(&mut self, name: &'static str, found: impl Number, wanted: impl Number) -> Go {
        self.note(name, Some(found.value() == wanted.value()), || (found.found(), format!("exactly {wanted}")))
    }

    fn between(&mut self, name: &'static str, found: impl Number, least: impl Number, most: impl Number) -> Go {
        let passed = (least.value()..=most.value()).contains(&found.value());
        self.note(name, Some(passed), || (found.found(), format!("{least} to {most}")))
    }

    fn holds(&mut self, name: &'static str, found: bool, wanted: &'static str) -> Go {
        self.note(name, Some(found), || (Found::Flag(found), wanted.to_string()))
    }

    fn answer(&mut self, name: &'static str, found: Option<bool>, wanted: &'static str) -> Go {
        self.note(name, found, || (found.map_or(Found::Nothing, Found::Flag), wanted.to_string()))
    }
}

/// What can be compared and told.
pub(super) trait Number: Display + Copy {
    fn value(self) -> f64;
    fn found(self) -> Found;
}

macro_rules! numbers {
    ($($of:ty),*) => {$(
        impl Number for $of {
            /// Amounts are below 2^53, so they survive.
            #[inline]
            fn value(self) -> f64 {
                self as f64
            }

            fn found(self) -> Found {
                Found::Number(self as i64)
            }
        }
    )*};
}

numbers!(u32, u64, usize, i64);

impl Number for f64 {
    #[inline]
    fn value(self) -> f64 {
        self
    }

    fn found(self) -> Found {
        Found::Share(self)
    }
}

/// Keeps what decides: how many predicates were passed, and the first that could not be decided.
#[derive(Default)]
pub(super) struct Quick {
    seen: u8,
    failed: bool,
    unknown: Option<u8>,
}

impl Record for Quick {
    #[inline]
    fn note(&mut self, _: &'static str, passed: Option<bool>, _: impl FnOnce() -> (Found, String)) -> Go {
        match passed {
            Some(true) => {}
            Some(false) => {
                self.failed = true;
                return Err(Stop::Decided);
            }
            None => {
                self.unknown.get_or_insert(self.seen);
            }
        }
        self.seen += 1;
        Ok(())
    }

    fn settled(&self) -> bool {
        false
    }
}

impl Quick {
    /// The verdict, and the number of the predicate that decided; all of them decided where that is their count.
    pub fn verdict(&self) -> (Verdict, u8) {
        match (self.failed, self.unknown) {
            (true, _) => (Verdict::No, self.seen),
            (false, Some(unknown)) => (Verdict::Undecided, unknown),
            (false, None) => (Verdict::Yes, self.seen),
        }
    }
}

/// Keeps every predicate.
#[derive(Default)]
pub(super) struct Full {
    pub predicates: Vec<Predicate>,
    settled: bool,
}

impl Record for Full {
    fn note(&mut self, name: &'static str, passed: Option<bool>, told: impl FnOnce() -> (Found, String)) -> Go {
        let (found, wanted) = told();
        self.settled |= passed == Some(false);
        self.predicates.push(Predicate { name, passed, found, wanted });
        Ok(())
    }

    fn settled(&self) -> bool {
        self.settled
    }
}

/// The verdict of some predicates, and the number of the one that decided; their count where all did.
pub(super) fn verdict(predicates: &[Predicate]) -> (Verdict, usize) {
    let first = |passed| predicates.iter().position(|predicate| predicate.passed == passed);
    match (first(Some(false)), first(None)) {
        (Some(failed), _) => (Verdict::No, failed),
        (None, Some(unknown)) => (Verdict::Undecided, unknown),
        (None, None) => (Verdict::Yes, predicates.len()),
    }
}
