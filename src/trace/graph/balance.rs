//! What came to each place of a trace, what left it, and what stayed there.

use std::collections::HashMap;

use crate::error::Result;
use crate::trace::graph::movements::{Movements, add};
use crate::trace::place::Place;

/// The sums of a place, in satoshi and in the direction of the trace: `source + joined + came = left + held`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Held {
    /// What the trace begins with here.
    pub source: u64,
    /// What poison added here that was not traced before.
    pub joined: u64,
    pub came: u64,
    pub left: u64,
    /// What ended here. In an output of the source that is what rejoined.
    pub held: u64,
}

/// The sums of every place.
pub(in crate::trace) fn held(movements: &Movements) -> Result<HashMap<Place, Held>> {
    let mut places: HashMap<Place, Held> = HashMap::new();
    for (place, amount) in movements.source() {
        add(&mut places.entry(*place).or_default().source, *amount)?;
    }
    for row in movements.rows() {
        add(&mut places.entry(row.from).or_default().left, row.amount)?;
        add(&mut places.entry(row.to).or_default().came, row.amount)?;
    }
    for place in movements.joined_places() {
        places.entry(place).or_default();
    }
    for (place, sums) in &mut places {
        sums.settle(*place, movements.joined(*place))?;
    }
    Ok(places)
}

impl Held {
    fn settle(&mut self, place: Place, joined: u64) -> Result<()> {
        let mut came = self.came;
        add(&mut came, joined)?;
        let mut due = self.source;
        add(&mut due, came)?;
        // An output and a fee leave as a whole, but what came to an output of the source ended there.
        let stays = match place {
            Place::Account(_) => 0,
            _ if self.left == 0 => due,
            _ if self.source > 0 => came,
            _ => 0,
        };
        self.held = stays.max(due.saturating_sub(self.left));
        let mut used = self.left;
        add(&mut used, self.held)?;
        self.joined = joined + used - due;
        Ok(())
    }
}
