//! What is to be simulated, and whether it can be.

use crate::error::{Error, Result};

/// A story that can be told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scenario {
    /// People and the services that they use, 2012 to 2024.
    City,
    /// A hidden service in a city, 2013 to 2018.
    HiddenService,
}

impl Scenario {
    pub const ALL: [Scenario; 2] = [Scenario::City, Scenario::HiddenService];

    pub const fn name(self) -> &'static str {
        match self {
            Scenario::City => "city",
            Scenario::HiddenService => "hidden-service",
        }
    }

    /// The scenario with a name, in which `_` is as good as `-`.
    pub fn from_name(name: &str) -> Result<Scenario> {
        let wanted = name.trim().to_ascii_lowercase().replace('_', "-");
        let known = Scenario::ALL.into_iter().find(|scenario| scenario.name() == wanted);
        known.ok_or_else(|| Error::UnknownName {
            what: "scenario",
            name: name.to_string(),
            known: Scenario::ALL.map(Scenario::name).to_vec(),
        })
    }

    /// The years of its story.
    pub(super) fn years(self) -> (f64, f64) {
        match self {
            Scenario::City => (2012.0, 2024.0),
            Scenario::HiddenService => (2013.0, 2018.42),
        }
    }

    /// Transactions at scale 1.
    fn transactions(self) -> f64 {
        match self {
            Scenario::City => 100_000.0,
            Scenario::HiddenService => 250_000.0,
        }
    }

    /// The largest scale: beyond it the addresses do not last, or the money.
    pub fn largest_scale(self) -> f64 {
        match self {
            Scenario::City => 600.0,
            Scenario::HiddenService => 20.0,
        }
    }
}

/// What is to be simulated. The same plan gives the same chain and truth, byte for byte, on every machine.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Plan {
    pub scenario: Scenario,
    pub seed: u64,
    /// How large it is: 1 is about 100,000 transactions of a city, or the full numbers of the hidden service.
    pub scale: f64,
}

impl Plan {
    pub(super) fn check(&self) -> Result<()> {
        let largest = self.scenario.largest_scale();
        if self.scale.is_finite() && self.scale > 0.0 && self.scale <= largest {
            return Ok(());
        }
        let what = format!(
            "scale {} cannot be simulated; give a number above 0 and at most {largest} for {}",
            self.scale,
            self.scenario.name()
        );
        Err(Error::Invalid { what })
    }

    /// How many transactions the story has.
    pub(super) fn transactions(&self) -> u64 {
        ((self.scenario.transactions() * self.scale) as u64).max(600)
    }
}
