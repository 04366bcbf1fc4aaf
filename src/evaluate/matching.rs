//! What a trace says, matched with what is true, arrival by arrival.

use std::collections::{BTreeMap, HashMap};

use crate::error::Result;
use crate::evaluate::arrivals::Arrived;

/// Satoshi of one arrival: what one transaction brings to one owner.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Matched {
    /// What truly came.
    pub truth: u64,
    /// What the trace takes there by that transaction, whether it ends there or goes on.
    pub brought: u64,
    /// What ends there.
    pub found: u64,
    /// What of the truth is found, here or where the owner has moved it.
    pub right: u64,
}

/// Finds out what is right. Money that ends at an owner where one of his own transactions put it came to him before: there it is right
/// as far as the trace brought him what is true.
pub(super) fn matched(rows: &mut BTreeMap<Arrived, Matched>, mut is_sender: impl FnMut(&Arrived) -> Result<bool>) -> Result<()> {
    let mut waiting: HashMap<u32, Vec<(Arrived, u64)>> = HashMap::new();
    let mut moved: Vec<(Arrived, u64)> = Vec::new();
    for (arrived, row) in rows.iter_mut() {
        row.right = row.truth.min(row.found);
        let rest = row.found - row.right;
        let before = waiting.entry(arrived.1).or_default();
        if rest > 0 && !before.is_empty() && is_sender(arrived)? {
            take(before, rest, &mut moved);
        }
        let later = row.truth.min(row.brought.max(row.found)) - row.right;
        if later > 0 {
            before.push((*arrived, later));
        }
    }
    for (arrived, amount) in moved {
        rows.get_mut(&arrived).expect("it waited").right += amount;
    }
    Ok(())
}

/// What an account still has was brought by no transaction in particular, so it is right as far as anything that truly came to its owner
/// is left: first of what the trace brought him, then of the rest.
pub(super) fn matched_held(rows: &mut BTreeMap<Arrived, Matched>, held: &BTreeMap<u32, u64>) {
    let mut left = held.clone();
    for room in [|row: &Matched| row.truth.min(row.brought.max(row.found)), |row: &Matched| row.truth] {
        for ((_, owner), row) in rows.iter_mut() {
            let Some(left) = left.get_mut(owner) else { continue };
            let part = room(row).saturating_sub(row.right).min(*left);
            (row.right, *left) = (row.right + part, *left - part);
        }
    }
}

/// Takes from what waits, the latest first, for that is what an owner has moved least often since.
fn take(waiting: &mut Vec<(Arrived, u64)>, amount: u64, moved: &mut Vec<(Arrived, u64)>) {
    let mut left = amount;
    while let Some((arrived, part)) = waiting.last_mut().filter(|_| left > 0) {
        let taken = left.min(*part);
        moved.push((*arrived, taken));
        (left, *part) = (left - taken, *part - taken);
        if *part == 0 {
            waiting.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::TxNum;

    /// Rows of (transaction, owner, true, brought, found), of which the owners send the transactions in `sent`; what is right of each.
    fn right(rows: &[(u32, u32, u64, u64, u64)], sent: &[u32]) -> Vec<u64> {
        let row = |(tx, owner, truth, brought, found): &(u32, u32, u64, u64, u64)| {
            let matched = Matched { truth: *truth, brought: *brought, found: *found, right: 0 };
            ((TxNum(*tx), *owner), matched)
        };
        let mut rows: BTreeMap<Arrived, Matched> = rows.iter().map(row).collect();
        matched(&mut rows, |(tx, _)| Ok(sent.contains(&tx.0))).unwrap();
        rows.values().map(|row| row.right).collect()
    }

    #[test]
    fn what_ends_where_it_came_is_right() {
        assert_eq!(right(&[(1, 0, 5, 9, 9), (2, 0, 7, 0, 0), (2, 1, 4, 3, 3), (3, 0, 0, 7, 7)], &[]), [5, 0, 3, 0]);
    }

    #[test]
    fn what_ends_where_its_owner_has_moved_it_is_right_as_far_as_the_trace_brought_it_to_him() {
        assert_eq!(right(&[(1, 0, 5, 4, 0), (2, 0, 0, 9, 9)], &[2]), [4, 0]);
        assert_eq!(right(&[(1, 0, 5, 4, 0), (2, 0, 0, 3, 3)], &[2]), [3, 0]);
        // Somebody else has sent it, so it is no money that he has moved.
        assert_eq!(right(&[(1, 0, 5, 4, 0), (2, 0, 0, 9, 9)], &[]), [0, 0]);
        // It was moved before it came.
        assert_eq!(right(&[(1, 0, 0, 9, 9), (2, 0, 5, 4, 0)], &[1]), [0, 0]);
        // It is another's.
        assert_eq!(right(&[(1, 1, 5, 4, 0), (2, 0, 0, 9, 9)], &[2]), [0, 0]);
    }

    #[test]
    fn what_stays_in_an_account_is_right_as_far_as_anything_is_left() {
        let row = |truth, brought, right| Matched { truth, brought, found: right, right };
        let mut rows = [((TxNum(1), 0), row(5, 0, 1)), ((TxNum(2), 0), row(7, 6, 0)), ((TxNum(3), 1), row(9, 9, 2))].into();
        let right = |rows: &BTreeMap<Arrived, Matched>| rows.values().map(|row| row.right).collect::<Vec<u64>>();
        matched_held(&mut rows, &[(0, 8), (3, 1)].into());
        assert_eq!(right(&rows), [3, 6, 2]);
        matched_held(&mut rows, &[(0, 90), (1, 7)].into());
        assert_eq!(right(&rows), [5, 7, 9]);
    }

    #[test]
    fn nothing_is_right_twice() {
        assert_eq!(right(&[(1, 0, 5, 5, 2), (2, 0, 0, 9, 2), (3, 0, 0, 9, 9)], &[2, 3]), [5, 0, 0]);
    }
}
