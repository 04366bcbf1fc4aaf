//! The simulator's own ledger: what each entity has, by its own doing and not by reading the blocks.

/// Net changes of the block in progress.
#[derive(Default)]
pub(in crate::simulate) struct Books {
    changes: Vec<i64>,
    touched: Vec<u32>,
}

impl Books {
    #[inline]
    pub fn change(&mut self, entity: u32, amount: i64) {
        let index = entity as usize;
        if index >= self.changes.len() {
            self.changes.resize((index + 1).next_power_of_two(), 0);
        }
        if self.changes[index] == 0 {
            self.touched.push(entity);
        }
        self.changes[index] += amount;
    }

    /// What changed since it was last asked, by entity; what came to nothing is left out.
    pub fn take(&mut self) -> Vec<(u32, i64)> {
        let mut touched = std::mem::take(&mut self.touched);
        touched.sort_unstable();
        touched.dedup();
        let changed = touched.iter().map(|entity| (*entity, std::mem::take(&mut self.changes[*entity as usize])));
        changed.filter(|(_, change)| *change != 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_to_nothing_is_no_change() {
        let mut books = Books::default();
        for (entity, amount) in [(7, 5), (2, -3), (7, -5), (7, 4), (0, 1), (0, -1)] {
            books.change(entity, amount);
        }
        assert_eq!(books.take(), [(2, -3), (7, 4)]);
        assert!(books.take().is_empty());
    }
}
