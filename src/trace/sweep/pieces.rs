//! Traced money as pieces that know whose they are, and where in an output they lie: for policies by which that matters, and for all
//! when somebody asks which source, or which input, a satoshi came from.

use crate::apportion::Divider;
use crate::trace::Policy;
use crate::trace::place::Place;
use crate::trace::sweep::money::{Divided, Money, Piece};
use crate::trace::sweep::slots::Slots;
use crate::trace::sweep::sums::{falling, poison};

/// "None" among entries.
const NONE: u32 = u32::MAX;

pub(in crate::trace) struct Pieces {
    policy: Policy,
    owners: Owners,
    /// Inputs are laid in reverse order on this side, under that policy.
    reverse_left: bool,
    /// What waits, as lists: a word is the number of its first entry, and one more.
    entries: Vec<Entry>,
    free: u32,
    /// The division that was made last.
    shares: Vec<u64>,
    parts: Vec<Vec<Piece>>,
    /// How many of those it used.
    used: usize,
    work: Work,
}

/// Who is taken for the owner of a piece.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::trace) enum Owners {
    /// All pieces have the same.
    One,
    /// The source that it comes from.
    Sources,
    /// The left slot that it comes from.
    Slots,
}

struct Entry {
    place: Place,
    content: Content,
    next: u32,
}

/// Most outputs hold one piece.
#[derive(Clone)]
enum Content {
    One(Piece),
    Many(Box<[Piece]>),
}

/// Memory that is kept from one division to the next.
#[derive(Default)]
struct Work {
    divider: Divider,
    order: Vec<usize>,
    starts: Vec<u64>,
    arrived: Vec<(usize, Content)>,
    places: Vec<(Place, usize)>,
    line: Vec<Piece>,
    dealt: Vec<u64>,
    room: Vec<u64>,
}

impl Content {
    fn pieces(&self) -> &[Piece] {
        match self {
            Content::One(piece) => std::slice::from_ref(piece),
            Content::Many(pieces) => pieces,
        }
    }
}

impl Pieces {
    pub fn new(policy: Policy, owners: Owners, inputs_left: bool) -> Pieces {
        Pieces {
            policy,
            owners,
            reverse_left: inputs_left,
            entries: Vec::new(),
            free: NONE,
            shares: Vec::new(),
            parts: Vec::new(),
            used: 0,
            work: Work::default(),
        }
    }

    fn put(&mut self, word: &mut u64, place: Place, content: Content) {
        let next = (*word as u32).wrapping_sub(1);
        let entry = Entry { place, content, next };
        let number = match self.free {
            NONE => {
                self.entries.push(entry);
                self.entries.len() as u32 - 1
            }
            free => {
                self.free = self.entries[free as usize].next;
                self.entries[free as usize] = entry;
                free
            }
        };
        *word = number as u64 + 1;
    }

    /// Takes what waits, with the numbers of the left slots that it waits at, in their order. None if it waits at none of them.
    fn take(&mut self, word: u64, left: &[(Place, u64)]) -> Option<()> {
        let arrived = &mut self.work.arrived;
        arrived.clear();
        let mut at = (word as u32).wrapping_sub(1);
        let places = &mut self.work.places;
        places.clear();
        while at != NONE {
            let entry = &mut self.entries[at as usize];
            let content = std::mem::replace(&mut entry.content, Content::Many(Box::default()));
            let next = std::mem::replace(&mut entry.next, self.free);
            if places.is_empty() && left.len() > 8 {
                places.extend(left.iter().enumerate().map(|(i, (place, _))| (*place, i)));
                places.sort_unstable();
            }
            let slot = match places.is_empty() {
                true => left.iter().position(|(place, _)| *place == entry.place),
                false => places.binary_search_by_key(&entry.place, |(place, _)| *place).ok().map(|i| places[i].1),
            };
            arrived.push((slot?, content));
            (self.free, at) = (at, next);
        }
        arrived.sort_unstable_by_key(|(slot, _)| *slot);
        Some(())
    }

    /// Lays the pieces that arrived on one line: at their places, or, under policies that know none, one behind the other.
    fn lay(&mut self, left: &[(Place, u64)]) {
        let reverse = self.policy == Policy::Lifo && self.reverse_left;
        let work = &mut self.work;
        if self.policy.knows_places() {
            starts(left.iter().map(|(_, value)| *value), reverse, &mut work.starts);
        }
        if reverse {
            work.arrived.reverse();
        }
        work.line.clear();
        let mut end = 0;
        for (slot, content) in &work.arrived {
            for piece in content.pieces() {
                let start = if self.policy.knows_places() { work.starts[*slot].saturating_add(piece.start) } else { end };
                let owner = if self.owners == Owners::Slots { *slot as u32 } else { piece.owner };
                work.line.push(Piece { start, length: piece.length, owner });
                end = start.saturating_add(piece.length);
            }
        }
    }

    /// The order in which the right slots are filled.
    fn order(&mut self, slots: &Slots) {
        if self.policy == Policy::HighestOutputsFirst {
            return falling(&slots.values, slots.last, &mut self.work.order);
        }
        self.work.order.clear();
        self.work.order.extend(0..slots.values.len());
        if self.policy == Policy::Lifo && !self.reverse_left {
            let inputs = slots.values.len() - slots.last;
            self.work.order[..inputs].reverse();
        }
    }

    /// Cuts the line where the right slots, laid on it in their order, end. Returns what lies behind the last of them.
    fn cut(&mut self, values: &[u64]) -> u64 {
        let (line, mut next, mut slot_start, mut taken) = (&self.work.line, 0, 0u64, 0u64);
        for i in &self.work.order {
            let slot_end = slot_start.saturating_add(values[*i]);
            while let Some(piece) = line.get(next).filter(|piece| piece.start < slot_end) {
                let piece_end = piece.start.saturating_add(piece.length);
                let (from, to) = (piece.start.max(slot_start), piece_end.min(slot_end));
                if to > from {
                    add(&mut self.parts[*i], Piece { start: from - slot_start, length: to - from, owner: piece.owner });
                }
                self.shares[*i] += to - from;
                taken += to - from;
                if to < piece_end {
                    break;
                }
                next += 1;
            }
            slot_start = slot_end;
        }
        line.iter().map(|piece| piece.length).sum::<u64>() - taken
    }

    /// Divides the sum, and lets the owners deal it out among themselves.
    fn haircut(&mut self, values: &[u64]) -> u64 {
        let amount = self.work.line.iter().map(|piece| piece.length).sum();
        let beyond = self.work.divider.divide(amount, values, &mut self.shares);
        self.deal();
        beyond
    }

    /// Owners deal out the shares that all of them have together, one after the other in their order.
    fn deal(&mut self) {
        let work = &mut self.work;
        work.room.clear();
        work.room.extend_from_slice(&self.shares);
        work.line.sort_by_key(|piece| piece.owner);
        for pieces in work.line.chunk_by(|a, b| a.owner == b.owner) {
            let amount = pieces.iter().map(|piece| piece.length).sum();
            work.divider.divide(amount, &work.room, &mut work.dealt);
            for (i, dealt) in work.dealt.iter().enumerate().filter(|(_, dealt)| **dealt > 0) {
                work.room[i] -= dealt;
                self.parts[i].push(Piece { start: 0, length: *dealt, owner: pieces[0].owner });
            }
        }
    }

    /// Each source gets everything; slots deal out what they brought in, and what joins comes from none of them.
    fn poison(&mut self, values: &[u64]) -> Divided {
        let arrived = self.work.arrived.iter().map(|(_, content)| content.pieces()[0].length).sum();
        let divided = poison(arrived, values, &mut self.shares);
        if self.owners == Owners::Slots {
            self.deal();
            return divided;
        }
        let line = &mut self.work.line;
        line.sort_by_key(|piece| piece.owner);
        line.dedup_by_key(|piece| piece.owner);
        for (part, value) in self.parts.iter_mut().zip(values).filter(|(_, value)| **value > 0) {
            part.extend(line.iter().map(|piece| Piece { start: 0, length: *value, owner: piece.owner }));
        }
        divided
    }

    fn clear(&mut self, slots: usize) {
        self.shares.clear();
        self.shares.resize(slots, 0);
        self.parts.iter_mut().take(self.used).for_each(Vec::clear);
        self.used = slots;
        if self.parts.len() < slots {
            self.parts.resize(slots, Vec::new());
        }
    }
}

impl Money for Pieces {
    const NEEDS_LEFT: bool = true;

    fn begin(&mut self, word: &mut u64, place: Place, amount: u64, source: u32) {
        let owner = if self.owners == Owners::Sources { source } else { 0 };
        self.put(word, place, Content::One(Piece { start: 0, length: amount, owner }));
    }

    fn wait(&mut self, word: &mut u64, place: Place, slot: usize) {
        let content = match &*self.parts[slot] {
            // What was not traced before has no piece.
            _ if self.owners == Owners::Slots && self.policy == Policy::Poison => {
                Content::One(Piece { start: 0, length: self.shares[slot], owner: 0 })
            }
            [one] => Content::One(*one),
            many => Content::Many(many.into()),
        };
        self.put(word, place, content);
    }

    fn amount(&self, word: u64) -> u64 {
        let (mut at, mut amount) = ((word as u32).wrapping_sub(1), 0);
        while at != NONE {
            let entry = &self.entries[at as usize];
            let pieces = entry.content.pieces();
            amount += match self.policy {
                Policy::Poison => pieces[0].length,
                _ => pieces.iter().map(|piece| piece.length).sum(),
            };
            at = entry.next;
        }
        amount
    }

    fn divide(&mut self, word: u64, slots: &Slots) -> Option<Divided> {
        self.take(word, &slots.left)?;
        self.lay(&slots.left);
        self.clear(slots.values.len());
        if self.policy == Policy::Poison {
            return Some(self.poison(&slots.values));
        }
        let beyond = match self.policy {
            Policy::Haircut => self.haircut(&slots.values),
            _ => {
                self.order(slots);
                self.cut(&slots.values)
            }
        };
        Some(Divided { beyond, joined: 0 })
    }

    fn shares(&self) -> &[u64] {
        &self.shares
    }

    fn parts(&self, slot: usize) -> &[Piece] {
        &self.parts[slot]
    }
}

/// Where each value begins when all are laid end to end, perhaps the last one first.
fn starts(values: impl DoubleEndedIterator<Item = u64> + ExactSizeIterator, reverse: bool, starts: &mut Vec<u64>) {
    starts.clear();
    let mut start = 0;
    let mut put = |value: u64| {
        starts.push(start);
        start = start.saturating_add(value);
    };
    if reverse {
        values.rev().for_each(&mut put);
        starts.reverse();
    } else {
        values.for_each(&mut put);
    }
}

/// Adds a piece, joined to the last one where both belong together.
fn add(pieces: &mut Vec<Piece>, piece: Piece) {
    match pieces.last_mut() {
        Some(last) if last.owner == piece.owner && last.start + last.length == piece.start => last.length += piece.length,
        _ => pieces.push(piece),
    }
}
