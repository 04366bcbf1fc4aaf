//! The account of a wallet: a queue of satoshi, of which some are traced.

use std::collections::VecDeque;

use crate::trace::Policy;

/// How traced money came into an account: by the source, or by one transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Arrival {
    pub hop: u32,
    pub tx_hop: u32,
    /// All of it, in satoshi.
    pub amount: u64,
}

/// Some satoshi in an account, next to each other in its queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Part {
    pub length: u64,
    /// The source that they come from, where they are traced, and how they came here.
    pub traced: Option<(u32, Arrival)>,
    /// The number of the payer, while they are on their way.
    pub payer: u32,
}

/// A wallet's money: what came first stands first.
#[derive(Default)]
pub(super) struct Account {
    pub parts: VecDeque<Part>,
}

impl Account {
    pub fn put(&mut self, part: Part) {
        match self.parts.back_mut() {
            Some(last) if last.traced == part.traced && last.length.checked_add(part.length).is_some() => {
                last.length += part.length
            }
            _ if part.length > 0 => self.parts.push_back(part),
            _ => {}
        }
    }

    /// Takes satoshi in the order of the policy; fewer where there are fewer.
    pub fn pay(&mut self, policy: Policy, amount: u64, payer: u32) -> Vec<Part> {
        let mut paid = Vec::new();
        match policy {
            Policy::LowestIntermediateBalance => {
                let left = self.pay_of(amount, payer, |part| part.traced.is_none(), &mut paid);
                self.pay_of(left, payer, |_| true, &mut paid);
            }
            _ => _ = self.pay_of(amount, payer, |_| true, &mut paid),
        }
        paid
    }

    fn pay_of(&mut self, amount: u64, payer: u32, wanted: impl Fn(&Part) -> bool, paid: &mut Vec<Part>) -> u64 {
        let (mut left, mut at) = (amount, 0);
        while left > 0 && at < self.parts.len() {
            let part = &mut self.parts[at];
            if !wanted(part) {
                at += 1;
                continue;
            }
            let taken = part.length.min(left);
            paid.push(Part { length: taken, payer, ..*part });
            part.length -= taken;
            left -= taken;
            if part.length == 0 {
                self.parts.remove(at);
            }
        }
        left
    }

    /// Marks the newest satoshi as the amounts of sources, of which the last is the newest. Returns for each what was marked already, or is
    /// not there.
    pub fn mark(&mut self, sources: &[(u32, u64)]) -> Vec<u64> {
        let (mut marked, mut overlaps) = (VecDeque::new(), vec![0; sources.len()]);
        for (overlap, (source, amount)) in overlaps.iter_mut().zip(sources).rev() {
            let mut left = *amount;
            while left > 0 {
                let Some(part) = self.parts.pop_back() else { break };
                let taken = part.length.min(left);
                if part.length > taken {
                    self.parts.push_back(Part { length: part.length - taken, ..part });
                }
                *overlap += if part.traced.is_some() { taken } else { 0 };
                let new = Arrival { hop: 0, tx_hop: 0, amount: *amount };
                marked.push_front(Part { length: taken, traced: part.traced.or(Some((*source, new))), payer: 0 });
                left -= taken;
            }
            *overlap += left;
        }
        marked.into_iter().for_each(|part| self.put(part));
        overlaps
    }
}

/// Satoshi of traced money.
pub(super) fn traced(parts: &[Part]) -> u64 {
    parts.iter().filter(|part| part.traced.is_some()).map(|part| part.length).sum()
}

/// Takes satoshi from the front of a line. Those of a coinbase come from nobody, and none of them is traced.
pub(super) fn take(line: &mut VecDeque<Part>, amount: u64) -> Vec<Part> {
    let (mut left, mut taken) = (amount, Vec::new());
    while left > 0 {
        let Some(part) = line.front_mut() else {
            taken.push(Part { length: left, traced: None, payer: 0 });
            break;
        };
        let length = part.length.min(left);
        taken.push(Part { length, ..*part });
        part.length -= length;
        left -= length;
        if part.length == 0 {
            line.pop_front();
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARRIVAL: Arrival = Arrival { hop: 1, tx_hop: 1, amount: 9 };

    fn part((length, source): &(u64, Option<u32>)) -> Part {
        Part { length: *length, traced: source.map(|source| (source, ARRIVAL)), payer: 0 }
    }

    fn account(parts: &[(u64, Option<u32>)]) -> Account {
        Account { parts: parts.iter().map(part).collect() }
    }

    fn lengths(parts: impl IntoIterator<Item = Part>) -> Vec<(u64, Option<u32>)> {
        parts.into_iter().map(|part| (part.length, part.traced.map(|(source, _)| source))).collect()
    }

    #[test]
    fn what_came_in_first_goes_out_first() {
        let mut account = account(&[(5, None), (3, Some(1)), (4, None)]);
        let paid = account.pay(Policy::AccountFifo, 7, 0);
        assert_eq!(lengths(paid), [(5, None), (2, Some(1))]);
        assert_eq!(lengths(account.parts), [(1, Some(1)), (4, None)]);
    }

    #[test]
    fn traced_money_is_paid_last_by_the_lowest_intermediate_balance() {
        let mut account = account(&[(5, None), (3, Some(1)), (4, None)]);
        let paid = account.pay(Policy::LowestIntermediateBalance, 10, 0);
        assert_eq!(lengths(paid), [(5, None), (4, None), (1, Some(1))]);
        assert_eq!(lengths(account.parts), [(2, Some(1))]);
    }

    #[test]
    fn the_newest_satoshi_are_marked_once() {
        let mut account = account(&[(5, None), (3, Some(1)), (4, None)]);
        assert_eq!(account.mark(&[(2, 1), (3, 5)]), [1, 1]);
        assert_eq!(lengths(account.parts), [(5, None), (3, Some(1)), (4, Some(3))]);
    }

    #[test]
    fn what_nobody_paid_is_not_traced() {
        let mut line = VecDeque::from([part(&(2, Some(0)))]);
        assert_eq!(lengths(take(&mut line, 5)), [(2, Some(0)), (3, None)]);
    }

    #[test]
    fn what_is_beyond_the_balance_is_not_marked() {
        let mut account = account(&[(5, None)]);
        assert_eq!(account.mark(&[(0, 7)]), [2]);
        assert_eq!(lengths(account.parts), [(5, Some(0))]);
    }
}
