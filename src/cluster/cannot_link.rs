//! What must stay apart: addresses of owners that are known to be different.

use std::collections::HashMap;

use crate::cluster::forest::{Forest, JoinEdge};
use crate::error::{Error, Result};
use crate::ids::AddrNum;

/// Groups of addresses with the number of their owner within the group; owners of one group must not be joined.
#[derive(Clone, Default)]
pub struct CannotLink {
    groups: Vec<Vec<(AddrNum, u32)>>,
}

impl CannotLink {
    /// Adds a group. An address of two owners in it is a contradiction.
    pub fn add(&mut self, mut group: Vec<(AddrNum, u32)>) -> Result<(), Contradiction> {
        group.sort_unstable();
        group.dedup();
        if let Some(pair) = group.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(Contradiction { address: pair[0].0, owners: (pair[0].1, pair[1].1) });
        }
        if group.len() > 1 {
            self.groups.push(group);
        }
        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    pub(super) fn groups(&self) -> &[Vec<(AddrNum, u32)>] {
        &self.groups
    }
}

/// An address that is said to be of two owners who must stay apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Contradiction {
    pub address: AddrNum,
    pub owners: (u32, u32),
}

/// A union that was not made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refused {
    pub edge: JoinEdge,
    /// The addresses on the edge's left and right that must stay apart.
    pub conflict: (AddrNum, AddrNum),
    /// How many addresses would have been joined with how many.
    pub sizes: (u32, u32),
}

/// Whose addresses a tree holds: for a group, the owner, and one of the owner's addresses. Each group at most once: two owners of a group
/// are never in one tree.
#[derive(Clone, Copy)]
struct Mark {
    group: u32,
    owner: u32,
    address: AddrNum,
}

/// A forest in which some trees must stay apart.
pub(super) struct Guard<'a> {
    forest: &'a mut Forest,
    /// By root.
    marks: HashMap<AddrNum, Vec<Mark>>,
    pub refused: Vec<Refused>,
}

impl<'a> Guard<'a> {
    /// Fails when the forest already joins what must stay apart.
    pub fn new(forest: &'a mut Forest, cannot_link: &CannotLink) -> Result<Guard<'a>> {
        let mut marks: HashMap<AddrNum, Vec<Mark>> = HashMap::new();
        let in_forest = |address: &AddrNum| (address.0 as usize) < forest.addresses();
        for (group, owners) in (0..).zip(&cannot_link.groups) {
            for (address, owner) in owners.iter().filter(|(address, _)| in_forest(address)) {
                let marks = marks.entry(forest.root(*address)).or_default();
                match marks.iter().find(|mark| mark.group == group) {
                    None => marks.push(Mark { group, owner: *owner, address: *address }),
                    Some(mark) if mark.owner == *owner => {}
                    Some(_) => return Err(Error::Invalid { what: "the clusters to go on from join what must stay apart".into() }),
                }
            }
        }
        Ok(Guard { forest, marks, refused: Vec::new() })
    }

    /// Joins an edge's trees, unless they must stay apart: then it is refused.
    pub fn add(&mut self, edge: JoinEdge) {
        let (left, right) = (self.forest.root(edge.left), self.forest.root(edge.right));
        if left == right {
            return;
        }
        if let Some(conflict) = self.conflict(left, right) {
            let sizes = (self.forest.size_of_root(left), self.forest.size_of_root(right));
            return self.refused.push(Refused { edge, conflict, sizes });
        }
        self.forest.join(left, right, edge);
        let marks = [left, right].into_iter().filter_map(|root| self.marks.remove(&root)).reduce(|mut all, more| {
            let new = more.into_iter().filter(|mark| !all.iter().any(|known| known.group == mark.group));
            let new: Vec<Mark> = new.collect();
            all.extend(new);
            all
        });
        if let Some(marks) = marks {
            self.marks.insert(self.forest.root(left), marks);
        }
    }

    fn conflict(&self, left: AddrNum, right: AddrNum) -> Option<(AddrNum, AddrNum)> {
        let (left, right) = (self.marks.get(&left)?, self.marks.get(&right)?);
        let pairs = left.iter().flat_map(|a| right.iter().map(move |b| (a, b)));
        let mut conflicts = pairs.filter(|(a, b)| a.group == b.group && a.owner != b.owner);
        conflicts.next().map(|(a, b)| (a.address, b.address))
    }
}
