//! What a trace writes down while it runs: 16 bytes a step and 16 a passage, however long it is. Everything else of a step is looked up
//! in the chain when somebody asks.

use crate::ids::TxNum;
use crate::trace::Reason;
use crate::trace::place::Place;

/// What becomes of a step, as far as it is known when the step is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::trace) enum Mark {
    Followed,
    Stopped,
    Ended(Reason),
}

/// The marks that are no reasons stand behind those that are.
const FOLLOWED: u64 = Reason::ALL.len() as u64;
const STOPPED: u64 = FOLLOWED + 1;

impl Mark {
    /// The mark as a number of 4 bits.
    #[inline]
    fn code(self) -> u64 {
        match self {
            Mark::Ended(reason) => reason as u64,
            Mark::Followed => FOLLOWED,
            Mark::Stopped => STOPPED,
        }
    }

    fn of_code(code: u64) -> Mark {
        match Reason::ALL.get(code as usize) {
            Some(reason) => Mark::Ended(*reason),
            None if code == STOPPED => Mark::Stopped,
            None => Mark::Followed,
        }
    }
}

/// Where the bits of a step's first word stand: place, mark, whether the step is a hop beyond those of its passage.
const MARK: u32 = 44;
const HOP: u32 = 48;

#[derive(Clone, Copy, Debug)]
pub(in crate::trace) struct Logged {
    pub place: Place,
    pub mark: Mark,
    /// Whether it is one hop further than the passage came.
    pub crosses: bool,
    pub amount: u64,
}

/// A transaction that the trace passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::trace) struct Passage {
    pub by: TxNum,
    /// Its first step.
    pub first: u32,
    pub hop: u32,
    pub tx_hop: u32,
}

#[derive(Clone, Default)]
pub(in crate::trace) struct Log {
    steps: Vec<[u64; 2]>,
    passages: Vec<Passage>,
}

impl Log {
    /// A log with room for some steps.
    pub fn with_room(steps: usize) -> Log {
        Log { steps: Vec::with_capacity(steps), passages: Vec::new() }
    }

    pub fn pass(&mut self, by: TxNum, hop: u32, tx_hop: u32) {
        self.passages.push(Passage { by, first: self.steps.len() as u32, hop, tx_hop });
    }

    #[inline]
    pub fn step(&mut self, step: Logged) {
        let word = step.place.code() | step.mark.code() << MARK | (step.crosses as u64) << HOP;
        self.steps.push([word, step.amount]);
    }

    pub fn steps(&self) -> usize {
        self.steps.len()
    }

    pub fn passages(&self) -> &[Passage] {
        &self.passages
    }

    /// The steps of the source, and of passages that are one transaction from it, with that distance.
    pub fn near_steps(&self) -> impl Iterator<Item = (u32, Logged)> + '_ {
        let end = |i: usize| self.passages.get(i).map_or(self.steps.len(), |passage| passage.first as usize);
        let near = self.passages.iter().enumerate().filter(|(_, passage)| passage.tx_hop == 1);
        let near = near.flat_map(move |(i, passage)| (passage.first as usize..end(i + 1)).map(|step| (1, step)));
        (0..end(0)).map(|step| (0, step)).chain(near).map(|(tx_hop, step)| (tx_hop, self.logged(step)))
    }

    /// A step, without its passage.
    pub fn logged(&self, step: usize) -> Logged {
        let [word, amount] = self.steps[step];
        let mark = Mark::of_code(word >> MARK & 15);
        Logged { place: Place::of_code(word & ((1 << MARK) - 1)), mark, crosses: word >> HOP & 1 == 1, amount }
    }

    /// A step, and the passage that made it; none for those of the source.
    pub fn get(&self, step: usize) -> (Logged, Option<Passage>) {
        let behind = self.passages.partition_point(|passage| passage.first as usize <= step);
        let passage = behind.checked_sub(1).map(|i| self.passages[i]);
        (self.logged(step), passage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::OutNum;

    #[test]
    fn steps_are_found_again_with_their_passages() {
        let mut log = Log::default();
        let step = |mark, amount| Logged { place: Place::Output(OutNum((1 << 40) - 1)), mark, crosses: amount == 2, amount };
        log.step(step(Mark::Followed, 1));
        log.pass(TxNum(4), 2, 1);
        log.step(step(Mark::Ended(Reason::CutOffDate), 2));
        log.pass(TxNum(5), 2, 1);
        log.pass(TxNum(6), 3, 2);
        log.step(step(Mark::Ended(Reason::Unspent), 3));
        let by = |i| log.get(i).1.map(|passage| passage.by);
        assert_eq!([by(0), by(1), by(2)], [None, Some(TxNum(4)), Some(TxNum(6))]);
        let (found, _) = log.get(1);
        assert_eq!((found.mark, found.crosses, found.amount), (Mark::Ended(Reason::CutOffDate), true, 2));
        assert_eq!(found.place, Place::Output(OutNum((1 << 40) - 1)));
    }

    #[test]
    fn marks_survive_their_codes_of_four_bits() {
        let marks = Reason::ALL.into_iter().map(Mark::Ended).chain([Mark::Followed, Mark::Stopped]);
        for mark in marks {
            assert!(mark.code() < 16);
            assert_eq!(Mark::of_code(mark.code()), mark);
        }
    }
}
